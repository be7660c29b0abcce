import { type Settled, settleUnits } from '@spatile/coordinator/segment/settle';
import { cutTiles } from '@spatile/coordinator/segment/tiles';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { segmentResultFrom } from '@spatile/formats/tile/segment';
import { segmentTile } from '@spatile/worker/segment/tile';
import { expect, test } from 'vitest';
import { discImage, randomDiscs, sceneTile } from './scene.ts';

const SIZE: [number, number] = [640, 512];
const WHOLE = { x0: 0, y0: 0, x1: SIZE[0], y1: SIZE[1] };
const IMAGE = discImage(...SIZE, randomDiscs(260, ...SIZE, 7));
const context = { progress: () => undefined, count: () => undefined };

async function segmented(edgePx: number, haloPx: number): Promise<Settled> {
  const tiles = cutTiles(WHOLE, SIZE, edgePx, haloPx);
  const results = await Promise.all(
    tiles.map(async (tile) => {
      const input = decodeFrame(encodeFrame(sceneTile(IMAGE, SIZE, tile)), null);
      return segmentResultFrom(await segmentTile(input, context));
    }),
  );
  return settleUnits(results, 50);
}

/** What identifies a settled cell, whatever tile it came from. */
const shapes = ({ units }: Settled): string[] =>
  units.map(({ nucleus, cell, seedX, seedY }) =>
    JSON.stringify([
      seedX,
      seedY,
      [nucleus, cell].map(
        (part) => part && [[...part.runs.y], [...part.runs.x], [...part.runs.length], [...part.means]],
      ),
    ]),
  );

test('a tiled slide gives the pixels, seeds and features of the untiled one', async () => {
  const whole = await segmented(1024, 0);
  expect(whole.units.length).toBeGreaterThan(150);
  expect(whole.diagnostics.joined).toBe(0);
  for (const edge of [128, 208, 320]) {
    const tiled = await segmented(edge, 176);
    expect(shapes(tiled)).toEqual(shapes(whole));
    expect(tiled.diagnostics.cut).toBe(0);
  }
});

test('a halo that is too narrow is seen by the same comparison', async () => {
  const whole = await segmented(1024, 0);
  const tiled = await segmented(128, 16);
  expect(shapes(tiled)).not.toEqual(shapes(whole));
});

import { settleUnits } from '@spatile/coordinator/segment/settle';
import { cutTiles } from '@spatile/coordinator/segment/tiles';
import { segment } from '@spatile/formats/config/segment';
import { membraneHaloUm, watershedHaloUm } from '@spatile/formats/segment/halo';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { MEMBRANE, segmentResultFrom } from '@spatile/formats/tile/segment';
import { membraneCells } from '@spatile/worker/segment/cells/membrane';
import { orderInstances } from '@spatile/worker/segment/order';
import { segmentTile } from '@spatile/worker/segment/tile';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Disc, discImage, randomDiscs, sceneTile, WATERSHED } from './scene.ts';

const UM = 0.4;
const SETTINGS = segment.parse({}).membrane;
const LIMITS = { low: 100, high: 1000, otsu: 0.5 };

/** Labels of discs in order; a later disc covers an earlier one. */
function nucleiOf(discs: readonly Disc[], columns: number, rows: number) {
  const labels = new Int32Array(columns * rows);
  for (let i = 0; i < labels.length; i++)
    discs.forEach(({ x, y, radius }, k) => {
      const [u, v] = [(i % columns) + 0.5, Math.floor(i / columns) + 0.5];
      if ((u - x) ** 2 + (v - y) ** 2 <= radius * radius) labels[i] = k + 1;
    });
  const scores = new Float32Array(discs.length).fill(0.5);
  return orderInstances({ labels, scores }, { rows, columns, row0: 0, column0: 0 }, 1);
}

const planesOf = (columns: number, rows: number) => ({
  ...{ rows, columns, row0: 0, column0: 0, pixelSizeUm: UM },
  channels: [],
});

/** A stain of 1000 on lines a few pixels wide, of 200 elsewhere. */
function stain(columns: number, rows: number, onLine: (x: number, y: number) => boolean): Float32Array {
  return Float32Array.from({ length: columns * rows }, (_, i) =>
    onLine(i % columns, Math.floor(i / columns)) ? 1000 : 200,
  );
}

describe('cells on the boundary stain', () => {
  const [columns, rows] = [120, 80];
  const nuclei = nucleiOf(
    [
      { x: 36, y: 40, radius: 8 },
      { x: 74, y: 40, radius: 8 },
    ],
    columns,
    rows,
  );
  // Two rooms, 20 to 60 and 60 to 90, with walls of three pixels.
  const room = (x: number, y: number): boolean =>
    y >= 19 &&
    y <= 61 &&
    x >= 19 &&
    x <= 91 &&
    (x <= 21 || x >= 89 || y <= 21 || y >= 59 || Math.abs(x - 60) <= 1);

  test('fill what the membrane encloses and meet on it', async () => {
    const { labels, scores } = await membraneCells(
      planesOf(columns, rows),
      stain(columns, rows, room),
      LIMITS,
      nuclei,
      SETTINGS,
    );
    expect(scores).toHaveLength(2);
    const row = labels.subarray(40 * columns, 41 * columns);
    expect(row[24]).toBe(1);
    expect(Math.abs(row.lastIndexOf(1) - 60)).toBeLessThanOrEqual(2);
    expect(Math.abs(row.indexOf(2) - 61)).toBeLessThanOrEqual(2);
    expect(row.indexOf(1)).toBeGreaterThanOrEqual(18);
    expect(row.lastIndexOf(2)).toBeLessThanOrEqual(92);
  });

  test('leak little through a gap in the membrane', async () => {
    const open = (x: number, y: number): boolean => room(x, y) && !(x > 57 && x < 63 && y > 47 && y < 55);
    const { labels } = await membraneCells(
      planesOf(columns, rows),
      stain(columns, rows, open),
      LIMITS,
      nuclei,
      SETTINGS,
    );
    const beyond = labels.filter((label, i) => label === 1 && i % columns > 63).length;
    expect(beyond).toBeLessThan(60);
  });

  test('are none where there is no membrane, noise or not', async () => {
    for (const noise of [0, 60]) {
      const even = Float32Array.from(
        { length: columns * rows },
        (_, i) => 300 + (noise * ((i * 7919) % 101)) / 101,
      );
      const { scores } = await membraneCells(planesOf(columns, rows), even, LIMITS, nuclei, SETTINGS);
      expect(scores).toHaveLength(0);
    }
  });

  test('hold their nuclei, within reach of them, whatever the stain', async () => {
    const draw = fc.record({
      discs: fc.array(
        fc.record({
          x: fc.integer({ min: 0, max: 70 }),
          y: fc.integer({ min: 0, max: 50 }),
          radius: fc.integer({ min: 2, max: 9 }),
        }),
        { minLength: 1, maxLength: 9 },
      ),
      lines: fc.array(fc.integer({ min: 3, max: 68 }), { maxLength: 6 }),
      rimShare: fc.constantFrom(0, 0.3, 0.5),
      reachUm: fc.integer({ min: 1, max: 14 }),
    });
    await fc.assert(
      fc.asyncProperty(draw, async ({ discs, lines, rimShare, reachUm }) => {
        const found = nucleiOf(discs, 70, 50);
        const plane = stain(70, 50, (x, y) => lines.some((at) => Math.abs(at - x) < 2 || at - 9 === y));
        const settings = { ...SETTINGS, rimShare, reachUm };
        const cells = await membraneCells(planesOf(70, 50), plane, LIMITS, found, settings);
        const cellOf = new Map<number, number>();
        const nucleusOf = new Map<number, number>();
        found.labels.forEach((nucleus, i) => {
          if (nucleus === 0) return;
          const cell = cells.labels[i];
          // A nucleus lies in one cell with all its pixels, or in none, and no cell holds two.
          expect(cellOf.get(nucleus) ?? cell).toBe(cell);
          cellOf.set(nucleus, cell);
          if (cell > 0) expect(nucleusOf.get(cell) ?? nucleus).toBe(nucleus);
          if (cell > 0) nucleusOf.set(cell, nucleus);
        });
        expect(nucleusOf.size).toBe(cells.scores.length);
        if (rimShare === 0) expect(cells.scores.length).toBe(found.scores.length);
        const reach = reachUm / UM;
        for (const [cell, nucleus] of nucleusOf) {
          const own = [...found.labels.keys()].filter((i) => found.labels[i] === nucleus);
          for (const i of [...cells.labels.keys()].filter((k) => cells.labels[k] === cell)) {
            const nearest = Math.min(
              ...own.map((o) => ((o % 70) - (i % 70)) ** 2 + (Math.floor(o / 70) - Math.floor(i / 70)) ** 2),
            );
            // Steps of 7 / 5 for diagonals are a little shorter than they look.
            expect(Math.sqrt(nearest)).toBeLessThanOrEqual(1.02 * reach);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('a tiled slide of three stains gives the cells of the untiled one, by every step', async () => {
  // Long, so that no tile sees both ends.
  const size: [number, number] = [1600, 256];
  const discs = randomDiscs(180, ...size, 19);
  const dapi = discImage(...size, discs);
  // Rims of 12 um around every other nucleus, and cytoplasm around every third.
  const rim = Float32Array.from(dapi, () => 150);
  const cytoplasm = Float32Array.from(dapi, () => 150);
  for (let i = 0; i < dapi.length; i++)
    discs.forEach(({ x, y, radius }, k) => {
      const far = Math.sqrt(((i % size[0]) + 0.5 - x) ** 2 + (Math.floor(i / size[0]) + 0.5 - y) ** 2);
      if (k % 2 === 0 && Math.abs(far - radius - 8) < 2) rim[i] = 900;
      if (k % 3 === 0 && far < radius + 14) cytoplasm[i] = 800;
    });
  const cells = {
    expandUm: 5,
    interiorUm: 8,
    boundary: { name: MEMBRANE, channels: [1], settings: { ...SETTINGS } },
    interior: 2,
  };
  const models = [LIMITS, LIMITS, LIMITS];
  const segmented = async (edgePx: number, haloPx: number) => {
    const tiles = cutTiles({ x0: 0, y0: 0, x1: size[0], y1: size[1] }, size, edgePx, haloPx);
    const results = [];
    for (const tile of tiles) {
      const frame = sceneTile(dapi, size, tile, { cells, models }, [rim, cytoplasm]);
      results.push(segmentResultFrom(await segmentTile(decodeFrame(encodeFrame(frame), null), context)));
    }
    return settleUnits(results, 50).units.map(({ method, seedX, seedY, nucleus, cell }) =>
      JSON.stringify([
        method,
        seedX,
        seedY,
        [nucleus, cell].map((part) => part && [[...part.runs.y], [...part.runs.x], [...part.runs.length]]),
      ]),
    );
  };
  const whole = await segmented(2048, 0);
  const methods = new Set(whole.map((line) => JSON.parse(line)[0]));
  expect([...methods].sort()).toEqual([1, 2, 3]);
  const nucleiHalo = watershedHaloUm({ ...segment.parse({}).watershed, ...WATERSHED });
  const haloUm = nucleiHalo + Math.max(2 * 8, membraneHaloUm(SETTINGS)) + 25;
  const tiled = await segmented(208, Math.ceil(haloUm / UM / 16) * 16);
  expect(tiled).toEqual(whole);
  expect(await segmented(128, 16)).not.toEqual(whole);
});

const context = { progress: () => undefined, count: () => undefined };

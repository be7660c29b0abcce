import { DISCOVERED, withNames } from '@spatile/formats/tile/baysor';
import type { Claims } from '@spatile/formats/tile/claims';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { farClaimsFrame, NO_GENE, tilePartFrame } from '@spatile/formats/tile/parts';
import { settleTileFrame } from '@spatile/formats/tile/settle';
import { settledCellsIn, settledVerdictsIn, settledVoxelsIn } from '@spatile/formats/tile/settled';
import { settleBaysor } from '@spatile/worker/assign/baysor/settle';
import { expect, it } from 'vitest';
import { assignResult } from '../assign/result.ts';

const CORE = { x0: 0, y0: 0, x1: 100, y1: 100 };

/** Tile 1 knows cell 1 and discovered two, of which the second became no cell of the slide. */
const own = assignResult({
  claims: [
    { row: 2, cell: 1, probability: 0.5 },
    { row: 3, cell: DISCOVERED, probability: 0.75 },
    { row: 5, cell: DISCOVERED + 1, probability: 0.75 },
    { row: 8, cell: 0, probability: 1 },
  ],
  shapes: [
    { cell: 1, component: 0, runs: [[0, 0, 3]] },
    { cell: DISCOVERED, component: 1, runs: [[4, 4, 2]] },
    { cell: DISCOVERED + 1, component: 0, runs: [[6, 6, 2]] },
  ],
});
/** Tile 2 claims row 5 for a cell of its own that was taken, and rows 3 and 8 for one that was not. */
const far: Claims = assignResult({
  claims: [
    { row: 3, cell: DISCOVERED, probability: 1 },
    { row: 5, cell: DISCOVERED + 3, probability: 0.25 },
    { row: 8, cell: DISCOVERED, probability: 1 },
  ],
}).claims;

const { runs, cells, loadings } = own;
const shapes = { runs, cells, loadings };
const placed = { x: new Float32Array(3).fill(99), y: new Float32Array(3).fill(50) };

const input = () =>
  withNames(
    {
      ...settleTileFrame(
        {
          tile: 't0001',
          number: 1,
          grid: { voxelUm: 1, layers: 1, layerUm: 0 },
          gridOriginUm: [0, 0],
          bandUm: 10,
          sources: {
            tiles: [
              { tile: 1, core: CORE, parts: ['part'], far: null },
              { tile: 2, core: { ...CORE, x0: 100, x1: 200 }, parts: [], far: 'far' },
            ],
            units: [],
          },
        },
        {},
      ),
      pieces: {
        part: encodeFrame(
          tilePartFrame({ ...shapes, claims: { ...own.claims, gene: Uint16Array.of(4, NO_GENE, 2, 0) } }),
        ),
        far: encodeFrame(farClaimsFrame({ ...far, ...placed })),
      },
    },
    { tile: Uint32Array.of(1, 2), index: Uint32Array.of(0, 3), cell: Uint32Array.of(10, 11) },
  );

it('a tile is settled with the names that discoveries got; those that got none are background', async () => {
  const context = { progress: () => undefined, count: () => undefined };
  const frame = await settleBaysor(input(), context);
  const { cell, probability, gene } = settledVerdictsIn(frame, 'verdicts');
  expect([...cell]).toEqual([1, 10, 11, 0]);
  expect([...probability]).toEqual([0.5, 0.75, 0.25, 1]);
  expect([...gene]).toEqual([4, NO_GENE, 2, 0]);
  expect([...settledCellsIn(frame, 'cells').cell]).toEqual([1, 10]);
  const places = frame.meta.voxels as { name: string }[];
  const cells = places.flatMap(({ name }) => [...settledVoxelsIn(frame, name).cells.cell]);
  expect(cells.sort((a, b) => a - b)).toEqual([1, 10]);
});

it('a discovery that became no cell leaves background that is sure of nothing', async () => {
  const alone = input();
  const names = { tile: Uint32Array.of(1), index: Uint32Array.of(0), cell: Uint32Array.of(10) };
  const frame = await settleBaysor(withNames(alone, names), {
    progress: () => undefined,
    count: () => undefined,
  });
  const { cell, probability } = settledVerdictsIn(frame, 'verdicts');
  expect([...cell]).toEqual([1, 10, 0, 0]);
  expect([...probability]).toEqual([0.5, 0.75, 0, 1]);
});

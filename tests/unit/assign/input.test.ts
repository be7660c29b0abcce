import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROL_GENE, storedTileFrame } from '@spatile/formats/tile/assign';
import { tileOf } from '@spatile/worker/assign/tile';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sent } from '../../support/sent.ts';
import { HALO_UM, runDirectory } from './run-directory.ts';

let folder: string;
let run: Awaited<ReturnType<typeof runDirectory>>;

/** Seeds beyond every edge of the extent (128 x 64 um), on the border of the tiles, and inside; by (y, x). */
const SEEDS = [
  { x: 10, y: -5, reach: 8 },
  { x: 130, y: 5, reach: 4 },
  { x: 20, y: 20, reach: 3 },
  { x: 63.5, y: 30, reach: 5 },
  { x: 64, y: 30.5, reach: 5 },
  { x: -4, y: 40, reach: 6 },
  { x: 64, y: 64, reach: 2 },
  { x: 140, y: 70, reach: 10 },
];
const OWNERS = [0, 1, 0, 0, 1, 0, 1, 1];
/** Features in slide order: a, b, c, control. */
const [A, B, CONTROL] = [0, 1, 3];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-input-'));
  run = await runDirectory(folder, {
    tiles: 2,
    seeds: SEEDS,
    transcripts: [
      { row: 1, x: 70, y: 10, feature: B, prior: 5 },
      { row: 4, x: 63, y: 10, feature: A },
      { row: 6, x: 64, y: 20, feature: CONTROL, prior: 4 },
      { row: 9, x: 79.5, y: 30, feature: A },
      { row: 10, x: 80, y: 30, feature: A },
      { row: 11, x: 5, y: 60, feature: B, prior: 3 },
    ],
  });
});
afterAll(() => rm(folder, { recursive: true }));

const tileInput = async (tile: number) => {
  const { id, core } = run.slide.plan.tiles[tile];
  return tileOf(await sent(run.store, storedTileFrame(run.inputs.storedTile(id, core, HALO_UM))));
};

it('holds the rows of core and halo, ascending, with what the partitions of both tiles say of them', async () => {
  const { transcripts, meta } = await tileInput(0);
  expect(meta.region).toEqual({ x0: -16, y0: -16, x1: 80, y1: 80 });
  expect([...transcripts.row]).toEqual([1, 4, 6, 9, 11]);
  expect([...transcripts.x]).toEqual([70, 63, 64, 79.5, 5]);
  expect([...transcripts.y]).toEqual([10, 10, 20, 30, 60]);
  expect([...transcripts.prior]).toEqual([5, 0, 4, 0, 3]);
  expect([...(await tileInput(1)).transcripts.row]).toEqual([1, 4, 6, 9, 10]);
});

it('names genes by their rank of counts and keeps controls out of the model', async () => {
  const { transcripts, meta } = await tileInput(0);
  expect(meta.genes).toBe(2);
  expect([...transcripts.gene]).toEqual([0, 1, CONTROL_GENE, 1, 0]);
});

it('gives every seed to exactly one tile, those beyond the extent too', async () => {
  const owners: number[][] = SEEDS.map(() => []);
  for (const tile of [0, 1]) {
    const { cells } = await tileInput(tile);
    cells.cell.forEach((cell, i) => {
      if (cells.owned[i] === 1) owners[cell - 1].push(tile);
    });
  }
  expect(owners).toEqual(OWNERS.map((tile) => [tile]));
  expect([...run.slide.ownerOfCell]).toEqual(OWNERS);
});

it('holds the neighbours whose outline reaches into the halo, with their rings', async () => {
  const { cells, rings, vertices } = await tileInput(0);
  expect([...cells.cell]).toEqual([1, 3, 4, 5, 6, 7]);
  expect([...cells.owned]).toEqual([1, 1, 1, 0, 1, 0]);
  expect([...rings.cell]).toEqual([...cells.cell]);
  const third = rings.start[1];
  expect([vertices.x[third], vertices.y[third]]).toEqual([17, 17]);
  expect([...rings.count]).toEqual([5, 5, 5, 5, 5, 5]);
});

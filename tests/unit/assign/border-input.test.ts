import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettleInputs } from '@spatile/coordinator/assign/settle-inputs';
import type { BorderUnit } from '@spatile/coordinator/seams/border';
import { ASSIGN_RESULT, storedTileFrame } from '@spatile/formats/tile/assign';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { borderOutcomeFrame } from '@spatile/formats/tile/parts';
import type { BorderState } from '@spatile/formats/tile/proseg';
import { borderState } from '@spatile/worker/assign/proseg/settle/border-state';
import { partedFrame } from '@spatile/worker/assign/proseg/settle/parts';
import { tileOf } from '@spatile/worker/assign/tile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sent } from '../../support/sent.ts';
import { assignResult, type Claim, type Shape } from './result.ts';
import { HALO_UM, runDirectory, type Transcript } from './run-directory.ts';

/** The strip around the edge x = 64 of the first two of three tiles, and what it sees. */
const UNIT: BorderUnit = {
  id: 'b0000',
  strip: { x0: 56, y0: 0, x1: 72, y1: 64 },
  region: { x0: 40, y0: -16, x1: 88, y1: 80 },
  phase: 2,
};

/** Seeds by (y, x); the shapes below belong to the tile of the seed. */
const SEEDS = [
  { x: 20, y: 5 },
  { x: 44, y: 10 },
  { x: 58, y: 12 },
  { x: 50, y: 20 },
  { x: 66, y: 25 },
  { x: 90, y: 30 },
  { x: 140, y: 35 },
  { x: 50, y: 40 },
  { x: 57, y: 50 },
];
const SHAPES: Record<number, Shape[]> = {
  0: [
    // Reaches into the region but not to the strip, and begins outside of the region.
    { cell: 1, component: 1, runs: [[5, 30, 20]], loadings: [1, 1] },
    // In the region, seed and voxels left of the strip; its last voxel is the one before the strip.
    { cell: 2, component: 2, runs: [[10, 42, 14]], loadings: [2, 2] },
    // Seed in the strip, voxels in the region and not in the strip.
    { cell: 3, component: 3, runs: [[12, 50, 5]], loadings: [3, 3] },
    // Seed outside the strip, one voxel in it.
    { cell: 4, component: 4, runs: [[20, 50, 7]], loadings: [4, 4] },
    // Its bounding box meets the strip's rows only where it has no voxel: two parts, below and beside.
    {
      cell: 8,
      component: 8,
      runs: [
        [40, 45, 10],
        [70, 45, 14],
      ],
      loadings: [8, 8],
    },
    // In the strip, but one voxel lies outside of the region.
    {
      cell: 9,
      component: 9,
      runs: [
        [50, 39, 1],
        [51, 55, 3],
      ],
      loadings: [9, 9],
    },
  ],
  1: [
    { cell: 5, component: 5, runs: [[25, 62, 6]], loadings: [5, 5] },
    // Right of the region.
    { cell: 6, component: 6, runs: [[30, 88, 4]], loadings: [6, 6] },
  ],
  // Owned by a tile whose core does not meet the strip nor the region, with a voxel in the strip.
  2: [{ cell: 7, component: 7, runs: [[35, 71, 10]], loadings: [7, 7] }],
};
const TRANSCRIPTS: Transcript[] = [
  { row: 0, x: 100, y: 1 },
  { row: 3, x: 70, y: 10 },
  { row: 5, x: 10, y: 10 },
  { row: 6, x: 50, y: 10 },
  { row: 8, x: 64, y: 20 },
  { row: 9, x: 63, y: 30 },
];
/** Verdicts of the rows of each tile, in their order. */
const VERDICTS: Record<number, Claim[]> = {
  0: [
    { row: 5, cell: 1, probability: 0.25, dx: 5 },
    { row: 6, cell: 2, probability: 0.5, dx: 6 },
    { row: 9, cell: 4, probability: 0.75, dx: 9, dy: -9, dl: 1 },
  ],
  1: [
    { row: 0, cell: 6, probability: 0.125, dx: 1 },
    { row: 3, cell: 5, probability: 0.875, dx: 3 },
    { row: 8, cell: 0, probability: 1, dx: 8 },
  ],
  2: [],
};

/** A unit of an earlier phase that lets cell 6 grow to the left, into what the other one sees, and takes cell 5 away. */
const EARLIER: BorderUnit = {
  id: 'b0000',
  strip: { x0: 80, y0: 20, x1: 110, y1: 40 },
  region: { x0: 60, y0: 0, x1: 120, y1: 60 },
  phase: 1,
};

let folder: string;
let state: BorderState;
let active: Set<number>;
let later: BorderState;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-border-'));
  const { slide, store, regions, inputs } = await runDirectory(folder, {
    tiles: 3,
    seeds: SEEDS,
    transcripts: TRANSCRIPTS,
  });
  slide.plan.haloUm = 64;
  for (const [tile, { id, core }] of slide.plan.tiles.entries()) {
    const result = assignResult({ claims: VERDICTS[tile], shapes: SHAPES[tile] });
    const input = tileOf(await sent(store, storedTileFrame(inputs.storedTile(id, core, HALO_UM))));
    // A narrow band, so that parts are many and cells reach from one to the other.
    const frame = partedFrame(result, input, 10);
    await store.put(`results/assign/${id}.frame`, encodeFrame(frame));
  }
  const settling = new SettleInputs({ slide, store, regions, busyTiles: [0, 1, 2] });
  const tile = tileOf(await sent(store, storedTileFrame(inputs.storedTile(UNIT.id, UNIT.strip, HALO_UM))));
  const stateAfter = async (earlier: BorderUnit[]): Promise<BorderState> => {
    const { sources, stored } = await settling.around(UNIT, earlier);
    const frame = { kind: 'assign-tile', meta: { sources }, tables: {}, stored };
    return borderState(await sent(store, frame), tile, 1);
  };
  state = await stateAfter([]);
  const grown = assignResult({
    claims: [],
    shapes: [{ cell: 6, component: 16, runs: [[30, 86, 6]], loadings: [16, 16] }],
  });
  const outcome = borderOutcomeFrame(grown, { cell: Uint32Array.of(5, 6), tile: Uint32Array.of(1, 1) });
  const stored = { kind: ASSIGN_RESULT, meta: {}, tables: {}, pieces: { outcome: encodeFrame(outcome) } };
  await store.put('results/assign-border-1/b0000.frame', encodeFrame(stored));
  later = await stateAfter([EARLIER]);
  active = new Set(state.cells.cell.filter((_, i) => state.cells.active[i] === 1));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the settled state around a border', () => {
  it('holds the cells with a voxel in the region, ascending, with what their owners know of them', () => {
    expect([...state.cells.cell]).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
    expect([...state.cells.component]).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
    expect([...state.cells.tile]).toEqual([0, 0, 0, 0, 1, 2, 0, 0]);
    expect([...state.loadings.value]).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 7, 7, 8, 8, 9, 9]);
  });

  it('holds all voxels of these cells, those outside the region too', () => {
    expect([...state.runs.cell]).toEqual([1, 2, 3, 4, 5, 7, 8, 8, 9, 9]);
    expect([...state.runs.x]).toEqual([30, 42, 50, 50, 62, 71, 45, 45, 39, 55]);
    expect([...state.runs.length]).toEqual([20, 14, 5, 7, 6, 10, 10, 14, 1, 3]);
  });

  it('lets those change that lie in the region whole and have their seed or a voxel in the strip', () => {
    expect([...active].sort()).toEqual([3, 4, 5, 7]);
    expect([...state.cells.active]).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
  });

  it('holds cells as an earlier unit left them, also one that came into the region only then', () => {
    expect([...later.cells.cell]).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    expect([...later.cells.component]).toEqual([1, 2, 3, 4, 16, 7, 8, 9]);
    expect([...later.cells.tile]).toEqual([0, 0, 0, 0, 1, 2, 0, 0]);
    expect([...later.loadings.value.slice(8, 10)]).toEqual([16, 16]);
    expect(later.runs.x[later.runs.cell.indexOf(6)]).toBe(86);
  });

  it('gives the cores of all owners, also of one away from the region', () => {
    expect([...state.cores.tile]).toEqual([0, 1, 2]);
    expect([...state.cores.x0]).toEqual([0, 64, 128]);
    expect([...state.cores.x1]).toEqual([64, 128, 192]);
  });

  it('gathers the verdicts of the rows of the region from the tiles they lie in', () => {
    // Rows 3, 6, 8, 9; rows 0 and 5 lie outside.
    expect([...state.transcripts.cell]).toEqual([5, 2, 0, 4]);
    expect([...state.transcripts.probability]).toEqual([0.875, 0.5, 1, 0.75]);
    expect([...state.transcripts.dx]).toEqual([3, 6, 8, 9]);
    expect([...state.transcripts.dy]).toEqual([0, 0, 0, -9]);
    expect([...state.transcripts.dl]).toEqual([0, 0, 0, 1]);
  });
});

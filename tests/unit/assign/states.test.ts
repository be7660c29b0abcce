import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TileState } from '@spatile/coordinator/assign/state';
import { SETTLED, type StoredState, TileStates } from '@spatile/coordinator/assign/states';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Columns } from '@spatile/formats/tile/frame';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tileState } from './result.ts';

const GRID = { voxelUm: 1, layers: 1, layerUm: 0 };
const PLAN = { tiles: [{ id: 't0000' }] } as unknown as TilePlan;

let store: RunStore;
beforeEach(async () => {
  store = new RunStore(await mkdtemp(join(tmpdir(), 'spatile-states-')));
});
afterEach(() => rm(store.directory, { recursive: true }));

const columnsOf = (state: TileState): Columns[] => Object.values(state) as unknown as Columns[];

/** A state with all its columns at the start of buffers of 1 MiB, as in the file of a result. */
function inLargeBuffers(): TileState {
  const state = tileState(
    [{ row: 0, cell: 1, probability: 0.5 }],
    [{ cell: 1, component: 2, runs: [[3, 4, 5]], loadings: [6] }],
  );
  for (const columns of columnsOf(state)) {
    for (const [name, values] of Object.entries(columns)) {
      const large = new (values.constructor as Uint8ArrayConstructor)(2 ** 20 / values.BYTES_PER_ELEMENT);
      large.set(values as Uint8Array);
      columns[name] = large.subarray(0, values.length);
    }
  }
  return state;
}

/** Bytes of all buffers that a state keeps in memory. */
function bytesBehind({ state }: StoredState): number {
  const buffers = new Set(
    columnsOf(state).flatMap((columns) => Object.values(columns).map(({ buffer }) => buffer)),
  );
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

it('a state that was just written is read from memory, where it takes what its file takes', async () => {
  const states = new TileStates(store, PLAN);
  const written = inLargeBuffers();
  await states.write(SETTLED, 0, GRID, written);
  const fileBytes = store.traffic().settled.bytesWritten;
  await states.complete(SETTLED, [0]);
  const entry = (await states.read(0))!;
  expect(entry).toEqual({ state: written, grid: GRID });
  expect(store.traffic().settled.filesRead).toBe(0);
  expect(bytesBehind(entry)).toBe(fileBytes);
});

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTLED, type StoredState, stateName, TileStates } from '@spatile/coordinator/assign/states';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Columns } from '@spatile/formats/tile/frame';
import type { TileState } from '@spatile/formats/tile/state';
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
    [{ cell: 1, component: 2, runs: [[3, 4, 5]] }],
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
  await states.complete(SETTLED, [0]);
  const fileBytes = (await stat(store.path(stateName(SETTLED, 't0000')))).size;
  const entry = (await states.read(0))!;
  expect(entry).toEqual({ state: written, grid: GRID });
  expect(store.traffic().settled.filesRead).toBe(0);
  expect(bytesBehind(entry)).toBe(fileBytes);
});

it('states are on the disk when their version is complete, also those that fell out of memory meanwhile', async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `t${i}`);
  const plan = { tiles: ids.map((id) => ({ id })) } as unknown as TilePlan;
  const states = new TileStates(store, plan, 1);
  const written = inLargeBuffers();
  for (const tile of ids.keys()) {
    await states.write(SETTLED, tile, GRID, written);
    if (tile > 0) expect((await states.readVersion(tile - 1, SETTLED)).state).toEqual(written);
  }
  await states.complete(SETTLED, [...ids.keys()]);
  expect(await store.list('settled/0')).toEqual(['complete.json', ...ids.map((id) => `${id}.frame`)]);
});

it('a state that cannot be written fails the version, at the latest when it is completed', async () => {
  const states = new TileStates(store, PLAN);
  await writeFile(join(store.directory, 'settled'), 'in the way');
  const all = async (): Promise<void> => {
    await states.write(SETTLED, 0, GRID, inLargeBuffers());
    await states.complete(SETTLED, [0]);
  };
  await expect(all()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});

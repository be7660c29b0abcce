import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStrays, StrayTally } from '@spatile/coordinator/assign/strays';
import { RunStore } from '@spatile/coordinator/run/store';
import type { TileState } from '@spatile/formats/tile/state';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heldBytes } from '../../support/held-bytes.ts';

interface Transcript {
  cell: number;
  feature: number;
  probability: number;
  taken: boolean;
}

const [CELLS, FEATURES] = [6, 5];

let store: RunStore;
beforeEach(async () => {
  store = new RunStore(await mkdtemp(join(tmpdir(), 'spatile-strays-')));
});
afterEach(() => rm(store.directory, { recursive: true }));

const verdicts = (cell: number[], probability: number[]): TileState['verdicts'] => ({
  cell: Uint32Array.from(cell),
  probability: Float32Array.from(probability),
});

function note(tally: StrayTally, tile: Transcript[]): void {
  const before = verdicts(
    tile.map(({ cell }) => cell),
    tile.map(({ probability }) => probability),
  );
  const after = verdicts(
    tile.map(({ cell, taken }) => (taken ? 0 : cell)),
    tile.map(({ probability, taken }) => (taken ? 1 : probability)),
  );
  tally.note(
    before,
    after,
    Uint32Array.from(tile, ({ feature }) => feature),
  );
}

async function written(tiles: Transcript[][]): Promise<Uint8Array> {
  const tally = new StrayTally(FEATURES);
  for (const tile of tiles) note(tally, tile);
  await tally.write(store);
  return store.read('settled/strays.frame');
}

const transcripts = fc.array(
  fc.record({
    cell: fc.integer({ min: 0, max: CELLS }),
    feature: fc.integer({ min: 0, max: FEATURES - 1 }),
    probability: fc.float({ min: 0, max: 1, noNaN: true }),
    taken: fc.boolean(),
  }),
  { maxLength: 60 },
);

it('a tally says of every cell and feature what was taken, in the same bytes whatever the order of tiles', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transcripts, { maxLength: 5 }), async (tiles) => {
      const bytes = await written(tiles);
      const { of } = await readStrays(store);
      for (let cell = 1; cell <= CELLS + 1; cell++) {
        for (let feature = 0; feature < FEATURES; feature++) {
          const lost = tiles
            .flat()
            .filter((one) => one.taken && one.cell === cell && one.feature === feature)
            .reduce((sum, { probability }) => sum + probability, 0);
          expect(of(cell, feature)).toBeCloseTo(lost, 4);
        }
      }
      expect(await written([...tiles].reverse())).toEqual(bytes);
    }),
    { numRuns: 50 },
  );
});

it('nothing is lost without a file', async () => {
  expect((await readStrays(store)).of(1, 0)).toBe(0);
});

it('pairs cost no objects: a slide can have more of them than a Map holds', async () => {
  const perTile = 2 ** 16;
  const [objects, buffers] = [heldBytes().objects, heldBytes().buffers];
  const tally = new StrayTally(FEATURES);
  for (let t = 0; t < 4; t++) {
    const cell = Array.from({ length: perTile }, (_, i) => 1 + t * perTile + i);
    const ones = new Array(perTile).fill(1);
    tally.note(verdicts(cell, ones), verdicts(new Array(perTile).fill(0), ones), new Uint32Array(perTile));
  }
  expect(heldBytes().objects - objects).toBeLessThan(16 * 4 * perTile);
  expect(heldBytes().buffers - buffers).toBeLessThan(24 * 4 * perTile);
  await tally.write(store);
  const before = heldBytes();
  const { of } = await readStrays(store);
  expect(heldBytes().objects - before.objects).toBeLessThan(16 * 4 * perTile);
  expect([of(1, 0), of(4 * perTile, 0), of(4 * perTile + 1, 0), of(1, 1)]).toEqual([1, 1, 0, 0]);
});

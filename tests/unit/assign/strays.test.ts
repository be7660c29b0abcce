import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStrays } from '@spatile/coordinator/assign/strays';
import { RunStore } from '@spatile/coordinator/run/store';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { NO_GENE } from '@spatile/formats/tile/parts';
import type { SettledVerdicts } from '@spatile/formats/tile/settled';
import {
  LOST_UNITS,
  type LostCounts,
  type StrayChanges,
  tileStraysFrame,
} from '@spatile/formats/tile/strays';
import { lostBy } from '@spatile/worker/assign/proseg/strays/strays';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heldBytes } from '../../support/held-bytes.ts';

interface Transcript {
  cell: number;
  gene: number;
  probability: number;
  taken: boolean;
}

const [CELLS, GENES] = [6, 5];
const NO_CHANGES: StrayChanges = { at: new Uint32Array(0), probability: new Float32Array(0) };

let store: RunStore;
beforeEach(async () => {
  store = new RunStore(await mkdtemp(join(tmpdir(), 'spatile-strays-')));
});
afterEach(() => rm(store.directory, { recursive: true }));

/** Stores what tiles lost, as tasks give it. */
async function write(tiles: LostCounts[]): Promise<void> {
  await store.makeFolder('results/assign-ambient');
  for (const [i, lost] of tiles.entries())
    await store.put(
      `results/assign-ambient/t${i}.frame`,
      encodeFrame(tileStraysFrame(`t${i}`, NO_CHANGES, lost)),
    );
}

function lostOf(tile: Transcript[]): LostCounts {
  const verdicts: SettledVerdicts = {
    cell: Uint32Array.from(tile, ({ cell }) => cell),
    probability: Float32Array.from(tile, ({ probability }) => probability),
    gene: Uint16Array.from(tile, ({ gene }) => (gene === GENES ? NO_GENE : gene)),
  };
  const at = [...tile.keys()].filter((i) => tile[i].taken && tile[i].cell !== 0);
  return lostBy(verdicts, { at: Uint32Array.from(at), probability: new Float32Array(at.length).fill(1) });
}

const transcripts = fc.array(
  fc.record({
    cell: fc.integer({ min: 0, max: CELLS }),
    gene: fc.integer({ min: 0, max: GENES }),
    probability: fc.float({ min: 0, max: 1, noNaN: true }),
    taken: fc.boolean(),
  }),
  { maxLength: 60 },
);

it('what tiles lost is said of every cell and gene, the same whatever the order of tiles', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transcripts, { minLength: 1, maxLength: 5 }), async (tiles) => {
      await write(tiles.map(lostOf));
      const { of } = await readStrays(store);
      await write([...tiles].reverse().map(lostOf));
      const reversed = await readStrays(store);
      for (let cell = 1; cell <= CELLS + 1; cell++) {
        for (let gene = 0; gene < GENES; gene++) {
          const lost = tiles
            .flat()
            .filter((one) => one.taken && one.cell === cell && one.gene === gene)
            .reduce((sum, { probability }) => sum + probability, 0);
          expect(of(cell, gene)).toBeCloseTo(lost, 4);
          expect(reversed.of(cell, gene)).toBe(of(cell, gene));
        }
      }
      await rm(join(store.directory, 'results'), { recursive: true });
    }),
    { numRuns: 25 },
  );
});

it('nothing is lost without a result', async () => {
  expect((await readStrays(store)).of(1, 0)).toBe(0);
});

it('pairs cost no objects: a slide can have more of them than a Map holds', async () => {
  const perTile = 2 ** 16;
  await write(
    Array.from({ length: 4 }, (_, t) => ({
      cell: Uint32Array.from({ length: perTile }, (_, i) => 1 + t * perTile + i),
      gene: new Uint16Array(perTile),
      lost: new Float64Array(perTile).fill(LOST_UNITS),
    })),
  );
  const before = heldBytes();
  const { of } = await readStrays(store);
  expect(heldBytes().objects - before.objects).toBeLessThan(16 * 4 * perTile);
  expect([of(1, 0), of(4 * perTile, 0), of(4 * perTile + 1, 0), of(1, 1)]).toEqual([1, 1, 0, 0]);
});

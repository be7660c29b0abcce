import { CELL_CLASSES, countsFrame, readCounted } from '@spatile/formats/tile/correct';
import { purifyCounts } from '@spatile/worker/correct/split/counts';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const TYPES = 3;
const GENES = 8;

const cell = fc.record({
  counts: fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: GENES, maxLength: GENES }),
  purify: fc.integer({ min: 0, max: 2 }),
  first: fc.integer({ min: 0, max: TYPES - 1 }),
  second: fc.integer({ min: 0, max: TYPES - 1 }),
  weights: fc.array(fc.float({ min: 0, max: 2, noNaN: true }), { minLength: TYPES, maxLength: TYPES }),
});

test('purified counts: never below 0 or above what was observed, and with the rest exactly what was observed', async () => {
  expect(CELL_CLASSES.length).toBe(5);
  await fc.assert(
    fc.asyncProperty(
      fc.array(cell, { minLength: 1, maxLength: 6 }),
      fc.array(fc.float({ min: 0, max: 1, noNaN: true }), {
        minLength: TYPES * GENES,
        maxLength: TYPES * GENES,
      }),
      fc.constantFrom('fractions', 'integers') as fc.Arbitrary<'fractions' | 'integers'>,
      fc.constantFrom('keep', 'split-like') as fc.Arbitrary<'keep' | 'split-like'>,
      async (cells, shares, counts, unreferencedGenes) => {
        const rows = cells.map((one) => one.counts.flatMap((n, j) => (n > 0 ? [[j, n]] : [])));
        const entries = rows.flat();
        const frame = countsFrame({
          types: TYPES,
          shares: Float64Array.from(shares),
          sharedOf: Int32Array.from({ length: GENES }, (_, j) => (j === 3 ? -1 : j)),
          settings: { counts, unreferencedGenes, seed: 1 },
          cells: {
            length: Uint32Array.from(rows, (row) => row.length),
            gene: Uint32Array.from(entries, ([j]) => j),
            count: Uint32Array.from(entries, ([, n]) => n),
          },
          row: Uint32Array.from(cells, (_, i) => i),
          purify: Uint8Array.from(cells, ({ purify }) => purify),
          first: Int16Array.from(cells, ({ first }) => first),
          second: Int16Array.from(cells, ({ second }) => second),
          firstWeight: new Float32Array(cells.length).fill(0.75),
          secondWeight: new Float32Array(cells.length).fill(0.25),
          weights: Float32Array.from(cells.flatMap(({ weights }) => weights)),
          own: cells.length,
          sender: new Uint32Array(0),
          receiver: new Uint32Array(0),
          share: new Float32Array(0),
        });
        const { corrected } = readCounted(await purifyCounts(frame, { progress: () => {}, count: () => {} }));
        expect(corrected.length).toBe(entries.length);
        entries.forEach(([, n], e) => {
          const removed = Math.fround(n - corrected[e]);
          expect(corrected[e]).toBeGreaterThanOrEqual(0);
          expect(corrected[e]).toBeLessThanOrEqual(n);
          expect(Math.fround(corrected[e] + removed)).toBe(n);
          expect(corrected[e] + removed).toBe(n);
          if (counts === 'integers') expect(Number.isInteger(corrected[e])).toBe(true);
        });
      },
    ),
    { numRuns: 60 },
  );
});

import { potentialsOf } from '@spatile/coordinator/correct/celladmix/label';
import {
  type Factors,
  fitFrame,
  readFactors,
  readVectors,
  sampleFrame,
} from '@spatile/formats/tile/celladmix';
import { fitFactors } from '@spatile/worker/correct/celladmix/factors';
import { sampleVectors } from '@spatile/worker/correct/celladmix/vectors';
import { expect, test } from 'vitest';

const context = { progress() {}, count() {} };

/** Factors of a dense matrix of counts. */
async function factorsOf(
  rows: readonly number[][],
  factors: number,
  start = 0,
  genes = 1000,
): Promise<Factors> {
  const entries = rows.map((row) => row.flatMap((n, g) => (n > 0 ? [[g, n]] : [])));
  const vectors = {
    length: Uint32Array.from(entries, (row) => row.length),
    gene: Uint32Array.from(entries.flat(), ([g]) => g),
    count: Uint32Array.from(entries.flat(), ([, n]) => n),
  };
  const settings = { factors, genes, iterations: 3000, tolerance: 0, seed: 1, start };
  return readFactors(await fitFactors(fitFrame({ vectors, genes: rows[0].length, settings }), context));
}

test('two kinds of neighbourhoods and nothing between: each is a factor, without loss', async () => {
  const rows = [...new Array(6).fill([4, 6, 10, 0, 0]), ...new Array(9).fill([0, 0, 0, 15, 5])];
  const { loadings, loss } = await factorsOf(rows, 2);
  expect(loss).toBeCloseTo(0, 6);
  const column = (f: number): number[] => Array.from({ length: 5 }, (_, g) => loadings[g * 2 + f]);
  const [a, b] = [column(0), column(1)].sort(([x], [y]) => y - x);
  for (const [g, share] of [0.2, 0.3, 0.5, 0, 0].entries()) expect(a[g]).toBeCloseTo(share, 5);
  for (const [g, share] of [0, 0, 0, 0.75, 0.25].entries()) expect(b[g]).toBeCloseTo(share, 5);
});

test('rare genes get the weights that they would have if they shaped the factors too', async () => {
  const rows = [
    ...Array.from({ length: 12 }, () => [8, 10, 0, 0, 2, 0]),
    ...Array.from({ length: 12 }, () => [0, 0, 9, 10, 0, 1]),
  ];
  const all = await factorsOf(rows, 2);
  const four = await factorsOf(rows, 2, 0, 4);
  for (const [at, share] of all.loadings.entries()) expect(four.loadings[at]).toBeCloseTo(share, 5);
});

test('mixtures of two profiles are told apart up to what any factorisation can', async () => {
  const profiles = [
    [12, 8, 0, 4],
    [0, 4, 16, 4],
  ];
  const rows = Array.from({ length: 11 }, (_, i) =>
    profiles[0].map((n, g) => (n * i + profiles[1][g] * (10 - i)) / 2),
  );
  const { loss } = await factorsOf(rows, 2);
  const { loss: one } = await factorsOf(rows, 1);
  expect(loss).toBeLessThan(1e-4);
  expect(one).toBeGreaterThan(10);
});

test('the start decides nothing but the start: the same again gives the same bits, another one others', async () => {
  const rows = Array.from({ length: 20 }, (_, i) =>
    Array.from({ length: 6 }, (_, g) => ((i * 7 + g * 5) % 9) % 4),
  );
  const first = await factorsOf(rows, 3);
  expect(await factorsOf(rows, 3)).toEqual(first);
  expect((await factorsOf(rows, 3, 1)).loadings).not.toEqual(first.loadings);
});

test('more factors than there is to tell, and a gene that none holds', async () => {
  const { loadings } = await factorsOf(
    [
      [3, 0, 1],
      [3, 0, 1],
    ],
    4,
  );
  expect(loadings.every((share) => share >= 0 && share <= 1 + 1e-12)).toBe(true);
  const potentials = potentialsOf({ loadings, factors: 4, loss: 0, iterations: 0 }, 1e-6);
  expect([...potentials.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
});

test('a gene that a factor lacks speaks against it, but no more than is allowed', () => {
  const loadings = Float64Array.of(0.8, 0, 0.2, 0.2, 0, 0.8);
  const [a, b, , , , f] = potentialsOf({ loadings, factors: 2, loss: 0, iterations: 0 }, 1e-3);
  expect(a).toBe(0);
  expect(b).toBeCloseTo(Math.log(1e-3), 6);
  expect(f).toBe(0);
});

test('a neighbourhood counts the molecule and its nearest of the same cell', async () => {
  const line = [0, 1, 2, 10, 11, 12];
  const cells = {
    length: Uint32Array.of(6, 2),
    gene: Uint32Array.of(0, 0, 1, 2, 2, 3, 7, 7),
    x: Float32Array.from([...line, 0, 1]),
    y: new Float32Array(8),
    z: new Float32Array(8),
  };
  const frame = sampleFrame({
    cells,
    row: Uint32Array.of(4, 9),
    take: Uint32Array.of(6, 2),
    settings: { neighbours: 3, seed: 1 },
  });
  const { length, gene, count } = readVectors(await sampleVectors(frame, context));
  // The second cell has fewer molecules than a neighbourhood.
  expect([...length]).toEqual([2, 2, 2, 2, 2, 2]);
  expect([...gene]).toEqual([0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3]);
  expect([...count]).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
});

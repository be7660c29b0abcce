import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RATE_GRID } from '@spatile/worker/correct/rctd/likelihood';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIGMAS, writeLikelihoods } from '../../../bench/correct/originals/likelihood-file.ts';
import { compareCounts } from '../../../bench/correct/originals/purified.ts';
import { compareTyping, type TypedCells, typedByOriginal } from '../../../bench/correct/originals/typed.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-originals-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the tables for spacexr hold every sigma, every count and every rate', () => {
  expect([SIGMAS.length, SIGMAS[0], SIGMAS[60], SIGMAS[61], SIGMAS[125]]).toEqual([126, 10, 70, 72, 200]);
  const path = join(folder, 'likelihood.bin');
  const rows = 3;
  writeLikelihoods(path, rows, [10, 30]);
  const rates = RATE_GRID.nodes.length;
  expect(statSync(path).size).toBe(2 * rows * rates * 8);
  const { buffer, byteOffset } = readFileSync(path);
  const values = new Float64Array(buffer, byteOffset, 2 * rows * rates);
  // Nothing counted: the likelier the fewer were expected, the last rate included.
  const none = values.subarray(0, rates);
  expect(none.every((q, node) => q < 0 && (node === 0 || q < none[node - 1]))).toBe(true);
  // Without much noise it is the Poisson law.
  const nearOne = RATE_GRID.nodes.findIndex((rate) => rate >= 1);
  const rate = RATE_GRID.nodes[nearOne];
  expect(Math.abs(none[nearOne] + rate)).toBeLessThan(0.02);
  expect(Math.abs(values[rates + nearOne] - (Math.log(rate) - rate))).toBeLessThan(0.02);
});

const OURS: TypedCells = {
  types: ['a', 'b'],
  cells: [0, 2, 3],
  cellClass: ['singlet', 'reject', 'doublet_certain'],
  first: ['a', 'b', 'a'],
  second: ['b', 'a', 'b'],
  weights: [0.9, 0.1, 0.2, 0.8, 0.6, 0.4],
  pair: [0.9, 0.1, 0.8, 0.2, 0.6, 0.4],
  sigma: 0.3,
};

test('typings are compared cell by cell, weights by the name of the type', async () => {
  await writeFile(
    join(folder, 'results.csv'),
    'barcode,class,first,second,w1,w2\nc0,singlet,a,b,0.9,0.1\nc3,singlet,a,b,0.6,0.4\nc4,reject,b,a,1,0\n',
  );
  await writeFile(join(folder, 'weights.csv'), ',b,a\nc0,0.1,0.9\nc3,0.4,0.65\nc4,1,0\n');
  await writeFile(join(folder, 'facts.csv'), 'name,value\nsigma_value,0.28\n');
  const theirs = typedByOriginal(folder);
  expect(theirs.sigma).toBe(0.28);
  const equality = compareTyping(OURS, theirs);
  expect(equality).toMatchObject({ cells: 2, onlyOne: 2, classEqual: 0.5, firstEqual: 1, secondEqual: 1 });
  expect(equality.largestDifference).toBeCloseTo(0.05, 12);
  expect(equality.weightsCorrelation).toBeGreaterThan(0.99);
});

test('counts of which one of two programs left nothing are compared too', () => {
  const [ours, theirs] = [
    { 'c0 A': 2, 'c0 B': 1, 'c1 A': 3 },
    { 'c0 A': 2, 'c1 A': 3, 'c1 B': 4 },
  ].map((counts) => new Map(Object.entries(counts)));
  expect(compareCounts(ours, theirs)).toMatchObject({
    countsEqual: 0.5,
    largestDifference: 4,
    ours: 6,
    theirs: 9,
  });
});

import { RandomStream } from '@spatile/random/stream';
import { classify, fitDoublet, scoreCandidates } from '@spatile/worker/correct/rctd/doublet';
import { fitMulti } from '@spatile/worker/correct/rctd/multi';
import { expect, test } from 'vitest';
import { Transcription } from '../../../bench/correct/transcription.ts';
import { solverOf, TOY, takeCell, toyCounts } from './toy.ts';

const THRESHOLDS = { confidence: 5, doublet: 20 };
const OWN = [0, 1, 2];

/** Sigma, transcripts, true weights, then what the methods reference measured. */
test.each([
  [0.5, 2000, [0.7, 0.3, 0], [0.687, 0.294], 256.05, 215.4, 'doublet_certain', 0.6999],
  [1, 2000, [0.7, 0.3, 0], [0.683, 0.293], 264.26, 253.11, 'singlet', 0.6992],
  [0.5, 200, [0.7, 0.3, 0], [0.674, 0.263], 121.52, 103.56, 'singlet', 0.7185],
  [0.5, 2000, [1, 0, 0], [0.975, 0.0002], 200.94, 200.94, 'singlet', 0.9996],
] as const)(
  'toy at sigma %f with %i transcripts',
  async (sigma, umi, truth, full, single, pair, cellClass, w1) => {
    const solver = await solverOf(TOY, sigma);
    takeCell(solver, toyCounts(umi, truth), umi);
    const result = fitDoublet(solver, OWN, THRESHOLDS);
    expect(result.cellClass).toBe(cellClass);
    expect(result.first).toBe(0);
    expect(result.second).toBe(1);
    expect(Math.abs(result.weights[0] - full[0])).toBeLessThan(1.5e-3);
    expect(Math.abs(result.weights[1] - full[1])).toBeLessThan(1.5e-3);
    expect(solver.scoreOne(0)).toBeCloseTo(single, 1);
    expect(result.minScore).toBeCloseTo(pair, 1);
    expect(Math.abs(result.firstWeight - w1)).toBeLessThan(1e-3);
    expect(result.firstWeight + result.secondWeight).toBe(1);
  },
);

/** Random profiles and cells: singlets and mixtures of two. */
function randomSlide(types: number, genes: number, cells: number, seed: number) {
  const random = new RandomStream(seed, 'test');
  const shares = Array.from({ length: types }, (_, k) => {
    const raw = Array.from({ length: genes }, (_, j) => random.gamma(0.5) + 0.02 + (j % types === k ? 3 : 0));
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map((x) => x / sum);
  });
  const slide = Array.from({ length: cells }, () => {
    const [a, b] = [random.integer(types), random.integer(types)];
    const part = random.uniform() < 0.4 ? 0.5 * random.uniform() : 0;
    const size = 40 + 200 * random.uniform();
    const counts = Array.from({ length: genes }, (_, j) =>
      Math.min(
        60,
        random.poisson(
          size * ((1 - part) * shares[a][j] + part * shares[b][j]) * (0.7 + 0.6 * random.uniform()),
        ),
      ),
    );
    return { counts, umi: counts.reduce((x, y) => x + y, 0) };
  });
  return { shares, slide };
}

test('the kernel does what the equations say, cell by cell', async () => {
  const { shares, slide } = randomSlide(5, 30, 60, 7);
  const plain = new Transcription(shares, 0.4, 60);
  const solver = await solverOf({ types: 5, genes: 30, shares: Float64Array.from(shares.flat()) }, 0.4);
  let equal = 0;
  for (const { counts, umi } of slide) {
    const expected = plain.doublet(counts, umi);
    takeCell(solver, counts, umi);
    const found = fitDoublet(solver, [0, 1, 2, 3, 4], THRESHOLDS);
    // The Hessian is not made in every round, which moves where a fit ends by less than its own stop.
    expected.weights.forEach((w, k) => {
      expect(Math.abs(found.weights[k] - w)).toBeLessThan(3e-3);
    });
    if (found.cellClass === expected.cellClass && found.first === expected.first) equal++;
    // Undamped scores may find a lower minimum, never a higher one.
    expect(found.minScore).toBeLessThan(expected.minScore + 0.05);
  }
  expect(equal / slide.length).toBeGreaterThanOrEqual(0.97);
});

test('the order of genes changes nothing, and of types only their names', async () => {
  const { shares, slide } = randomSlide(4, 24, 20, 3);
  const typeOrder = [2, 0, 3, 1];
  const plain = await solverOf({ types: 4, genes: 24, shares: Float64Array.from(shares.flat()) }, 0.5);
  const mixed = await solverOf(
    { types: 4, genes: 24, shares: Float64Array.from(typeOrder.flatMap((k) => shares[k].toReversed())) },
    0.5,
  );
  for (const { counts, umi } of slide) {
    takeCell(plain, counts, umi);
    const a = fitDoublet(plain, [0, 1, 2, 3], THRESHOLDS);
    takeCell(mixed, counts.toReversed(), umi);
    const b = fitDoublet(mixed, [0, 1, 2, 3], THRESHOLDS);
    typeOrder.forEach((k, i) => {
      expect(b.weights[i]).toBeCloseTo(a.weights[k], 6);
    });
    expect(b.cellClass).toBe(a.cellClass);
    expect(typeOrder[b.first]).toBe(a.first);
  }
});

test('a second type never makes a score worse, and what is found is no worse than what damped steps find', async () => {
  const { shares, slide } = randomSlide(5, 30, 20, 11);
  const solver = await solverOf({ types: 5, genes: 30, shares: Float64Array.from(shares.flat()) }, 0.4);
  for (const { counts, umi } of slide) {
    takeCell(solver, counts, umi);
    const { single, pair } = scoreCandidates(solver, [0, 1, 2, 3, 4]);
    for (let a = 0; a < 5; a++) {
      for (let b = 0; b < a; b++) {
        expect(pair[5 * a + b]).toBeLessThanOrEqual(Math.min(single[a], single[b]));
        solver.weights([a, b]);
        expect(pair[5 * a + b]).toBeLessThan(solver.scoreOfWeights(2) + 1);
      }
    }
  }
});

test('certainty: a rival pair without a type takes its certainty, of its class only if the class is absent too', () => {
  const candidates = [0, 1, 2];
  const single = Float64Array.of(100, 120, 110);
  const pair = Float64Array.from([0, 50, 53, 50, 0, 90, 53, 90, 0]);
  // Pairs (0,1) at 50 and (0,2) at 53 are rivals: 0 is in both.
  const own = classify({ candidates, single, pair }, [0, 1, 2], THRESHOLDS);
  expect(own).toMatchObject({ cellClass: 'doublet_uncertain', first: 0, second: 1, singletScore: 100 });
  // With 1 and 2 of one class both are certain by class, and the lower score alone of that class counts.
  const grouped = classify({ candidates, single, pair }, [0, 1, 1], THRESHOLDS);
  expect(grouped).toMatchObject({ cellClass: 'doublet_certain', first: 0, secondCertain: false });
  const rejected = classify(
    { candidates: [0, 1, 2, 3], single: Float64Array.of(80, 80, 80, 80), pair: allPairsAt(50, 4) },
    [0, 1, 2, 3],
    THRESHOLDS,
  );
  expect(rejected).toMatchObject({ cellClass: 'reject', singletScore: 90, minScore: 50 });
});

const allPairsAt = (score: number, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 0 : score));

test('mode multi takes as many types as the cell shows', async () => {
  const solver = await solverOf(TOY, 0.3);
  for (const [truth, expected] of [
    [[1, 0, 0], [0]],
    [
      [0.6, 0.4, 0],
      [0, 1],
    ],
    [
      [0.4, 0.3, 0.3],
      [0, 1, 2],
    ],
  ] as const) {
    takeCell(solver, toyCounts(2500, truth), 2500);
    const result = fitMulti(solver, 3, THRESHOLDS, 4);
    expect([...result.types].sort()).toEqual(expected);
    expect(result.confident.every(Boolean)).toBe(true);
    expect(result.subWeights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  }
});

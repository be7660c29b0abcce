import { RandomStream } from '@spatile/random/stream';
import { CellCounts } from '@spatile/worker/correct/resolvi/counts';
import { fillDropout, fillNormal, resampledTotal } from '@spatile/worker/correct/resolvi/noise';
import { expect, test } from 'vitest';

const N = 100_000;
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test('normals have the moments and the tails of normals, and are named by what they are for', () => {
  const out = new Float32Array(N);
  fillNormal(out, 1, 'test', 4);
  // Five standard errors of each.
  expect(Math.abs(mean(out))).toBeLessThan(5 / Math.sqrt(N));
  expect(Math.abs(mean(out.map((x) => x * x)) - 1)).toBeLessThan(5 * Math.sqrt(2 / N));
  expect(Math.abs(mean(out.map((x) => x ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / N));
  expect(Math.abs(mean(out.map((x) => (x > 1.959964 ? 1 : 0))) - 0.025)).toBeLessThan(0.0025);
  const [again, other] = [new Float32Array(N), new Float32Array(N)];
  fillNormal(again, 1, 'test', 4);
  fillNormal(other, 1, 'test', 5);
  expect(again).toEqual(out);
  expect(other).not.toEqual(out);
});

test('dropout leaves the mean as it is', () => {
  const out = new Float32Array(N);
  fillDropout(out, 0.05, 1, 'test');
  const dropped = out.filter((x) => x === 0).length / N;
  expect(Math.abs(dropped - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / N));
  expect(Math.abs(mean(out) - 1)).toBeLessThan(0.01);
  fillDropout(out, 0, 1, 'test');
  expect(out.every((x) => x === 1)).toBe(true);
});

test('totals are log-normal and at least 10', () => {
  const totals = Array.from({ length: 4000 }, (_, i) => resampledTotal(1, 4, 0.5, i));
  const middle = totals.slice().sort((a, b) => a - b)[2000];
  expect(Math.abs(middle - (Math.floor(Math.exp(4)) + 10))).toBeLessThan(4);
  expect(Math.min(...totals)).toBeGreaterThanOrEqual(10);
});

test('resampled counts keep the total and the shares', () => {
  const counts = new CellCounts({
    length: Uint32Array.of(1, 3),
    gene: Uint32Array.of(0, 1, 2, 4),
    count: Uint32Array.of(9, 1, 2, 5),
  });
  const out = new Float32Array(10);
  counts.resampleInto(out, 5, 1, 16_000, 1, new RandomStream(1, 'test'));
  expect([...out.subarray(0, 5), out[5], out[8]]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(mean(out) * 10).toBe(16_000);
  [1 / 8, 2 / 8].forEach((share, g) => {
    expect(Math.abs(out[6 + g] / 16_000 - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 16_000));
  });
});

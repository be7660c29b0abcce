import { INTERVALS, LikelihoodTables, RATE_GRID } from '@spatile/worker/correct/rctd/likelihood';
import { expect, test } from 'vitest';
import { directQ } from '../../../bench/correct/transcription.ts';

const tables = new LikelihoodTables(101);

function q(table: Float64Array, count: number, rate: number): [number, number] {
  const interval = RATE_GRID.intervalOfL[Math.floor(Math.sqrt(rate) * 1000)];
  const at = 4 * (count * INTERVALS + interval);
  const t = rate - RATE_GRID.nodes[interval];
  const [value, d1, d2, d3] = table.subarray(at, at + 4);
  return [value + t * (d1 + t * (d2 / 2 + (t * d3) / 6)), d1 + t * (d2 + (t * d3) / 2)];
}

test.each([
  [0.5, [-0.993962, -1.117655, -4.485189, -5.746385, -2.706964, -4.853913, -4.482235]],
  [1, [-0.962321, -1.354616, -3.571809, -3.719758, -3.275454, -5.532325, -4.132285]],
  [2, [-0.886293, -1.785899, -3.522004, -2.212431, -3.931132, -6.221718, -3.271623]],
])('the table of sigma %f holds the published values', (sigma, golden) => {
  const table = tables.table(sigma);
  const places = [
    [0, 1],
    [1, 1],
    [5, 1],
    [0, 10],
    [10, 10],
    [100, 100],
    [1, 0.01],
  ];
  places.forEach(([count, rate], i) => {
    expect(q(table, count, rate)[0]).toBeCloseTo(golden[i], 4.6);
  });
});

test('values between nodes follow the integral, and slopes the values', () => {
  const table = tables.table(0.3);
  for (const count of [0, 1, 3, 17, 60]) {
    for (const rate of [0.00031, 0.0123, 0.77, 4.2, 31.7, 250.3]) {
      const [value, slope] = q(table, count, rate);
      const exact = directQ(count, rate, 0.3);
      expect(Math.abs(value - exact)).toBeLessThan(1e-4 * Math.max(1, Math.abs(exact)));
      const h = rate * 1e-4;
      const numeric = (q(table, count, rate + h)[0] - q(table, count, rate - h)[0]) / (2 * h);
      expect(Math.abs(slope - numeric)).toBeLessThan(1e-3 * Math.max(1, Math.abs(numeric)));
    }
  }
});

test('the grid of rates has 438 intervals from 1e-4 to 1600', () => {
  expect(INTERVALS).toBe(438);
  expect(RATE_GRID.nodes[0]).toBeCloseTo(1e-4, 12);
  expect(RATE_GRID.nodes[438]).toBe(1600);
  for (const rate of [1e-4, 0.0004, 0.0026, 0.5, 12, 1599]) {
    const interval = RATE_GRID.intervalOfL[Math.floor(Math.sqrt(rate) * 1000)];
    expect(RATE_GRID.nodes[interval]).toBeLessThanOrEqual(rate * (1 + 1e-12));
    expect(RATE_GRID.nodes[interval + 1]).toBeGreaterThan(rate);
  }
});

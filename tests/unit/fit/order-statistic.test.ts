import { orderStatistic } from '@spatile/coordinator/assign/proseg/order-statistic';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

describe('order statistics', () => {
  it.each([
    ['all different', (stream: RandomStream) => stream.normal()],
    ['few values', (stream: RandomStream) => stream.integer(4)],
    ['all equal', () => 7],
  ])('are those of a sort: %s', (_, draw) => {
    for (const count of [1, 2, 3, 10, 101, 5000]) {
      const stream = new RandomStream(1, 'order', count);
      const values = Float64Array.from({ length: count }, () => draw(stream));
      const sorted = values.slice().sort();
      for (const rank of new Set([0, Math.floor(count / 3), count - 2, count - 1].filter((r) => r >= 0)))
        expect(orderStatistic(values, rank)).toBe(sorted[rank]);
      expect(values.sort()).toEqual(sorted);
    }
  });

  it('are found in values that are sorted already, and in what is no number', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => i);
    expect(orderStatistic(values.slice(), 10)).toBe(10);
    expect(orderStatistic(values.slice().reverse(), 10)).toBe(10);
    expect(orderStatistic(new Float64Array(9).fill(Number.NaN), 4)).toBeNaN();
  });
});

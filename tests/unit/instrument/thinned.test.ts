import { thinnedCoexpression } from '@spatile/instrument/judge/coexpression';
import type { MarkerFacts } from '@spatile/instrument/judge/marker-facts';
import { KEPT_SHARES, thinnedRates, thinnedTo } from '@spatile/instrument/judge/thinned';
import { describe, expect, it } from 'vitest';

/** Ten cells with one marker each, one with both; a marker counts twice. */
const facts = {
  markers: [
    { gene: 'a', type: 'A' },
    { gene: 'b', type: 'B' },
  ],
  ofPredicted: {
    start: Uint32Array.from([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    marker: Uint32Array.from([0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
    count: new Uint32Array(11).fill(2),
  },
} as unknown as MarkerFacts;

describe('co-expression by the share of transcripts kept', () => {
  const rates = thinnedRates(facts);

  it('is the rate itself when all are kept, and falls with every one that is not', () => {
    expect(rates.map(({ keep }) => keep)).toEqual([...KEPT_SHARES]);
    expect(rates[0].coexpression).toBeCloseTo(1 / 10, 14);
    for (let k = 1; k < rates.length; k++)
      expect(rates[k].coexpression!).toBeLessThan(rates[k - 1].coexpression!);
  });

  it('is read between the shares listed, and is 0 when nothing is kept', () => {
    for (const keep of [0.9, 0.5, 0.07, 0.005]) {
      const exact = thinnedCoexpression(facts.ofPredicted, facts.markers, keep)!;
      expect(Math.abs(thinnedTo(rates, keep)! - exact)).toBeLessThan(0.1 * exact + 1e-4);
    }
    expect(thinnedTo(rates, 1)).toBe(rates[0].coexpression);
    expect(thinnedTo(rates, 0.2)).toBe(rates.find(({ keep }) => keep === 0.2)!.coexpression);
    expect(thinnedTo(rates, 0)).toBe(0);
  });

  it('says nothing where nothing was judged', () => {
    expect(thinnedTo([], 0.5)).toBeNull();
    expect(thinnedTo([{ keep: 1, coexpression: null }], 0.5)).toBeNull();
  });
});

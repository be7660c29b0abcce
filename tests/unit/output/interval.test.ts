import { countInterval, normalInterval } from '@spatile/coordinator/output/interval';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Law of a sum of independent transcripts, by convolution. */
function poissonBinomial(ps: readonly number[]): number[] {
  let law = [1];
  for (const p of ps) {
    const next = new Array<number>(law.length + 1).fill(0);
    law.forEach((mass, k) => {
      next[k] += mass * (1 - p);
      next[k + 1] += mass * p;
    });
    law = next;
  }
  return law;
}

const moments = (ps: readonly number[]): [number, number] => [
  ps.reduce((sum, p) => sum + p, 0),
  ps.reduce((sum, p) => sum + p * (1 - p), 0),
];

describe('the interval of a count', () => {
  it('is that of a single transcript by its probability', () => {
    expect(countInterval(...moments([0.99]))).toEqual([1, 1]);
    expect(countInterval(...moments([0.5]))).toEqual([0, 1]);
    expect(countInterval(...moments([0.02]))).toEqual([0, 0]);
    expect(countInterval(0, 0)).toEqual([0, 0]);
    expect(countInterval(7, 0)).toEqual([7, 7]);
  });

  it('holds nearly 95 % of the law of any set of probabilities, and not much more than it must', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (ps) => {
          const law = poissonBinomial(ps);
          const [low, high] = countInterval(...moments(ps));
          const mass = law.slice(low, high + 1).reduce((sum, p) => sum + p, 0);
          expect(mass).toBeGreaterThan(0.93);
          // One step in at either end would leave hardly 97.5 %: the interval is tight.
          const inner = law.slice(low + 1, high).reduce((sum, p) => sum + p, 0);
          expect(inner).toBeLessThan(0.985);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stays within the number of transcripts, and is normal for many', () => {
    expect(countInterval(...moments(new Array(300).fill(0.5)))).toEqual([133, 167]);
    const [low, high] = normalInterval(100, 25);
    expect(low).toBeCloseTo(90.2, 2);
    expect(high).toBeCloseTo(109.8, 2);
    expect(normalInterval(1, 25)[0]).toBe(0);
  });
});

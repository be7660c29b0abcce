import { RandomStream } from '@spatile/random/stream';
import { effectiveSize, splitRHat } from '@spatile/worker/assign/proseg/convergence';
import { describe, expect, it } from 'vitest';

const noise = (n: number, item: number): number[] => {
  const stream = new RandomStream(1, 'convergence', item);
  return Array.from({ length: n }, () => stream.normal());
};

/** x[t] = rho x[t-1] + noise: its effective size is n (1 - rho) / (1 + rho). */
function autoregressive(n: number, rho: number, item: number): number[] {
  const out: number[] = [];
  for (const e of noise(n + 200, item)) out.push(rho * (out.at(-1) ?? 0) + e);
  return out.slice(200);
}

describe('effective sample size', () => {
  it('is near the length for independent draws and near theory for correlated ones', () => {
    for (const [rho, n] of [
      [0, 4000],
      [0.5, 4000],
      [0.9, 8000],
    ]) {
      const theory = (n * (1 - rho)) / (1 + rho);
      const found = effectiveSize(autoregressive(n, rho, 7));
      expect(found).toBeGreaterThan(0.7 * theory);
      expect(found).toBeLessThan(Math.min(n, 1.4 * theory) + 1);
    }
  });

  it('is the length of a constant, and never below one', () => {
    expect(effectiveSize([3, 3, 3, 3, 3])).toBe(5);
    expect(effectiveSize(Array.from({ length: 40 }, (_, i) => i))).toBeGreaterThanOrEqual(1);
    expect(effectiveSize(Array.from({ length: 40 }, (_, i) => i))).toBeLessThan(5);
    expect(effectiveSize([])).toBe(0);
  });
});

describe('split R-hat', () => {
  it('is near one for a settled series and large for a drifting one', () => {
    expect(splitRHat(noise(400, 3))).toBeLessThan(1.02);
    expect(splitRHat(noise(400, 3).map((e, i) => e + i / 50))).toBeGreaterThan(1.5);
  });

  it('is one where nothing can be told, and says so of a step', () => {
    expect(splitRHat([1, 2, 3])).toBe(1);
    expect(splitRHat([2, 2, 2, 2])).toBe(1);
    expect(splitRHat([1, 1, 5, 5])).toBe(Number.MAX_VALUE);
  });
});

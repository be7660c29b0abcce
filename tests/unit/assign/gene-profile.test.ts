import { ProfileProjection } from '@spatile/coordinator/assign/gene-profile';
import { describe, expect, it } from 'vitest';

const GENES = 400;
const profile = (shift: number): Float64Array =>
  Float64Array.from({ length: GENES }, (_, g) => ((g * 7 + shift) % 13) ** 2);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));
const logShares = (counts: Float64Array): Float64Array => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => Math.log1p((100 * count) / total));
};

describe('projected gene profiles', () => {
  const projection = new ProfileProjection(GENES, 3);

  it('lie about as far apart as the profiles themselves', () => {
    const ratios = [1, 2, 3, 4, 5, 6].map(
      (shift) =>
        distance(projection.project(profile(0)), projection.project(profile(shift))) /
        distance(logShares(profile(0)), logShares(profile(shift))),
    );
    for (const ratio of ratios) {
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(1.6);
    }
  });

  it('depend on shares, not on depth, and on the seed', () => {
    const twice = profile(0).map((count) => 2 * count);
    expect(distance(projection.project(twice), projection.project(profile(0)))).toBeLessThan(1e-9);
    expect([...new ProfileProjection(GENES, 3).project(profile(1))]).toEqual([
      ...projection.project(profile(1)),
    ]);
    expect([...new ProfileProjection(GENES, 4).project(profile(1))]).not.toEqual([
      ...projection.project(profile(1)),
    ]);
  });

  it('are zero without a transcript', () => {
    expect([...projection.project(new Float64Array(GENES))].every((value) => value === 0)).toBe(true);
  });
});

import {
  contamination,
  emptyComponentCounts,
  limitOf,
  nativeRatio,
  profilesOf,
  strayProbability,
  surroundings,
} from '@spatile/coordinator/assign/proseg/ambient';
import { describe, expect, it } from 'vitest';

/** Two components of 1,000 transcripts: gene 0 in both, gene 1 in the first alone, gene 2 in the second, gene 3 seen twice. */
function twoComponents() {
  const tally = emptyComponentCounts(2, 4);
  tally.counts.set([500, 498, 0, 2, 500, 0, 500, 0]);
  return profilesOf(tally);
}

describe('profiles of components', () => {
  it('are the shares of counts, drawn to the slide by two transcripts', () => {
    const { share, slide, weight } = twoComponents();
    expect(slide[0]).toBeCloseTo(0.5, 12);
    expect(slide[1]).toBeCloseTo(0.249, 12);
    expect([...weight]).toEqual([0.5, 0.5]);
    // 498 of 1,000 where 249 are expected.
    expect(share[1]).toBeCloseTo((0.249 * 500) / 251, 12);
    expect(share[4 + 1]).toBeCloseTo((0.249 * 2) / 251, 12);
  });

  it('make no difference where all components are alike', () => {
    const tally = emptyComponentCounts(3, 5);
    tally.counts.fill(40);
    const profiles = profilesOf(tally);
    const around = surroundings(Float64Array.of(7, 0, 9), profiles);
    for (let k = 0; k < 3; k++)
      for (let g = 0; g < 5; g++) expect(nativeRatio(profiles, k, g, around)).toBeCloseTo(1, 12);
  });
});

describe('the ratio of a transcript', () => {
  const profiles = twoComponents();
  const mixed = surroundings(Float64Array.of(100, 100), profiles);

  it('is low where the component lacks the gene, and not where it makes it', () => {
    expect(nativeRatio(profiles, 0, 2, mixed)).toBeLessThan(0.02);
    expect(nativeRatio(profiles, 1, 1, mixed)).toBeLessThan(0.02);
    expect(nativeRatio(profiles, 0, 1, mixed)).toBeGreaterThan(1.9);
    expect(nativeRatio(profiles, 0, 0, mixed)).toBeCloseTo(1, 2);
  });

  it('is kept near 1 for a gene that is hardly seen', () => {
    expect(nativeRatio(profiles, 1, 3, mixed)).toBeGreaterThan(0.6);
  });

  it('falls when the cells around make the gene more than the slide does', () => {
    const foreign = surroundings(Float64Array.of(0, 1000), profiles);
    const own = surroundings(Float64Array.of(1000, 0), profiles);
    expect(nativeRatio(profiles, 0, 2, foreign)).toBeLessThan(nativeRatio(profiles, 0, 2, own));
    // Never above what the slide says.
    expect(nativeRatio(profiles, 0, 2, own)).toBeCloseTo(profiles.share[2] / profiles.slide[2], 12);
  });

  it('is 1 for a gene without any transcript', () => {
    const tally = emptyComponentCounts(2, 2);
    tally.counts.set([5, 0, 5, 0]);
    const empty = profilesOf(tally);
    expect(nativeRatio(empty, 0, 1, surroundings(new Float64Array(2), empty))).toBe(1);
  });
});

describe('surroundings', () => {
  it('of a lonely cell are the slide', () => {
    const profiles = twoComponents();
    expect([...surroundings(new Float64Array(2), profiles)]).toEqual([0.5, 0.5]);
  });

  it('of an empty slide are nothing', () => {
    const nothing = profilesOf(emptyComponentCounts(2, 3));
    expect([...surroundings(new Float64Array(2), nothing)]).toEqual([0, 0]);
    expect(nativeRatio(nothing, 0, 0, new Float64Array(2))).toBe(1);
  });
});

describe('the probability to be a stray', () => {
  it('is a half at the limit and certain below half of it', () => {
    expect(strayProbability(0.4, 0.4)).toBe(0.5);
    expect(strayProbability(0.3, 0.4)).toBeCloseTo(2 / 3, 12);
    expect(strayProbability(0.2, 0.4)).toBe(1);
    expect(strayProbability(0, 0.4)).toBe(1);
  });
});

describe('contamination', () => {
  /** Ten components, each with ten genes of its own; a share `strayed` of what it holds comes from the slide at large. */
  function slide(strayed: number) {
    const tally = emptyComponentCounts(10, 100);
    for (let k = 0; k < 10; k++)
      for (let g = 0; g < 100; g++)
        tally.counts[k * 100 + g] =
          10_000 * (strayed / 100 + (Math.floor(g / 10) === k ? (1 - strayed) / 10 : 0));
    return tally;
  }

  it('is the share of strays', () => {
    for (const strayed of [0, 0.05, 0.2])
      expect(contamination(slide(strayed), profilesOf(slide(strayed)))).toBeCloseTo(strayed, 9);
  });

  it('is not guessed where genes are too thin to tell', () => {
    const thin = slide(0.2);
    thin.counts.forEach((n, i) => {
      thin.counts[i] = Math.round(n / 100);
    });
    expect(contamination(thin, profilesOf(thin))).toBe(0);
    const empty = emptyComponentCounts(2, 3);
    expect(contamination(empty, profilesOf(empty))).toBe(0);
  });

  it('raises the limit up to 0.7, and does not raise one of 0', () => {
    expect(limitOf(0, { ratio: 0.5, strayCost: 8 })).toBe(0.5);
    expect(limitOf(0.02, { ratio: 0.5, strayCost: 8 })).toBeCloseTo(0.66, 12);
    expect(limitOf(0.2, { ratio: 0.5, strayCost: 8 })).toBe(0.7);
    expect(limitOf(0.2, { ratio: 0.9, strayCost: 8 })).toBe(0.9);
    expect(limitOf(0.2, { ratio: 0, strayCost: 8 })).toBe(0);
  });
});

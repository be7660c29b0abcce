import {
  contamination,
  emptyComponentCounts,
  limitOf,
  profilesOf,
  specificProfiles,
} from '@spatile/coordinator/assign/proseg/ambient';
import { nativeRatio, strayProbability, surroundings } from '@spatile/worker/assign/proseg/strays/ratio';
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

describe('profiles of components on wide panels', () => {
  /** Eight components; every fifth gene is one's alone: 12 transcripts there, and 2 that strayed. The others are everywhere. */
  const tally = emptyComponentCounts(8, 400);
  for (let g = 0; g < 400; g++) {
    const own = Math.floor(g / 5) % 8;
    for (let k = 0; k < 8; k++)
      tally.counts[k * 400 + g] = g % 5 === 0 ? (k === own ? 12 : 0) : 1 + ((g + k) % 2);
    if (g % 5 === 0) for (const k of [1, 2]) tally.counts[((own + k) % 8) * 400 + g] = 1;
  }
  const mixed = surroundings(new Float64Array(8).fill(100), profilesOf(tally));

  it('tell on few transcripts what a component does not make, where many genes are like that', () => {
    const profiles = specificProfiles(tally);
    // Gene 0 is the first component's: what the second holds of it strayed, which its counts alone cannot tell.
    expect(nativeRatio(profilesOf(tally), 1, 0, mixed)).toBeGreaterThan(0.7);
    expect(nativeRatio(profiles, 1, 0, mixed)).toBeLessThan(0.5);
    expect(nativeRatio(profiles, 0, 0, mixed)).toBeGreaterThan(2);
    for (let g = 1; g < 5; g++) expect(nativeRatio(profiles, 1, g, mixed)).toBeGreaterThan(0.9);
  });

  it('are shares with the slide and the sizes of components beside them', () => {
    const { share, slide, weight } = specificProfiles(tally);
    for (let k = 0; k < 8; k++)
      expect(share.subarray(k * 400, (k + 1) * 400).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    expect(slide).toEqual(profilesOf(tally).slide);
    expect(weight).toEqual(profilesOf(tally).weight);
  });

  it('may be of nothing', () => {
    expect(specificProfiles(emptyComponentCounts(3, 5)).share.some(Number.isNaN)).toBe(false);
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

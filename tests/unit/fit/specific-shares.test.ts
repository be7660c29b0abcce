import { specificShares } from '@spatile/coordinator/assign/proseg/specific-shares';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const KINDS = 8;
const PER_KIND = 40;
const COMMON = 4000;
const GENES = KINDS * PER_KIND + COMMON;
/** Transcripts that a gene has on average, and the part of a marker's that lie in cells of its kind. */
const DEPTH = 8;
const AT_HOME = 0.8;

/** Markers of kind t are the genes t * 40 and on; all others are alike in all kinds. */
function panel(seed: number): { counts: Float64Array; slide: Float64Array } {
  const stream = new RandomStream(seed, 'specific');
  const counts = new Float64Array(GENES * KINDS);
  const slide = new Float64Array(GENES);
  for (let g = 0; g < GENES; g++) {
    const n = stream.poisson(DEPTH);
    const home = Math.floor(g / PER_KIND);
    for (let i = 0; i < n; i++) {
      const kind = home < KINDS && stream.uniform() < AT_HOME ? home : stream.integer(KINDS);
      counts[g * KINDS + kind]++;
    }
    slide[g] = n + 0.5;
  }
  const total = slide.reduce((sum, n) => sum + n, 0);
  return { counts, slide: slide.map((n) => n / total) };
}

describe('shares of genes by kind, by empirical Bayes', () => {
  const { counts, slide } = panel(3);
  const share = specificShares(counts, slide, KINDS);
  const fold = (g: number, t: number): number => share[g * KINDS + t] / slide[g];

  it('sum to 1 by kind and are above 0', () => {
    for (let t = 0; t < KINDS; t++) {
      let sum = 0;
      for (let g = 0; g < GENES; g++) sum += share[g * KINDS + t];
      expect(sum).toBeCloseTo(1, 12);
    }
    expect(share.every((value) => value > 0)).toBe(true);
  });

  it('take a gene that one kind holds for its marker on a few transcripts', () => {
    let [own, foreign] = [0, 0];
    for (let g = 0; g < KINDS * PER_KIND; g++)
      for (let t = 0; t < KINDS; t++) {
        if (Math.floor(g / PER_KIND) === t) own += fold(g, t) / (KINDS * PER_KIND);
        else foreign += fold(g, t) / (KINDS * PER_KIND * (KINDS - 1));
      }
    expect(own).toBeGreaterThan(4.5);
    expect(foreign).toBeLessThan(0.5);
  });

  it('leave genes alike that chance alone has spread unevenly', () => {
    let counted = 0;
    let spread = 0;
    for (let g = KINDS * PER_KIND; g < GENES; g++)
      for (let t = 0; t < KINDS; t++) {
        spread += (fold(g, t) - 1) ** 2 / (COMMON * KINDS);
        counted += (counts[g * KINDS + t] - DEPTH / KINDS) ** 2 / (DEPTH / KINDS) ** 2 / (COMMON * KINDS);
      }
    expect(counted).toBeGreaterThan(0.9);
    expect(spread).toBeLessThan(0.05);
  });

  it('find no markers on a panel that has none', () => {
    const from = KINDS * PER_KIND;
    const total = slide.subarray(from).reduce((sum, n) => sum + n, 0);
    const alone = specificShares(
      counts.slice(from * KINDS),
      slide.slice(from).map((n) => n / total),
      KINDS,
    );
    let most = 0;
    for (let i = 0; i < alone.length; i++)
      most = Math.max(most, (alone[i] * total) / slide[from + Math.floor(i / KINDS)]);
    expect(most).toBeLessThan(2);
  });

  it('follow counts where there are many', () => {
    const many = Float64Array.of(9000, 1000, 1000, 9000);
    const found = specificShares(many, Float64Array.of(0.5, 0.5), 2);
    expect(found[0]).toBeCloseTo(0.9, 2);
    expect(found[1]).toBeCloseTo(0.1, 2);
  });

  it('take genes without transcripts and kinds without cells', () => {
    const found = specificShares(Float64Array.of(5, 0, 0, 0, 3, 0), Float64Array.of(0.6, 0.1, 0.3), 2);
    expect(found.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    expect(specificShares(new Float64Array(4), Float64Array.of(0.5, 0.5), 2).every(Number.isFinite)).toBe(
      true,
    );
  });
});

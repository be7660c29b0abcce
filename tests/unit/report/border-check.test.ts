import { describe, expect, it } from 'vitest';
import {
  borderProfile,
  borderVerdict,
  checkBorders,
  signedPercent,
} from '../../../coordinator/src/report/border-check.ts';
import type { CellColumns } from '../../../coordinator/src/report/slide.ts';
import { median, medianInterval, quantile } from '../../../coordinator/src/report/statistics.ts';

/** A repeatable spread between 0 and 1. */
const spread = (i: number): number => ((i * 7919) % 1009) / 1009;

/** Cells at all distances up to 120 um; `near` changes the transcripts of those nearer than 30 um. */
function cellsWith(n: number, near: (transcripts: number) => number): CellColumns {
  const borderUm = Float64Array.from({ length: n }, (_, i) => ((i * 37) % 120) + 0.5);
  const column = (value: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => value(i));
  return {
    id: Array.from({ length: n }, (_, i) => `cell-${i}`),
    x: column(() => 0),
    y: column(() => 0),
    areaUm2: column((i) => 80 + 40 * spread(i + 3)),
    transcripts: column((i) => {
      const value = Math.round(80 + 40 * spread(i));
      return borderUm[i] < 30 ? near(value) : value;
    }),
    genes: column(() => 30),
    prior: column(() => 0),
    confidence: column((i) => 0.8 + 0.1 * spread(i + 11)),
    borderUm,
    boundary: null,
  };
}

describe('medians', () => {
  it('of known values, with the ranks of the binomial', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    // Conover: for n = 100 the 95 % interval runs from the 40th to the 61st value.
    expect(medianInterval(values)).toEqual({ n: 100, median: 50.5, low: 40, high: 61 });
    expect(values[0]).toBe(100);
    expect(medianInterval(Float64Array.of(...values, Number.NaN))?.n).toBe(100);
    expect(medianInterval(values.subarray(0, 19))).toBe(null);
  });

  it('hold the true median in 95 of 100 samples', () => {
    // Samples of 41 from a uniform spread with the median 0.5, by a small linear congruential generator.
    let state = 12345;
    const next = (): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 2147483648;
    };
    let held = 0;
    for (let sample = 0; sample < 1000; sample++) {
      const { low, high } = medianInterval(Float64Array.from({ length: 41 }, next))!;
      if (low <= 0.5 && high >= 0.5) held++;
    }
    expect(held).toBeGreaterThan(930);
    expect(held).toBeLessThan(985);
  });

  it('and quantiles by interpolation', () => {
    expect(quantile(Float64Array.of(1, 2, 4), 0.75)).toBe(3);
    expect(median(Float64Array.of(9, 1))).toBe(5);
    expect(quantile(new Float64Array(0), 0.5)).toBe(Number.NaN);
  });
});

describe('borders', () => {
  it('without a difference are cleared when there are cells enough', () => {
    const measures = checkBorders(cellsWith(6000, (n) => n));
    expect(measures.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['transcripts per cell', 'same'],
      ['area', 'same'],
      ['confidence', 'same'],
    ]);
    expect(measures[0].near.n + measures[0].inner.n).toBe(6000);
    expect(borderVerdict(measures)).toMatch(/^No seam/);
  });

  it('where cells lose a fifth of their transcripts are found', () => {
    const measures = checkBorders(cellsWith(6000, (n) => Math.round(n * 0.8)));
    expect(measures[0]).toMatchObject({ verdict: 'different', difference: expect.closeTo(-0.2, 1) });
    expect(measures[0].high).toBeLessThan(-0.15);
    expect(borderVerdict(measures)).toMatch(
      /differ from the others: transcripts per cell by −(19|20)\.\d %\./,
    );
  });

  it('with a difference of two per cent are not called a seam', () => {
    const measures = checkBorders(cellsWith(60_000, (n) => n * 1.02));
    expect(measures[0].low).toBeGreaterThan(0);
    expect(measures[0].verdict).toBe('same');
  });

  it('with few cells are left open', () => {
    const measures = checkBorders(cellsWith(90, (n) => n));
    expect(borderVerdict(measures)).toMatch(/too few cells to rule one out/);
    expect(checkBorders(cellsWith(60, (n) => n))).toEqual([]);
  });

  it('leave cells without transcripts out of confidence, and a median of 0 out altogether', () => {
    const none = checkBorders(cellsWith(6000, () => 0));
    expect(none.find(({ name }) => name === 'confidence')).toBe(undefined);
    const cells = cellsWith(6000, (n) => n);
    cells.transcripts.fill(0);
    expect(checkBorders(cells).map(({ name }) => name)).toEqual(['area']);
  });

  it('are followed in steps of distance', () => {
    const cells = cellsWith(6000, (n) => n / 2);
    const steps = borderProfile(cells, cells.transcripts);
    expect(steps.map(({ fromUm }) => fromUm)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(steps[2].median).toBeLessThan(60);
    expect(steps[3].median).toBeGreaterThan(90);
  });

  it('say shares with their sign', () => {
    expect([0.0123, -0.03, 0.0001, -0.0001].map(signedPercent)).toEqual([
      '+1.2 %',
      '−3.0 %',
      '0.0 %',
      '0.0 %',
    ]);
  });
});

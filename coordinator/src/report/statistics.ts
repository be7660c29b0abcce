/** Medians and quantiles with intervals that assume nothing about the distribution. */

export interface MedianInterval {
  n: number;
  median: number;
  /** 95 % confidence interval of the median. */
  low: number;
  high: number;
}

/** Below this number of values the interval of a median is not worth showing. */
const FEWEST_VALUES = 20;

/** 97.5th percentile of the standard normal distribution. */
const Z = 1.959964;

/**
 * Median with the interval between two order statistics (Conover, Practical Nonparametric Statistics, 3rd ed., 3.2; normal
 * approximation of the binomial). Null below `FEWEST_VALUES`. `values` is not changed; NaN is left out.
 */
export function medianInterval(values: Float64Array): MedianInterval | null {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const n = sorted.length;
  if (n < FEWEST_VALUES) return null;
  const reach = (Z * Math.sqrt(n)) / 2;
  return {
    n,
    median: quantile(sorted, 0.5),
    low: sorted[Math.max(0, Math.floor(n / 2 - reach) - 1)],
    high: sorted[Math.min(n - 1, Math.ceil(n / 2 + reach))],
  };
}

/** Quantile of ascending values by linear interpolation (type 7 of Hyndman and Fan 1996); NaN of none. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median; NaN of none. */
export const median = (values: Float64Array): number => quantile(values.slice().sort(), 0.5);

/** How well a short chain has mixed, from series of numbers of its recorded samples. Arithmetic and square roots only. */

/**
 * Effective sample size of a series: its length over the integrated autocorrelation time, by the initial monotone sequence
 * (Geyer, Statistical Science 7:473, 1992). From 1 to the length; the length for a series that never changes.
 */
export function effectiveSize(series: ArrayLike<number>): number {
  const n = series.length;
  const { mean, variance } = momentsOf(series, 0, n);
  if (n < 4 || variance === 0) return n;
  const correlation = (lag: number): number => {
    let sum = 0;
    for (let i = 0; i + lag < n; i++) sum += (series[i] - mean) * (series[i + lag] - mean);
    return sum / (n * variance);
  };
  let time = -1;
  let last = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < n; lag += 2) {
    const pair = Math.min(last, correlation(lag) + correlation(lag + 1));
    if (pair <= 0) break;
    time += 2 * pair;
    last = pair;
  }
  return Math.min(n, Math.max(1, n / Math.max(time, 1e-9)));
}

/**
 * Split R-hat: the spread of the first and second half together against the spread within them; 1 for a series that has settled,
 * larger for one that drifts (Gelman et al., Bayesian Data Analysis, 3rd ed., 11.4). 1 below four values and for a constant.
 */
export function splitRHat(series: ArrayLike<number>): number {
  const half = Math.floor(series.length / 2);
  if (half < 2) return 1;
  const first = momentsOf(series, 0, half);
  const second = momentsOf(series, series.length - half, series.length);
  const bessel = half / (half - 1);
  const within = (bessel * (first.variance + second.variance)) / 2;
  const between = (half * (first.mean - second.mean) ** 2) / 2;
  if (within === 0) return between === 0 ? 1 : Number.MAX_VALUE;
  return Math.sqrt((half - 1) / half + between / (half * within));
}

/** Mean and (biased) variance of the entries from..to. */
function momentsOf(series: ArrayLike<number>, from: number, to: number): { mean: number; variance: number } {
  let sum = 0;
  for (let i = from; i < to; i++) sum += series[i];
  const mean = sum / Math.max(1, to - from);
  let squares = 0;
  for (let i = from; i < to; i++) squares += (series[i] - mean) ** 2;
  return { mean, variance: squares / Math.max(1, to - from) };
}

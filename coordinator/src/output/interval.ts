/** Half-width of a central 95 % interval in standard deviations of a normal law. */
const Z95 = 1.959963984540054;
/** Above so many transcripts the normal law is used. */
const MOST_EXACT = 200;

/** Central 95 % interval of a sum with this mean and variance, normal, not below 0. */
export function normalInterval(mean: number, variance: number): [low: number, high: number] {
  const half = Z95 * Math.sqrt(variance);
  return [Math.max(0, mean - half), mean + half];
}

/**
 * Central 95 % interval, in whole transcripts, of a sum of independent transcripts with this mean and variance (a
 * Poisson-binomial law), by the binomial law with the same mean and nearly the same variance; exact where all probabilities
 * are equal, so for one transcript. At least 2.5 % of the law lies at or below `low` and at or above `high`.
 */
export function countInterval(mean: number, variance: number): [low: number, high: number] {
  if (!(mean > 0)) return [0, 0];
  // Rounded up, so that the variance of the law is not below the true one.
  const draws = Math.ceil(Math.max(mean, (mean * mean) / Math.max(mean - variance, 1e-9)) - 1e-4);
  if (draws > MOST_EXACT) {
    const [low, high] = normalInterval(mean, variance);
    return [Math.floor(low), Math.ceil(high)];
  }
  const p = Math.min(1, mean / draws);
  // The law of what is missing when p is large, so that the first probability is never too small for a double.
  const [low, high] = p <= 0.5 ? quantiles(draws, p) : quantiles(draws, 1 - p);
  return p <= 0.5 ? [low, high] : [draws - high, draws - low];
}

/** Quantiles at 2.5 and 97.5 % of a binomial law with p <= 0.5. */
function quantiles(draws: number, p: number): [low: number, high: number] {
  let probability = 1;
  for (let k = 0; k < draws; k++) probability *= 1 - p;
  let below = 0;
  let low = -1;
  for (let k = 0; k < draws; k++) {
    below += probability;
    if (low < 0 && below > 0.025) low = k;
    if (below >= 0.975) return [low, k];
    probability *= ((draws - k) * p) / ((k + 1) * (1 - p));
  }
  return [low < 0 ? draws : low, draws];
}

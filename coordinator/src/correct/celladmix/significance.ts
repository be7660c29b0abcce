import { exp } from '@spatile/random/elementary';

/** Least number of differences for which the normal law is used (as in R's wilcox.test). */
const NORMAL_FROM = 50;

/** Upper tail of the standard normal law (error below 1e-12 relative): a series near 0, a continued fraction beyond. */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const density = exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 200 && term > 1e-17 * sum; n++) {
      term *= (z * z) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / fraction;
  return density / fraction;
}

/**
 * One-sided signed-rank test of Wilcoxon: the probability of ranks as high as those of the positive differences, were the
 * differences symmetric around 0. Zeros are left out; exact below 50 differences without ties, else by the normal law with
 * corrections for ties and continuity (as R's wilcox.test). 1 for no differences.
 */
export function signedRankTest(differences: readonly number[]): number {
  const d = differences.filter((x) => x !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = d.length;
  if (n === 0) return 1;
  let statistic = 0;
  let ties = 0;
  for (let i = 0, end = 0; i < n; i = end) {
    while (end < n && Math.abs(d[end]) === Math.abs(d[i])) end++;
    const rank = (i + 1 + end) / 2;
    const tied = end - i;
    ties += tied * tied * tied - tied;
    for (let j = i; j < end; j++) if (d[j] > 0) statistic += rank;
  }
  if (ties === 0 && n < NORMAL_FROM && n === differences.length) return exactTail(statistic, n);
  const mean = (n * (n + 1)) / 4;
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  return normalUpperTail((statistic - mean - 0.5) / Math.sqrt(variance));
}

/** Probability of a signed-rank sum of at least `statistic` among n. */
function exactTail(statistic: number, n: number): number {
  const most = (n * (n + 1)) / 2;
  const ways = new Float64Array(most + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++)
    for (let sum = most; sum >= rank; sum--) ways[sum] += ways[sum - rank];
  let tail = 0;
  for (let sum = statistic; sum <= most; sum++) tail += ways[sum];
  return tail / 2 ** n;
}

/** False discovery rate at which each hypothesis would be rejected (Benjamini and Hochberg 1995). */
export function falseDiscoveryRates(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b] - p[a]);
  const out = new Array<number>(p.length);
  let least = 1;
  order.forEach((i, at) => {
    least = Math.min(least, (p[i] * p.length) / (p.length - at));
    out[i] = least;
  });
  return out;
}

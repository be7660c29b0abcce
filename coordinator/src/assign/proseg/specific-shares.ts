import { exp, lnGamma } from '@spatile/random/elementary';

/**
 * How far genes may differ between kinds: sums of the parameters of Dirichlet laws around the kinds' sizes. At 0.3 nearly all of
 * a gene is one kind's, at 1,000 kinds hold it alike.
 */
const CONCENTRATIONS = [0.3, 1, 3, 10, 30, 100, 1000];
/** Steps of EM for how many genes there are of each. */
const STEPS = 20;
/** Fewer transcripts than this are none. */
const NONE = 1e-6;
/** No concentration is ever ruled out. */
const LEAST_WEIGHT = 1e-6;

/**
 * Shares of genes by kind (genes x kinds, columns sum to 1) from counts of the same shape, by empirical Bayes: how the
 * transcripts of a gene are split among kinds has a Dirichlet law around the sizes of the kinds, whose concentration is one of
 * seven; how many genes have which comes from the counts of all genes. A gene that a single kind holds is so taken for its
 * marker on a few transcripts where the panel has markers, and one that all hold is not taken for different because of two
 * more or less. The sum over kinds is the gene's share of the slide (`slide`).
 */
export function specificShares(counts: Float64Array, slide: Float64Array, kinds: number): Float64Array {
  const width = CONCENTRATIONS.length;
  const size = kindSizes(counts, kinds);
  const posterior = concentrations(counts, size, slide.length);
  const out = new Float64Array(counts.length);
  const total = new Float64Array(kinds);
  for (let g = 0; g < slide.length; g++) {
    const n = sumOf(counts, g, kinds);
    for (let t = 0; t < kinds; t++) {
      let mean = 0;
      for (let k = 0; k < width; k++) {
        const a = CONCENTRATIONS[k];
        mean += (posterior[g * width + k] * (counts[g * kinds + t] + a * size[t])) / (n + a);
      }
      out[g * kinds + t] = (mean * slide[g]) / size[t];
      total[t] += out[g * kinds + t];
    }
  }
  for (let i = 0; i < out.length; i++) if (out[i] > 0) out[i] /= total[i % kinds];
  return out;
}

/** Share of all transcripts by kind, above 0. */
function kindSizes(counts: Float64Array, kinds: number): Float64Array {
  const size = new Float64Array(kinds).fill(1);
  for (let i = 0; i < counts.length; i++) size[i % kinds] += counts[i];
  const total = size.reduce((sum, n) => sum + n, 0);
  return size.map((n) => n / total);
}

/** Probability of every concentration for every gene, genes x concentrations. */
function concentrations(counts: Float64Array, size: Float64Array, genes: number): Float64Array {
  const width = CONCENTRATIONS.length;
  const likelihood = new Float64Array(genes * width);
  const none = CONCENTRATIONS.map((a) => size.map((share) => lnGamma(a * share)));
  for (let g = 0; g < genes; g++) {
    const row = likelihood.subarray(g * width, (g + 1) * width);
    fillLikelihoods(row, counts.subarray(g * size.length, (g + 1) * size.length), size, none);
  }
  const weight = new Float64Array(width).fill(1 / width);
  const posterior = new Float64Array(likelihood.length);
  for (let step = 0; step < STEPS; step++) {
    const sums = new Float64Array(width);
    for (let g = 0; g < genes; g++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += posterior[g * width + k] = weight[k] * likelihood[g * width + k];
      for (let k = 0; k < width; k++) sums[k] += posterior[g * width + k] /= sum;
    }
    for (let k = 0; k < width; k++) weight[k] = Math.max(LEAST_WEIGHT, sums[k] / genes);
  }
  return posterior;
}

/** Dirichlet-multinomial likelihoods of a gene's counts by concentration, up to a common factor: the largest is 1. */
function fillLikelihoods(
  row: Float64Array,
  counts: Float64Array,
  size: Float64Array,
  none: readonly Float64Array[],
): void {
  const n = counts.reduce((sum, count) => sum + count, 0);
  CONCENTRATIONS.forEach((a, k) => {
    let value = lnGamma(a) - lnGamma(n + a);
    for (let t = 0; t < size.length; t++)
      if (counts[t] > NONE) value += lnGamma(counts[t] + a * size[t]) - none[k][t];
    row[k] = value;
  });
  const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
  for (let k = 0; k < row.length; k++) row[k] = exp(row[k] - most);
}

function sumOf(counts: Float64Array, gene: number, kinds: number): number {
  let sum = 0;
  for (let t = 0; t < kinds; t++) sum += counts[gene * kinds + t];
  return sum;
}

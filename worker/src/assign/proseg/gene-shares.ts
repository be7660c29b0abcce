import type { Sampler } from './sampler.ts';

/** How often cells of each component hold each gene, by the frozen globals. */
export interface GeneShares {
  components: number;
  /** Row-major genes x components; sums to 1 over genes. */
  share: Float64Array;
  /** Natural logarithm of it. */
  logShare: Float64Array;
  /** Share of each gene among the transcripts of all cells. */
  slide: Float64Array;
}

/** A gene counts as at least this share of an average one, so that a component's silence is never certain. */
const LEAST = 1e-3;

/**
 * Expected expression by component: mean loading r s of the gamma prior, through the gene loadings where genes are factored.
 * The slide's mixture weighs components by their cells and typical volumes.
 */
export function geneShares({ bound, task }: Sampler): GeneShares {
  const { model, globals } = task;
  const { genes, components, privateGenes, factors } = model;
  const { r, s, theta, pi, mu } = globals!;
  const { exp, ln } = bound.kernel;
  const width = privateGenes + factors;
  const share = new Float64Array(genes * components);
  const weight = new Float64Array(components);
  for (let t = 0; t < components; t++) {
    const mean = (k: number): number => r[t * width + k] * s[t * width + k];
    let total = 0;
    for (let g = 0; g < genes; g++) {
      let rate = 0;
      if (g < privateGenes) rate = mean(g);
      else
        for (let k = 0; k < factors; k++)
          rate += mean(privateGenes + k) * theta[(g - privateGenes) * factors + k];
      share[g * components + t] = rate;
      total += rate;
    }
    const least = (LEAST * total) / genes;
    let sum = 0;
    for (let g = 0; g < genes; g++) {
      share[g * components + t] += least;
      sum += share[g * components + t];
    }
    for (let g = 0; g < genes; g++) share[g * components + t] /= sum;
    weight[t] = pi[t] * exp(mu[t]) * total;
  }
  const all = weight.reduce((sum, w) => sum + w, 0);
  const slide = new Float64Array(genes);
  for (let g = 0; g < genes; g++)
    for (let t = 0; t < components; t++) slide[g] += (weight[t] / all) * share[g * components + t];
  return { components, share, logShare: share.map(ln), slide };
}

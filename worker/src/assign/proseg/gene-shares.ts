import type { Sampler } from './sampler.ts';

/** How often cells of each kind hold each gene, by the frozen globals. */
export interface GeneShares {
  components: number;
  /** Row-major genes x components; sums to 1 over genes. */
  share: Float64Array;
  /** Natural logarithm of it. */
  logShare: Float64Array;
  /** Share of each gene among the transcripts of all cells. */
  slide: Float64Array;
}

/** A gene counts as at least this share of an average one, so that a kind's silence is never certain. */
const LEAST = 1e-3;

/**
 * Expected expression by kind: what the kinds of the fit make, or without those what the components of the sampler hold.
 * The slide's mixture weighs components by their cells and typical volumes.
 */
export function geneShares(sampler: Sampler): GeneShares {
  const { bound, task } = sampler;
  const { genes, components } = task.model;
  const { pi, mu, kinds } = task.globals!;
  const { exp, ln } = bound.kernel;
  const held = heldRates(sampler);
  const weight = totals(held, components).map((total, t) => pi[t] * exp(mu[t]) * total);
  const ofComponents = sharesOf(held, components);
  const all = weight.reduce((sum, w) => sum + w, 0);
  const slide = new Float64Array(genes);
  for (let g = 0; g < genes; g++)
    for (let t = 0; t < components; t++) slide[g] += (weight[t] / all) * ofComponents[g * components + t];
  const share = kinds === undefined ? ofComponents : sharesOf(Float64Array.from(kinds), components);
  return { components, share, logShare: share.map(ln), slide };
}

/** Mean loading r s of the gamma prior, through the gene loadings where genes are factored; genes x components. */
function heldRates({ task }: Sampler): Float64Array {
  const { genes, components, privateGenes, factors } = task.model;
  const { r, s, theta } = task.globals!;
  const width = privateGenes + factors;
  const rates = new Float64Array(genes * components);
  for (let t = 0; t < components; t++) {
    const mean = (k: number): number => r[t * width + k] * s[t * width + k];
    for (let g = 0; g < genes; g++) {
      let rate = 0;
      if (g < privateGenes) rate = mean(g);
      else
        for (let k = 0; k < factors; k++)
          rate += mean(privateGenes + k) * theta[(g - privateGenes) * factors + k];
      rates[g * components + t] = rate;
    }
  }
  return rates;
}

/** Columns divided by their sums, `LEAST` included. */
function sharesOf(rates: Float64Array, components: number): Float64Array {
  const genes = rates.length / components;
  const total = totals(rates, components);
  return rates.map(
    (rate, i) => (rate + (LEAST * total[i % components]) / genes) / (total[i % components] * (1 + LEAST)),
  );
}

function totals(rates: Float64Array, components: number): Float64Array {
  const total = new Float64Array(components);
  for (let i = 0; i < rates.length; i++) total[i % components] += rates[i];
  return total;
}

import type { Profiles } from '@spatile/formats/tile/strays';

/** Transcripts of an average cell of the slide that are added to the surroundings of every cell. */
const SLIDE_WEIGHT = 20;

/** Weights of the components in the surroundings of a cell; `around` holds transcripts by component and is not changed. */
export function surroundings(around: Float64Array, { weight }: Profiles): Float64Array {
  const mix = around.map((n, k) => n + SLIDE_WEIGHT * weight[k]);
  const total = mix.reduce((sum, n) => sum + n, 0);
  return total === 0 ? mix : mix.map((n) => n / total);
}

/**
 * How many times as often cells of a component hold a gene as the slide does, or as the cells around do, whichever is less;
 * 1 = no less than elsewhere can tell. A transcript that its cell made comes with about its own share; one that strayed in
 * from neighbours or from what drifts over the slide comes with theirs, so a low ratio says that it strayed.
 */
export function nativeRatio(
  profiles: Profiles,
  component: number,
  gene: number,
  around: Float64Array,
): number {
  const { components, genes, share, slide } = profiles;
  let local = 0;
  for (let k = 0; k < components; k++) local += around[k] * share[k * genes + gene];
  const most = Math.max(local, slide[gene]);
  return most > 0 ? share[component * genes + gene] / most : 1;
}

/**
 * Probability that a transcript with this ratio strayed in, given that transcripts of a gene that the component does not
 * make at all come with a ratio of `limit / 2`: then a half at `limit`.
 */
export function strayProbability(ratio: number, limit: number): number {
  return Math.min(1, limit / (2 * Math.max(ratio, 1e-9)));
}

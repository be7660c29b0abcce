import { RandomStream } from '@spatile/random/stream';

const EPSILON = 1e-10;

/** How one cell is purified. */
export interface Purification {
  /** Row of `shares` that stays. */
  primary: number;
  /** Types in the mixture with weights that sum to 1. */
  types: readonly number[];
  weights: readonly number[];
}

/** What decides the share of a count, beside the cell. */
export interface Rates {
  /** Mean expression shares of the reference, types x `genes`. */
  shares: Float64Array;
  genes: number;
  /** Gene of the reference of each gene of the table; -1 when it has none. */
  sharedOf: Int32Array;
  /** Counts of genes that no involved type expresses: kept, or split evenly among the types as the original does. */
  unreferencedGenes: 'keep' | 'split-like';
}

/**
 * Share of a gene's counts that belongs to the primary type of a cell (SPLIT, Bilous et al., Nat Methods 2026).
 * @returns in [0, 1].
 */
export function primaryShare({ primary, types, weights }: Purification, gene: number, rates: Rates): number {
  const shared = rates.sharedOf[gene];
  let own = 0;
  let all = 0;
  if (shared >= 0) {
    for (let t = 0; t < types.length; t++) {
      const expected = weights[t] * rates.shares[types[t] * rates.genes + shared];
      all += expected;
      if (types[t] === primary) own += expected;
    }
  }
  if (all === 0 && rates.unreferencedGenes === 'keep') return 1;
  return Math.min(1, (own + EPSILON / types.length) / (all + EPSILON));
}

/** Types with a positive weight, weights rescaled to sum 1; null when there is no more than one. */
export function mixtureOf(
  primary: number,
  candidates: ArrayLike<number>,
  given: ArrayLike<number>,
): Purification | null {
  const types: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < candidates.length; i++) {
    if (!(given[i] > 0)) continue;
    types.push(candidates[i]);
    weights.push(given[i]);
  }
  if (types.length < 2) return null;
  const sum = weights.reduce((a, b) => a + b, 0);
  return { primary, types, weights: weights.map((w) => w / sum) };
}

/**
 * A fraction of a count such that fraction and rest are both exact in 32-bit floats and add up to the count.
 * @param count 0 < count < 2^24; @param share in [0, 1].
 */
export function exactPart(count: number, share: number): number {
  const quantum = 2 ** (31 - Math.clz32(count) - 23);
  return Math.round((count * share) / quantum) * quantum;
}

/** Whole counts drawn for a cell: each transcript stays with the probability of its share. */
export function drawnPart(count: number, share: number, seed: number, row: number, gene: number): number {
  return new RandomStream(seed, 'correct.split', row, gene).binomial(count, share);
}

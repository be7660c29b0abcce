import { ln } from '@spatile/random/elementary';

const EPSILON = 1e-9;

/** What makes a gene tell a type from the others, and how often the slide must hold it. */
export interface GeneRule {
  /** Least ln of the ratio of its share in a type to the mean share in the others. */
  foldChange: number;
  /** Least share in that type. */
  share: number;
  /** Least transcripts on the slide. */
  minTotal: number;
}

/**
 * Genes that mark at least one type (ascending): the rule of RCTD (Cable et al. 2022), which knows one list for the
 * platform effect and a shorter one for everything per cell.
 * @param shares mean expression shares, types x genes.
 * @param total transcripts of each gene on the slide.
 * @param listable 1 for genes that may mark a type at all, however low `minTotal` is.
 */
export function informativeGenes(
  shares: Float64Array,
  types: number,
  total: ArrayLike<number>,
  listable: ArrayLike<number>,
  { foldChange, share, minTotal }: GeneRule,
): Int32Array {
  const genes = total.length;
  const chosen: number[] = [];
  for (let j = 0; j < genes; j++) {
    if (listable[j] === 0 || total[j] < minTotal) continue;
    let sum = 0;
    for (let k = 0; k < types; k++) sum += shares[k * genes + j];
    for (let k = 0; k < types; k++) {
      const own = shares[k * genes + j];
      const others = (sum - own) / (types - 1);
      if (own > share && ln(own + EPSILON) - ln(Math.max(0, others) + EPSILON) > foldChange) {
        chosen.push(j);
        break;
      }
    }
  }
  return Int32Array.from(chosen);
}

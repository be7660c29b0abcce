import { ln } from '@spatile/random/elementary';
import type { GroupedRows } from '../contingency.ts';
import type { Truth } from '../truth.ts';

/** Cells with fewer transcripts are of no type. */
const MIN_TRANSCRIPTS = 10;
/** Share of the mean profile mixed into each, so that one stray transcript does not rule a type out. */
const MIXED_IN = 0.05;
/** Least share: a gene that no type expresses says nothing. */
const LEAST = 1e-9;

/** Types of cells by true cell 1..n, entry 0 unused; indices into the truth's `types`. */
export interface TypeCalls {
  types: readonly string[];
  /** -1 = not judged: too few transcripts. */
  truth: Int32Array;
  /** From the transcripts of the matched cell; -1 = no matched cell, or not judged. */
  called: Int32Array;
  /** From the cell's own transcripts: what the best segmentation could reach. -1 = not judged. */
  ceiling: Int32Array;
}

/**
 * Calls the type of each true cell of at least 10 transcripts, and of its match, by the largest multinomial likelihood of
 * their counts under the expected profiles (each with 5 % of the mean of all). Null where the truth has no profiles.
 */
export function callTypes(
  truth: Truth,
  trueRows: GroupedRows,
  predictedRows: GroupedRows,
  match: Uint32Array,
): TypeCalls | null {
  if (truth.profiles === null) return null;
  const caller = new TypeCaller(truth.profiles, truth.genes, truth.types.length, truth.feature);
  const none = () => new Int32Array(match.length).fill(-1);
  const calls = { types: truth.types, truth: none(), called: none(), ceiling: none() };
  for (let t = 1; t < match.length; t++) {
    if (trueRows.start[t + 1] - trueRows.start[t] < MIN_TRANSCRIPTS) continue;
    calls.truth[t] = truth.typeOf[t - 1];
    calls.ceiling[t] = caller.call(trueRows, t);
    if (match[t] > 0) calls.called[t] = caller.call(predictedRows, match[t]);
  }
  return calls;
}

class TypeCaller {
  readonly #types: number;
  readonly #gene: ArrayLike<number>;
  /** ln of the share of gene g in type k at `g * types + k`. */
  readonly #logShare: Float64Array;
  readonly #score: Float64Array;

  constructor(profiles: Float64Array, genes: number, types: number, gene: ArrayLike<number>) {
    this.#types = types;
    this.#gene = gene;
    this.#logShare = new Float64Array(profiles.length);
    this.#score = new Float64Array(types);
    for (let g = 0; g < genes; g++) {
      const row = profiles.subarray(g * types, (g + 1) * types);
      const mean = row.reduce((sum, share) => sum + share, 0) / types;
      row.forEach((share, k) => {
        this.#logShare[g * types + k] = ln(Math.max(LEAST, (1 - MIXED_IN) * share + MIXED_IN * mean));
      });
    }
  }

  /** The most likely type of a group of rows; the first of equal ones. */
  call({ order, start }: GroupedRows, label: number): number {
    const types = this.#types;
    const score = this.#score.fill(0);
    for (let i = start[label]; i < start[label + 1]; i++) {
      const base = this.#gene[order[i]] * types;
      for (let k = 0; k < types; k++) score[k] += this.#logShare[base + k];
    }
    let best = 0;
    for (let k = 1; k < types; k++) if (score[k] > score[best]) best = k;
    return best;
  }
}

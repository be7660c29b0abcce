import type { ScoredCells } from '@spatile/formats/tile/correct';
import type { Scores } from './doublet.ts';

/** Gathers the scores of the cells of a block; cells without any keep none. */
export class ScoreList {
  readonly #length: Uint32Array;
  readonly #type: number[] = [];
  readonly #single: number[] = [];
  readonly #pair: number[] = [];

  constructor(cells: number) {
    this.#length = new Uint32Array(cells);
  }

  /** Adds the scores of cell `i`; cells come in their order. */
  add(i: number, { candidates, single, pair }: Scores): void {
    const n = candidates.length;
    // A lone candidate stands before its partner, whichever comes first among the types.
    const order = candidates.map((_, c) => c).sort((a, b) => candidates[a] - candidates[b]);
    this.#length[i] = n;
    order.forEach((a, at) => {
      this.#type.push(candidates[a]);
      this.#single.push(single[a]);
      for (const b of order.slice(at + 1)) this.#pair.push(pair[a * n + b]);
    });
  }

  cells(): ScoredCells {
    return {
      length: this.#length,
      type: Uint16Array.from(this.#type),
      single: Float32Array.from(this.#single),
      pair: Float32Array.from(this.#pair),
    };
  }
}

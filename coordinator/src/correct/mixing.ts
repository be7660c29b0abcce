import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import type { UnsValue } from '@spatile/formats/spatialdata/write';
import type { NamedTypes } from './method.ts';

/** A gene marks the type whose mean share is this many times that of every other type. */
const TIMES = 4;

/** Transcripts of genes that mark one type in cells of every type, before and after a correction. */
export class MarkerMixing {
  readonly #names: readonly string[];
  readonly #typeOf: ArrayLike<number>;
  /** Type that each gene of the table marks; -1 for none. */
  readonly #marks: Int16Array;
  readonly #before: Float64Array;
  readonly #after: Float64Array;

  constructor({ names, typed }: NamedTypes, marks: Int16Array) {
    this.#names = names;
    this.#typeOf = typed.first;
    this.#marks = marks;
    this.#before = new Float64Array(names.length * names.length);
    this.#after = new Float64Array(names.length * names.length);
  }

  /** Adds one entry of the table. */
  add(row: number, gene: number, before: number, after: number): void {
    const [own, marked] = [this.#typeOf[row], this.#marks[gene]];
    if (own < 0 || marked < 0) return;
    this.#before[own * this.#names.length + marked] += before;
    this.#after[own * this.#names.length + marked] += after;
  }

  /** As `uns` holds it: sums by type of the cell (rows) and marked type (columns), and how many genes mark each type. */
  stored(): UnsValue {
    const genes = new Array<number>(this.#names.length).fill(0);
    for (const type of this.#marks) if (type >= 0) genes[type]++;
    return {
      types: [...this.#names],
      genes,
      before: Array.from(this.#before),
      after: Array.from(this.#after),
    };
  }
}

/** Type that each gene of a table of `genes` columns marks by the reference; -1 for genes that mark none. */
export function markedTypes(reference: ReferenceProfiles, genes: number): Int16Array {
  const marks = new Int16Array(genes).fill(-1);
  const { shares, types } = reference;
  const shared = reference.genes.length;
  reference.genes.forEach((gene, j) => {
    let [best, most, next] = [-1, 0, 0];
    for (let k = 0; k < types.length; k++) {
      const share = shares[k * shared + j];
      if (share > most) [best, most, next] = [k, share, most];
      else next = Math.max(next, share);
    }
    if (most > 0 && most >= TIMES * next) marks[gene] = best;
  });
  return marks;
}

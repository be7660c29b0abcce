import type { SparseRows } from '@spatile/formats/tile/correct';
import { ln, lnGamma } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';

/** Sparse counts of cells, and what of them no step changes. */
export class CellCounts {
  readonly gene: Uint32Array;
  readonly count: Uint32Array;
  /** Entries before each cell. */
  readonly start: Float64Array;
  /** Transcripts of each cell. */
  readonly total: Float64Array;

  constructor({ length, gene, count }: SparseRows) {
    this.gene = gene;
    this.count = count;
    this.start = new Float64Array(length.length + 1);
    this.total = new Float64Array(length.length);
    length.forEach((n, i) => {
      this.start[i + 1] = this.start[i] + n;
      for (let e = this.start[i]; e < this.start[i + 1]; e++) this.total[i] += count[e];
    });
  }

  /** Adds the counts of a cell, times a factor, to a row of a dense matrix that is 0 there. */
  into(out: Float32Array, at: number, cell: number, factor: number): void {
    for (let e = this.start[cell]; e < this.start[cell + 1]; e++)
      out[at + this.gene[e]] = this.count[e] * factor;
  }

  /** Factor that makes the mean over genes 1; 0 for a cell without transcripts. */
  relative(cell: number, genes: number): number {
    return this.total[cell] > 0 ? genes / this.total[cell] : 0;
  }

  /** Draws transcripts of a cell with replacement and adds `factor` for each to a row of a dense matrix. */
  resampleInto(
    out: Float32Array,
    at: number,
    cell: number,
    draws: number,
    factor: number,
    stream: RandomStream,
  ): void {
    const from = this.start[cell];
    const entries = this.start[cell + 1] - from;
    const upTo = new Float64Array(entries);
    let sum = 0;
    for (let k = 0; k < entries; k++) {
      sum += this.count[from + k];
      upTo[k] = sum;
    }
    for (let d = 0; d < draws; d++) {
      const transcript = stream.integer(sum);
      let low = 0;
      let high = entries - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (upTo[middle] > transcript) high = middle;
        else low = middle + 1;
      }
      out[at + this.gene[from + low]] += factor;
    }
  }

  /** What the logarithm of the Poisson probability of a cell has of its counts alone, which graphs leave out. */
  constant(cell: number): number {
    const total = this.total[cell];
    let sum = total > 0 ? total * ln(total) : 0;
    for (let e = this.start[cell]; e < this.start[cell + 1]; e++) sum -= lnGamma(this.count[e] + 1);
    return sum;
  }
}

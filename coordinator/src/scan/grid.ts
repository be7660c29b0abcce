import type { RectUm } from '@spatile/formats/space';

/** Bins per edge of one block of the sparse density grid. */
const BLOCK = 32;

/** The bin k with `k * binUm <= value < (k + 1) * binUm` as the machine multiplies: the edges tiles are made of. */
function binOf(value: number, binUm: number): number {
  const bin = Math.floor(value / binUm);
  if (value < bin * binUm) return bin - 1;
  return value >= (bin + 1) * binUm ? bin + 1 : bin;
}

/**
 * Occupied bins, ascending by (row, column): their numbers and the transcripts in each. Numbers are doubles, since a stray
 * coordinate (up to 3e38 um) has a bin number beyond any integer type.
 */
export interface Bins {
  column: Float64Array;
  row: Float64Array;
  count: Uint32Array;
}

/** Smallest rectangle of bins around all occupied ones (at least one): first column and row, and the size in bins. */
export function binExtent({ column, row }: Bins): {
  column0: number;
  row0: number;
  columns: number;
  rows: number;
} {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const c of column) {
    first = Math.min(first, c);
    last = Math.max(last, c);
  }
  return { column0: first, row0: row[0], columns: last - first + 1, rows: row[row.length - 1] - row[0] + 1 };
}

/**
 * Transcript counts on a sparse grid of square bins anchored at (0, 0): what the plan is made from. Memory grows with the
 * area that holds transcripts, not with their number.
 */
export class DensityGrid {
  readonly binUm: number;
  private readonly blocks = new Map<string, Uint32Array>();
  private lastKey = '';
  private lastBlock: Uint32Array | null = null;
  private lastBx = Number.NaN;
  private lastBy = Number.NaN;

  constructor(binUm: number) {
    this.binUm = binUm;
  }

  add(x: number, y: number, amount = 1): void {
    const column = binOf(x, this.binUm);
    const row = binOf(y, this.binUm);
    const bx = Math.floor(column / BLOCK);
    const by = Math.floor(row / BLOCK);
    if (bx !== this.lastBx || by !== this.lastBy) {
      this.lastKey = `${bx},${by}`;
      this.lastBlock = this.blocks.get(this.lastKey) ?? null;
      if (this.lastBlock === null) {
        this.lastBlock = new Uint32Array(BLOCK * BLOCK);
        this.blocks.set(this.lastKey, this.lastBlock);
      }
      this.lastBx = bx;
      this.lastBy = by;
    }
    this.lastBlock![(row - by * BLOCK) * BLOCK + (column - bx * BLOCK)] += amount;
  }

  /** Occupied bins in row-major order of (row, column). */
  bins(): Bins {
    const entries: [number, number, number][] = [];
    for (const [key, block] of this.blocks) {
      const [bx, by] = key.split(',').map(Number);
      for (let i = 0; i < block.length; i++) {
        if (block[i] > 0)
          entries.push([by * BLOCK + Math.floor(i / BLOCK), bx * BLOCK + (i % BLOCK), block[i]]);
      }
    }
    entries.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return {
      row: Float64Array.from(entries, (entry) => entry[0]),
      column: Float64Array.from(entries, (entry) => entry[1]),
      count: Uint32Array.from(entries, (entry) => entry[2]),
    };
  }
}

/** A dense summed-area table over the occupied bins: transcripts in any rectangle on the bin lattice in constant time. */
export class DensityTable {
  readonly binUm: number;
  /** Bin coordinates of the first column and row, and the size in bins. */
  readonly column0: number;
  readonly row0: number;
  readonly columns: number;
  readonly rows: number;
  private readonly sums: Float64Array;

  /** Takes 8 bytes for every bin of the extent, occupied or not: the caller has checked that it is no larger than a slide. */
  constructor(binUm: number, bins: Bins) {
    this.binUm = binUm;
    const { column0, row0, columns, rows } = binExtent(bins);
    this.column0 = column0;
    this.row0 = row0;
    this.columns = columns;
    this.rows = rows;
    const stride = this.columns + 1;
    this.sums = new Float64Array(stride * (this.rows + 1));
    for (let i = 0; i < bins.count.length; i++) {
      this.sums[(bins.row[i] - this.row0 + 1) * stride + (bins.column[i] - column0 + 1)] = bins.count[i];
    }
    for (let r = 1; r <= this.rows; r++) {
      for (let c = 1; c <= this.columns; c++) {
        const at = r * stride + c;
        this.sums[at] += this.sums[at - 1] + this.sums[at - stride] - this.sums[at - stride - 1];
      }
    }
  }

  get extent(): RectUm {
    return {
      x0: this.column0 * this.binUm,
      y0: this.row0 * this.binUm,
      x1: (this.column0 + this.columns) * this.binUm,
      y1: (this.row0 + this.rows) * this.binUm,
    };
  }

  /** Transcripts in the bins that `rect` touches. */
  count(rect: RectUm): number {
    const clamp = (value: number, max: number): number => Math.min(Math.max(value, 0), max);
    const c0 = clamp(Math.floor(rect.x0 / this.binUm) - this.column0, this.columns);
    const c1 = clamp(Math.ceil(rect.x1 / this.binUm) - this.column0, this.columns);
    const r0 = clamp(Math.floor(rect.y0 / this.binUm) - this.row0, this.rows);
    const r1 = clamp(Math.ceil(rect.y1 / this.binUm) - this.row0, this.rows);
    const stride = this.columns + 1;
    return (
      this.sums[r1 * stride + c1] -
      this.sums[r0 * stride + c1] -
      this.sums[r1 * stride + c0] +
      this.sums[r0 * stride + c0]
    );
  }
}

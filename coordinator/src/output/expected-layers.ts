import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { countInterval } from './interval.ts';

/** Expected counts of one cell: columns ascend. */
export interface ExpectedRow {
  column: Int32Array;
  mean: Float32Array;
  variance: Float32Array;
}

/** Matrices of one pattern: their indices are the same memory. */
export type ExpectedLayers = Record<'expected' | 'counts_low' | 'counts_high', CsrMatrix>;

/** Rows of expected counts that are made when they are asked for. */
export interface ExpectedRows {
  of: (cell: number) => ExpectedRow;
  /** The most entries that the row of a cell can have. */
  room: (cell: number) => number;
  /** Gives the memory back: no row can be made afterwards. */
  clear: () => void;
}

/**
 * Takes the layers `expected`, `counts_low` and `counts_high` of the cells in `kept` out of their rows: expected counts and the
 * ends of their 95 % interval. They share one pattern. 16 bytes by entry, all of which are there once.
 */
export function expectedLayers(rows: ExpectedRows, kept: Uint32Array): ExpectedLayers {
  const ends = new Float64Array(kept.length + 1);
  const columns = makeColumns(kept.reduce((sum, cell) => sum + rows.room(cell), 0));
  kept.forEach((cell, k) => {
    const entries = rows.of(cell);
    ends[k + 1] = ends[k] + entries.column.length;
    columns.indices.set(entries.column, ends[k]);
    columns.mean.set(entries.mean, ends[k]);
    for (let i = 0; i < entries.column.length; i++) {
      const [low, high] = countInterval(entries.mean[i], entries.variance[i]);
      columns.low[ends[k] + i] = low;
      columns.high[ends[k] + i] = high;
    }
  });
  rows.clear();
  const n = ends[kept.length];
  const indptr = n < 2 ** 31 ? Int32Array.from(ends) : BigInt64Array.from(ends, BigInt);
  const indices = columns.indices.subarray(0, n);
  const layer = (data: Int32Array | Float32Array): CsrMatrix => ({
    indptr,
    indices,
    data: data.subarray(0, n),
  });
  return {
    expected: layer(columns.mean),
    counts_low: layer(columns.low),
    counts_high: layer(columns.high),
  };
}

interface LayerColumns {
  indices: Int32Array;
  mean: Float32Array;
  low: Int32Array;
  high: Int32Array;
}

const makeColumns = (room: number): LayerColumns => ({
  indices: new Int32Array(room),
  mean: new Float32Array(room),
  low: new Int32Array(room),
  high: new Int32Array(room),
});

import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { countInterval } from './interval.ts';
import type { ExpectedRow } from './posterior.ts';

/** Entries of a cell that there is room for at first. */
const FIRST_ROOM_PER_CELL = 64;

/**
 * The layers `expected`, `counts_low` and `counts_high` of the cells in `kept`: expected counts and the ends of their 95 %
 * interval. They share one pattern.
 */
export function expectedLayers(
  row: (cell: number) => ExpectedRow,
  kept: Uint32Array,
): Record<'expected' | 'counts_low' | 'counts_high', CsrMatrix> {
  const ends = new Float64Array(kept.length + 1);
  let columns = makeColumns(FIRST_ROOM_PER_CELL * kept.length);
  kept.forEach((cell, k) => {
    const entries = row(cell);
    ends[k + 1] = ends[k] + entries.column.length;
    if (ends[k + 1] > columns.indices.length) columns = grown(columns, ends[k], ends[k + 1]);
    columns.indices.set(entries.column, ends[k]);
    columns.mean.set(entries.mean, ends[k]);
    for (let i = 0; i < entries.column.length; i++) {
      const [low, high] = countInterval(entries.mean[i], entries.variance[i]);
      columns.low[ends[k] + i] = low;
      columns.high[ends[k] + i] = high;
    }
  });
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

/** The first `filled` entries with room for at least `needed`. */
function grown(columns: LayerColumns, filled: number, needed: number): LayerColumns {
  const out = makeColumns(Math.max(needed, Math.ceil(1.5 * columns.indices.length)));
  for (const key of Object.keys(out) as (keyof LayerColumns)[])
    out[key].set(columns[key].subarray(0, filled));
  return out;
}

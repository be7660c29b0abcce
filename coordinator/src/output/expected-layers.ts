import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { countInterval } from './interval.ts';
import type { ExpectedRow } from './posterior.ts';

/**
 * The layers `expected`, `counts_low` and `counts_high` of the cells in `kept`: expected counts and the ends of their 95 %
 * interval. They share one pattern.
 */
export function expectedLayers(
  row: (cell: number) => ExpectedRow,
  kept: Uint32Array,
): Record<'expected' | 'counts_low' | 'counts_high', CsrMatrix> {
  const ends = new Float64Array(kept.length + 1);
  kept.forEach((cell, k) => {
    ends[k + 1] = ends[k] + row(cell).column.length;
  });
  const n = ends[kept.length];
  const indices = new Int32Array(n);
  const mean = new Float32Array(n);
  const low = new Int32Array(n);
  const high = new Int32Array(n);
  kept.forEach((cell, k) => {
    const entries = row(cell);
    indices.set(entries.column, ends[k]);
    mean.set(entries.mean, ends[k]);
    for (let i = 0; i < entries.column.length; i++)
      [low[ends[k] + i], high[ends[k] + i]] = countInterval(entries.mean[i], entries.variance[i]);
  });
  const indptr = n < 2 ** 31 ? Int32Array.from(ends) : BigInt64Array.from(ends, BigInt);
  const layer = (data: CsrMatrix['data']): CsrMatrix => ({ indptr, indices, data });
  return { expected: layer(mean), counts_low: layer(low), counts_high: layer(high) };
}

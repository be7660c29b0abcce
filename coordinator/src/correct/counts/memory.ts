import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import type { CountTable } from './table.ts';

/** Counts that a run holds anyway, as the correct stage reads them. */
export function heldCounts(
  { indptr, indices, data }: CsrMatrix & { data: Int32Array },
  cells: Pick<CountTable, 'geneNames' | 'geneIds' | 'spatial'>,
): CountTable {
  const start = Float64Array.from(indptr as Int32Array, Number);
  return {
    ...cells,
    cells: start.length - 1,
    start,
    obs: [],
    rows: async (from, to) => ({
      indices: indices.subarray(start[from], start[to]),
      data: data.subarray(start[from], start[to]),
    }),
  };
}

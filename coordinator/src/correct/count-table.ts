import type { SparseRows } from '@spatile/formats/tile/correct';

/** Counts of a slide as the correct stage takes them: the rows of the table that is written. */
export interface CountTable {
  /** Compressed sparse rows, cells x genes; genes ascend within a cell. */
  indptr: Int32Array | BigInt64Array;
  indices: Int32Array;
  data: Int32Array;
  geneNames: readonly string[];
  geneIds: readonly string[];
  /** Places of the cells in microns: x, y pairs. */
  spatial: Float64Array;
}

/** Cells of a task. Part of what a result is: workers see no other cut. */
export const BLOCK_CELLS = 1024;

export interface Block {
  id: string;
  /** Rows [from, to) of the table. */
  from: number;
  to: number;
}

/** The rows of a table in blocks. */
export function blocksOf(table: CountTable): Block[] {
  const cells = table.indptr.length - 1;
  return Array.from({ length: Math.ceil(cells / BLOCK_CELLS) }, (_, b) => ({
    id: `cells-${String(b).padStart(5, '0')}`,
    from: b * BLOCK_CELLS,
    to: Math.min(cells, (b + 1) * BLOCK_CELLS),
  }));
}

/** Where the entries of a row begin. */
export const startOf = (table: CountTable, row: number): number => Number(table.indptr[row]);

/**
 * The entries of some rows, each gene renamed by `place` and left out where that is negative.
 * @param place null keeps all genes under their number.
 */
export function rowsOf(table: CountTable, rows: ArrayLike<number>, place: Int32Array | null): SparseRows {
  const length = new Uint32Array(rows.length);
  let entries = 0;
  for (let r = 0; r < rows.length; r++) {
    for (let e = startOf(table, rows[r]); e < startOf(table, rows[r] + 1); e++)
      if (place === null || place[table.indices[e]] >= 0) length[r]++;
    entries += length[r];
  }
  const gene = new Uint32Array(entries);
  const count = new Uint32Array(entries);
  let at = 0;
  for (let r = 0; r < rows.length; r++) {
    for (let e = startOf(table, rows[r]); e < startOf(table, rows[r] + 1); e++) {
      const name = place === null ? table.indices[e] : place[table.indices[e]];
      if (name < 0) continue;
      gene[at] = name;
      count[at++] = table.data[e];
    }
  }
  return { length, gene, count };
}

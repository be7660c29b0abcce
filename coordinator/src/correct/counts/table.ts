import type { TableColumn } from '@spatile/formats/spatialdata/write';
import type { SparseRows } from '@spatile/formats/tile/correct';
import { type Block, blockAt, blockOf } from '../blocks.ts';

/** Entries of consecutive rows, one row after the other; genes ascend within a row. */
export interface CountRows {
  /** Column of the table. */
  indices: Int32Array;
  /** Whole numbers from 0 to 2^24 - 1. */
  data: Int32Array;
}

/**
 * Counts of a slide as the correct stage takes them: the rows of the table that is written, read block by block. What is held
 * of each cell are its place and where its entries begin.
 */
export interface CountTable {
  cells: number;
  /** Entries before each row: row i has the entries start[i] .. start[i + 1] - 1 of the table (`cells` + 1 numbers). */
  start: Float64Array;
  geneNames: readonly string[];
  geneIds: readonly string[];
  /** Places of the cells in microns: x, y pairs. */
  spatial: Float64Array;
  /** What is known of the cells before any correction; empty at the end of a run. */
  obs: readonly TableColumn[];
  /** Entries of rows [from, to). Errors: those of the storage. */
  rows(from: number, to: number): Promise<CountRows>;
}

/** The entries of a block, each gene renamed by `place` and left out where that is negative; null keeps all. */
export const rowsOfBlock = (
  table: CountTable,
  { from, to }: Block,
  place: Int32Array | null,
): Promise<SparseRows> =>
  rowsOf(
    table,
    Array.from({ length: to - from }, (_, i) => from + i),
    place,
  );

/** The entries of some rows in the order of `rows`, as `rowsOfBlock`; each block they lie in is read once. */
export async function rowsOf(
  table: CountTable,
  rows: ArrayLike<number>,
  place: Int32Array | null,
): Promise<SparseRows> {
  const length = new Uint32Array(rows.length);
  const taken: { gene: Uint32Array; count: Uint32Array }[] = new Array(rows.length);
  let entries = 0;
  for (const [block, numbers] of byBlock(rows)) {
    const { from, to } = blockAt(block, table.cells);
    const { indices, data } = await table.rows(from, to);
    for (const r of numbers) {
      const begin = table.start[rows[r]] - table.start[from];
      const end = table.start[rows[r] + 1] - table.start[from];
      taken[r] = renamed(indices.subarray(begin, end), data.subarray(begin, end), place);
      length[r] = taken[r].gene.length;
      entries += length[r];
    }
  }
  const gene = new Uint32Array(entries);
  const count = new Uint32Array(entries);
  let at = 0;
  for (const row of taken) {
    gene.set(row.gene, at);
    count.set(row.count, at);
    at += row.gene.length;
  }
  return { length, gene, count };
}

/** Places in `rows` by the block of the row. */
function byBlock(rows: ArrayLike<number>): Map<number, number[]> {
  const out = new Map<number, number[]>();
  for (let r = 0; r < rows.length; r++) {
    const block = blockOf(rows[r]);
    const known = out.get(block);
    if (known === undefined) out.set(block, [r]);
    else known.push(r);
  }
  return out;
}

function renamed(
  indices: Int32Array,
  data: Int32Array,
  place: Int32Array | null,
): { gene: Uint32Array; count: Uint32Array } {
  if (place === null) return { gene: Uint32Array.from(indices), count: Uint32Array.from(data) };
  const gene = new Uint32Array(indices.length);
  const count = new Uint32Array(indices.length);
  let n = 0;
  for (let e = 0; e < indices.length; e++) {
    const name = place[indices[e]];
    if (name < 0) continue;
    gene[n] = name;
    count[n++] = data[e];
  }
  return { gene: gene.subarray(0, n), count: count.subarray(0, n) };
}

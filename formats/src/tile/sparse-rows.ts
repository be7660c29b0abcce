import type { SparseRows } from './correct.ts';
import type { Columns, Frame } from './frame.ts';

/** Tables and columns of sparse rows in a frame. */
export const SPARSE = { rows: ['length'], entries: ['gene', 'count'] };

/** Sparse rows as tables of a frame. */
export const sparseTables = ({ length, gene, count }: SparseRows): Frame['tables'] => ({
  rows: { length },
  entries: { gene, count },
});

/** The sparse rows in tables that hold the columns of `SPARSE`. */
export const sparseRows = (tables: Record<string, Columns>): SparseRows => ({
  length: tables.rows.length as unknown as Uint32Array,
  gene: tables.entries.gene as Uint32Array,
  count: tables.entries.count as Uint32Array,
});

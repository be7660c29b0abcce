import { openCsv } from '@spatile/formats/csv/file';
import { SpatileError } from '@spatile/formats/errors';
import type { ColumnRequest } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { exp } from '@spatile/random/elementary';

/** How the values of a reference were stored: as means of counts, or of ln(1 + count). */
export const REFERENCE_SCALES = ['linear', 'log1p'] as const;
export type ReferenceScale = (typeof REFERENCE_SCALES)[number];

/** Real expression: the share of each gene in the transcripts of each type. */
export interface Reference {
  genes: string[];
  types: string[];
  /** Per type: one share per gene, summing to 1. */
  shares: Float64Array[];
}

const TYPE_COLUMN = 'cell_type';
/** Columns that are no genes: row names, and what the tools that write such tables add. */
const NO_GENES = new Set(['', 'Unnamed: 0', TYPE_COLUMN, 'atlas', 'ct_idx']);
const MOST_GENES = 40_000;
const MOST_ROWS = 10_000;
const MOST_TYPES = 100;

/**
 * Reads a CSV of mean expression: a column `cell_type`, and one column per gene; the rows of a type (one per atlas, say)
 * count alike. Types come in order of appearance. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `INPUT_EMPTY`,
 * `CSV_INVALID`, `COLUMN_MISSING`, `COLUMN_TYPE`, `METADATA_INVALID` for tables that no profile can be made of.
 */
export async function readReference(path: string, scale: ReferenceScale): Promise<Reference> {
  const table = await openCsv(path);
  const names = table.columns.map(({ name }) => name);
  const genes = names.filter((name) => !NO_GENES.has(name));
  if (!names.includes(TYPE_COLUMN)) {
    throw new SpatileError(
      'COLUMN_MISSING',
      `${path}: column "${TYPE_COLUMN}" is absent (${names.length} columns); expected mean expression with one row per cell type; name the column of the types so`,
      { fields: { file: path, column: TYPE_COLUMN } },
    );
  }
  if (genes.length < 16 || genes.length > MOST_GENES) {
    throw invalid(path, `${genes.length} gene columns`, `16 to ${MOST_GENES}`);
  }
  const types = new TextTable();
  const requests: ColumnRequest[] = [
    { name: TYPE_COLUMN, as: 'code', table: types },
    ...genes.map((name): ColumnRequest => ({ name, as: 'float32', scale: 1 })),
  ];
  const sums: Float64Array[] = [];
  let rows = 0;
  for await (const { length, columns } of table.batches(requests, 64)) {
    rows += length;
    if (rows > MOST_ROWS) throw invalid(path, `more than ${MOST_ROWS} rows`, 'one row per type and atlas');
    // Before room is made for each.
    if (types.names.length > MOST_TYPES)
      throw invalid(path, `more than ${MOST_TYPES} cell types`, `2 to ${MOST_TYPES}`);
    for (let row = 0; row < length; row++) {
      const type = Number(columns[0][row]);
      sums[type] ??= new Float64Array(genes.length);
      for (let g = 0; g < genes.length; g++) {
        const value = Number(columns[g + 1][row]);
        if (!(value >= 0 && value < 1e9) || (scale === 'log1p' && value > 20)) {
          throw invalid(path, `${value} for ${genes[g]}`, `a mean expression of at least 0 (${scale})`);
        }
        sums[type][g] += scale === 'log1p' ? exp(value) - 1 : value;
      }
    }
  }
  if (types.names.length < 2) {
    throw invalid(path, `${types.names.length} cell types`, `2 to ${MOST_TYPES}`);
  }
  return {
    genes,
    types: [...types.names],
    shares: sums.map((sum, type) => shares(path, sum, types.names[type])),
  };
}

function shares(path: string, sum: Float64Array, type: string): Float64Array {
  const total = sum.reduce((all, value) => all + value, 0);
  if (!(total > 0)) throw invalid(path, `no expression in type ${type}`, 'at least one gene per type');
  return sum.map((value) => value / total);
}

function invalid(path: string, found: string, expected: string): SpatileError {
  return new SpatileError(
    'METADATA_INVALID',
    `${path}: not a reference (${found}); expected ${expected}; correct the table or leave --reference out`,
    { fields: { file: path } },
  );
}

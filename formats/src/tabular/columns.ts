import { SpatileError } from '../errors.ts';
import type { RowGroupDecoder } from '../parquet/row-groups.ts';
import type { TextTable } from './text-table.ts';

/** What the Parquet and the CSV reader have in common: a table whose columns are asked for by name and come in batches. */

/** What a column holds. `unknown` is CSV, which only says it when it is read; `other` cannot be read (nested, dates). */
export type ColumnKind = 'integer' | 'float' | 'boolean' | 'text' | 'unknown' | 'other';

export interface TableColumn {
  name: string;
  kind: ColumnKind;
  /** The file's own word for the type, for messages. */
  type: string;
}

/** One column to decode, and into what. */
export type ColumnRequest =
  /** Float32Array of value x `scale`; nulls are NaN. The product is rounded once, from double to float. */
  | { name: string; as: 'float32'; scale: number }
  /** BigUint64Array; nulls and negative values are an error (`COLUMN_TYPE`). */
  | { name: string; as: 'uint64' }
  /** Uint32Array of codes in `table`; numbers and booleans by their text, nulls as the empty text. */
  | { name: string; as: 'code'; table: TextTable };

export type ColumnArray = Float32Array | BigUint64Array | Uint32Array;

export interface TableBatch {
  /** 0-based row of the first entry. */
  firstRow: number;
  length: number;
  /** One array of `length` entries per request, in the order of the requests. */
  columns: ColumnArray[];
}

export interface TableFile {
  readonly path: string;
  readonly columns: readonly TableColumn[];
  /** Null when it takes a scan to tell. */
  readonly rowCount: number | null;
  readonly sizeBytes: number;
  /**
   * All rows in file order, at most `rowsPerBatch` at a time; each call is one pass with its own file handle. `decoder` may
   * decode row groups, where the file has them.
   */
  batches(
    requests: readonly ColumnRequest[],
    rowsPerBatch: number,
    decoder?: RowGroupDecoder | null,
  ): AsyncIterable<TableBatch>;
}

/** What a column must be good for: `id` is text or whole numbers, `flag` also booleans. */
export type ColumnUse = 'number' | 'integer' | 'name' | 'id' | 'flag';

const ACCEPTED: Readonly<Record<ColumnUse, readonly ColumnKind[]>> = {
  number: ['integer', 'float', 'unknown'],
  integer: ['integer', 'unknown'],
  name: ['text', 'unknown'],
  id: ['text', 'integer', 'float', 'unknown'],
  flag: ['text', 'integer', 'float', 'boolean', 'unknown'],
};

const EXPECTED: Readonly<Record<ColumnUse, string>> = {
  number: 'a number',
  integer: 'an integer',
  name: 'text',
  id: 'text or an integer',
  flag: 'a boolean, 0 and 1, or text',
};

/**
 * Checks names and types of the columns a reader is going to use, before the first row is read.
 *
 * `COLUMN_MISSING` names all missing ones and what is there; `COLUMN_TYPE` the first of a wrong type. `advice` ends the
 * sentence about a missing column.
 */
export function checkColumns(
  table: TableFile,
  needs: { name: string; use: ColumnUse }[],
  advice: string,
): void {
  const missing = needs.filter((need) => !table.columns.some((column) => column.name === need.name));
  if (missing.length > 0) {
    const names = missing.map((need) => `"${need.name}"`).join(', ');
    throw new SpatileError(
      'COLUMN_MISSING',
      `${table.path}: no column ${names} (found: ${listColumns(table)}); ${advice}`,
      { fields: { file: table.path, missing: missing.map((need) => need.name) } },
    );
  }
  for (const need of needs) {
    const column = table.columns.find(({ name }) => name === need.name)!;
    if (ACCEPTED[need.use].includes(column.kind)) continue;
    throw new SpatileError(
      'COLUMN_TYPE',
      `${table.path}: column "${column.name}" has the wrong type (${column.type}); expected ${EXPECTED[need.use]}; convert the column or name another one`,
      { fields: { file: table.path, column: column.name, type: column.type } },
    );
  }
}

function listColumns(table: TableFile): string {
  const shown = table.columns.slice(0, 40).map(({ name }) => name || '(unnamed)');
  return (
    shown.join(', ') + (table.columns.length > 40 ? `, and ${table.columns.length - 40} more` : '') || 'none'
  );
}

/** Empty arrays for a batch of `length` rows, one per request. */
export function requestedArrays(requests: readonly ColumnRequest[], length: number): ColumnArray[] {
  return requests.map((request) => {
    if (request.as === 'float32') return new Float32Array(length);
    return request.as === 'uint64' ? new BigUint64Array(length) : new Uint32Array(length);
  });
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SpatileError } from '../errors.ts';
import { type NumberRange, openParquet } from '../parquet/file.ts';
import type { ColumnRequest } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { storeInvalid } from './store-invalid.ts';

/** Parquet parts of points: which there are, and columns streamed through all of them. */

/** A column of points and the typed array it comes as. Text comes as codes into the table of that name. */
const POINT_REQUESTS: Record<PointsColumn, 'float32' | 'uint64' | 'code'> = {
  x: 'float32',
  y: 'float32',
  z: 'float32',
  qv: 'float32',
  probability: 'float32',
  transcript_id: 'uint64',
  feature_name: 'code',
  cell_id: 'code',
  is_control: 'code',
};

export type PointsColumn =
  | 'x'
  | 'y'
  | 'z'
  | 'qv'
  | 'probability'
  | 'transcript_id'
  | 'feature_name'
  | 'cell_id'
  | 'is_control';

export interface StoredPoints {
  firstRow: number;
  length: number;
  /** The columns asked for; `is_control` as 0 and 1, text columns as codes into `texts`. */
  columns: Partial<Record<PointsColumn, Float32Array | BigUint64Array | Uint32Array>>;
  /** Texts by code, in the order first met; grows from batch to batch. */
  texts: { feature_name: readonly string[]; cell_id: readonly string[] };
}

/** Rows of a batch. */
const POINTS_BATCH = 262_144;

/**
 * Streams columns of points through all parts in order. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `COLUMN_MISSING`.
 * @param within where the points are that are needed (columns asked for, ends included): others may be left out, and rows are
 * numbered without them.
 */
export async function* readPoints(
  path: string,
  name: string,
  columns: readonly PointsColumn[],
  within: Readonly<Partial<Record<PointsColumn, NumberRange>>> = {},
): AsyncGenerator<StoredPoints> {
  const folder = join(path, 'points', name, 'points.parquet');
  const tables = { feature_name: new TextTable(), cell_id: new TextTable(), is_control: new TextTable() };
  let firstRow = 0;
  for (const part of await listParts(folder)) {
    const file = await openParquet(join(folder, part));
    const absent = columns.filter((column) => !file.columns.some(({ name: there }) => there === column));
    if (absent.length > 0) {
      throw new SpatileError(
        'COLUMN_MISSING',
        `${file.path}: no column ${absent.join(', ')}; expected points written by spatile; leave it out`,
      );
    }
    const requests = columns.map((column): ColumnRequest => {
      const as = POINT_REQUESTS[column];
      if (as === 'code') return { name: column, as, table: tables[column as 'cell_id'] };
      return as === 'float32' ? { name: column, as, scale: 1 } : { name: column, as };
    });
    for await (const batch of file.within(within).batches(requests, POINTS_BATCH)) {
      const out: StoredPoints['columns'] = {};
      for (const [i, column] of columns.entries()) out[column] = batch.columns[i];
      if (out.is_control) out.is_control = flags(out.is_control as Uint32Array, tables.is_control.names);
      yield {
        firstRow,
        length: batch.length,
        columns: out,
        texts: { feature_name: tables.feature_name.names, cell_id: tables.cell_id.names },
      };
      firstRow += batch.length;
    }
  }
}

const flags = (codes: Uint32Array, texts: readonly string[]): Uint32Array =>
  codes.map((code) => (texts[code] === 'true' ? 1 : 0));

/** `part.N.parquet` in the order of N. */
export async function listParts(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw storeInvalid(folder, 'the folder of points cannot be listed', cause);
  });
  const number = (name: string): number => Number(/^part\.(\d+)\.parquet$/.exec(name)?.[1] ?? Number.NaN);
  return names.filter((name) => !Number.isNaN(number(name))).sort((a, b) => number(a) - number(b));
}

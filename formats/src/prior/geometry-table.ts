import { type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { isSpatileError, SpatileError } from '../errors.ts';
import { decodeWkb } from '../geometry/wkb.ts';
import { openParquet, type ParquetFile } from '../parquet/file.ts';
import { describeCause, parquetInvalid } from '../parquet/invalid.ts';
import type { ColumnRequest } from '../tabular/columns.ts';
import { checkColumns } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { binaryColumn } from './binary-column.ts';
import { type OpenFile, openFile } from './file-bytes.ts';
import type { Tally } from './tally.ts';
import { usableRings } from './usable-rings.ts';

/** A Parquet table with one WKB geometry per row, and the key-value metadata that may say more about it. */
export interface GeometryTable {
  file: ParquetFile;
  metadata: FileMetaData;
}

/** One row; `id` and `plane` are null when their columns were not asked for. */
export interface GeometryRow {
  id: string | null;
  /** NaN where the table has none. */
  plane: number | null;
  wkb: Uint8Array | null;
}

const ROWS_PER_BATCH = 1 << 12;
/** WKB of an empty polygon or collection: byte order, type and a count of 0. */
const EMPTY_WKB_BYTES = 9;

/** Opens the table and its metadata. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `PARQUET_INVALID`. */
export async function openGeometryTable(path: string): Promise<GeometryTable> {
  const file = await openParquet(path);
  const bytes = await openFile(path);
  try {
    return { file, metadata: await readMetadata(bytes) };
  } finally {
    await bytes.close();
  }
}

async function readMetadata(file: OpenFile): Promise<FileMetaData> {
  const buffer = {
    byteLength: file.sizeBytes,
    slice: async (start: number, end = file.sizeBytes) => (await file.read(start, end - start)).buffer,
  };
  try {
    // The geo metadata is read by us: old MERSCOPE files hold a version of it that strict readers refuse.
    return await parquetMetadataAsync(buffer, { geoparquet: false });
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw parquetInvalid(file.path, describeCause(cause), cause);
  }
}

/** Text of one key of the key-value metadata; null when it is not there. */
export function metadataText({ metadata }: GeometryTable, key: string): string | null {
  return metadata.key_value_metadata?.find((entry) => entry.key === key)?.value ?? null;
}

/**
 * Rows in file order, one page of geometries in memory. Errors: `COLUMN_MISSING`, `COLUMN_TYPE`, `PARQUET_INVALID`.
 */
export async function* geometryRows(
  { file, metadata }: GeometryTable,
  columns: { geometry: string; id: string | null; plane: string | null },
): AsyncGenerator<GeometryRow> {
  const ids = new TextTable();
  const requests: ColumnRequest[] = [];
  if (columns.id !== null) requests.push({ name: columns.id, as: 'code', table: ids });
  if (columns.plane !== null) requests.push({ name: columns.plane, as: 'float32', scale: 1 });
  const geometry = file.columns.find(({ name }) => name === columns.geometry)!;
  const values = binaryColumn(file.path, metadata, geometry);
  try {
    if (requests.length === 0) {
      for await (const wkb of values) yield { id: null, plane: null, wkb };
      return;
    }
    for await (const batch of file.batches(requests, ROWS_PER_BATCH)) {
      const id = columns.id === null ? null : batch.columns[0];
      const plane = columns.plane === null ? null : batch.columns[requests.length - 1];
      for (let row = 0; row < batch.length; row++) {
        const { value, done } = await values.next();
        if (done) throw parquetInvalid(file.path, `column "${geometry.name}" ends before the others`);
        yield {
          id: id && ids.names[id[row] as number],
          plane: plane && (plane[row] as number),
          wkb: value,
        };
      }
    }
  } finally {
    await values.return(null);
  }
}

/** Checks that the geometry column is binary and the others fit. Errors: `COLUMN_MISSING`, `COLUMN_TYPE`. */
export function checkGeometryColumns(
  { file }: GeometryTable,
  columns: { geometry: string; id: string | null; plane: string | null },
  advice: string,
): void {
  checkColumns(
    file,
    [
      { name: columns.geometry, use: 'name' },
      ...(columns.id === null ? [] : [{ name: columns.id, use: 'id' as const }]),
      ...(columns.plane === null ? [] : [{ name: columns.plane, use: 'number' as const }]),
    ],
    advice,
  );
}

export const isEmptyGeometry = (wkb: Uint8Array | null): boolean =>
  wkb === null || wkb.length <= EMPTY_WKB_BYTES;

/** Usable rings of a WKB geometry in its own unit; empty, with a count of the reason, when it has none. */
export function wkbRings(wkb: Uint8Array | null, tally: Tally): Float64Array[] {
  if (wkb === null || isEmptyGeometry(wkb)) {
    tally.add('PRIOR_NULL_GEOMETRY');
    return [];
  }
  try {
    return usableRings(decodeWkb(wkb).flat(), tally);
  } catch (error) {
    if (!(error instanceof SpatileError) || error.code !== 'GEOMETRY_INVALID') throw error;
    tally.add('PRIOR_INVALID_GEOMETRY');
    return [];
  }
}

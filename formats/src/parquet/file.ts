import { type FileHandle, open } from 'node:fs/promises';
import { type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { type ColumnRequest, requestedArrays, type TableBatch, type TableFile } from '../tabular/columns.ts';
import { isSystemError, openFailed } from '../tabular/open-failed.ts';
import { ColumnStream, chunkPlaces, columnChunk } from './column.ts';
import { describeCause, parquetInvalid } from './invalid.ts';
import { chunkExtent } from './pages.ts';
import { canDecodeWhole, decodedBatches, type RowGroupDecoder } from './row-groups.ts';
import { type ParquetColumn, parquetColumns } from './schema.ts';

/** Larger footers are refused: 256 MiB describe some 10^6 column chunks. */
const MAX_FOOTER_BYTES = 1 << 28;

/** An open Parquet table; see `TableFile`. */
export interface ParquetFile extends TableFile {
  readonly columns: readonly ParquetColumn[];
  readonly rowCount: number;
  /** This file with no more than the row groups of which the footer does not rule out a row with all these columns in their ranges. */
  within(ranges: Readonly<Record<string, NumberRange>>): ParquetFile;
}

/** Ends included. */
export type NumberRange = readonly [number, number];

/**
 * Reads the footer of a Parquet file and checks that the column chunks it describes lie inside the file.
 *
 * The footer is parsed by hyparquet; pages are streamed by our own reader, since hyparquet loads whole column chunks.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `PARQUET_INVALID`.
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  const handle = await open(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const sizeBytes = (await handle.stat()).size;
    const metadata = await readFooter(handle, path, sizeBytes);
    const columns = parquetColumns(path, metadata);
    checkRows(path, metadata, columns, sizeBytes);
    return tableOf(path, metadata, columns, sizeBytes);
  } catch (cause) {
    throw isSystemError(cause) ? openFailed(path, cause) : cause;
  } finally {
    await handle.close();
  }
}

function tableOf(
  path: string,
  metadata: FileMetaData,
  columns: ParquetColumn[],
  sizeBytes: number,
): ParquetFile {
  return {
    path,
    columns,
    rowCount: Number(metadata.num_rows),
    sizeBytes,
    batches: (requests, rows, decoder) => batches(path, metadata, columns, requests, rows, decoder ?? null),
    within: (ranges) => {
      const groups = metadata.row_groups.filter((group) =>
        Object.entries(ranges).every(([name, range]) => mayHold(columnChunk(group.columns, name), range)),
      );
      const rows = groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
      return tableOf(path, { ...metadata, row_groups: groups, num_rows: rows }, columns, sizeBytes);
    },
  };
}

/** Whether a chunk may hold a value in a range, by its statistics; what has none may hold anything. */
function mayHold({ statistics }: ReturnType<typeof columnChunk>, [least, most]: NumberRange): boolean {
  const { min_value: low, max_value: high } = statistics ?? {};
  return typeof low !== 'number' || typeof high !== 'number' || !(high < least || low > most);
}

async function readFooter(handle: FileHandle, path: string, sizeBytes: number): Promise<FileMetaData> {
  if (sizeBytes < 12) throw parquetInvalid(path, `${sizeBytes} bytes long`);
  const tail = await readExactly(handle, sizeBytes - 8, 8);
  if (tail.toString('latin1', 4) !== 'PAR1') throw parquetInvalid(path, 'its last four bytes are not "PAR1"');
  const footerBytes = tail.readUInt32LE(0);
  if (footerBytes > Math.min(sizeBytes - 12, MAX_FOOTER_BYTES))
    throw parquetInvalid(path, `a footer of ${footerBytes} bytes`);
  try {
    const file = {
      byteLength: sizeBytes,
      slice: async (start: number, end = sizeBytes) => {
        const bytes = await readExactly(handle, start, end - start);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
      },
    };
    return await parquetMetadataAsync(file, { initialFetchSize: footerBytes + 8, geoparquet: false });
  } catch (cause) {
    throw isSystemError(cause) ? cause : parquetInvalid(path, describeCause(cause), cause);
  }
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Checks every flat column chunk's extent and length, and the number of rows. */
function checkRows(path: string, metadata: FileMetaData, columns: ParquetColumn[], sizeBytes: number): void {
  let rows = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const groupRows = Number(group.num_rows);
    for (const column of columns.filter(({ kind }) => kind !== 'other')) {
      const place = `column "${column.name}", row group ${index + 1}`;
      try {
        const chunk = columnChunk(group.columns, column.name);
        const { start, end } = chunkExtent(chunk);
        if (!(start >= 4 && end >= start && end <= sizeBytes - 8))
          throw new Error(`bytes ${start} to ${end} of ${sizeBytes}`);
        if (Number(chunk.num_values) !== groupRows)
          throw new Error(`${chunk.num_values} values, ${groupRows} rows`);
      } catch (cause) {
        throw parquetInvalid(path, `${place}: ${describeCause(cause)}`, cause);
      }
    }
    rows += groupRows;
  }
  if (!Number.isSafeInteger(rows) || rows !== Number(metadata.num_rows)) {
    throw parquetInvalid(path, `row groups of ${rows} rows together, ${metadata.num_rows} in the footer`);
  }
}

async function* batches(
  path: string,
  metadata: FileMetaData,
  columns: ParquetColumn[],
  requests: readonly ColumnRequest[],
  rowsPerBatch: number,
  decoder: RowGroupDecoder | null,
): AsyncGenerator<TableBatch> {
  const rowCount = Number(metadata.num_rows);
  const requested = requests.map((request) => ({
    column: columns.find(({ name }) => name === request.name)!,
    places: chunkPlaces(metadata, request.name),
    request,
  }));
  if (decoder !== null && canDecodeWhole(metadata.row_groups.map(({ num_rows }) => Number(num_rows)))) {
    yield* decodedBatches(path, requested, rowsPerBatch, decoder);
    return;
  }
  const handle = await open(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const streams = requested.map(
      ({ column, places, request }) => new ColumnStream(handle, places, column, request),
    );
    for (let firstRow = 0; firstRow < rowCount; firstRow += rowsPerBatch) {
      const length = Math.min(rowsPerBatch, rowCount - firstRow);
      const arrays = requestedArrays(requests, length);
      // All columns at once, so that waiting for one file range overlaps with decoding another.
      await Promise.all(streams.map((stream, i) => stream.read(arrays[i])));
      yield { firstRow, length, columns: arrays };
    }
  } finally {
    await handle.close();
  }
}

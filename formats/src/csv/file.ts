import { stat } from 'node:fs/promises';
import { SpatileError } from '../errors.ts';
import { type ColumnRequest, requestedArrays, type TableBatch, type TableFile } from '../tabular/columns.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { fileBytes } from './bytes.ts';
import { type CsvHeader, parseHeader } from './header.ts';
import { csvInvalid } from './invalid.ts';
import { RecordParser } from './records.ts';

/**
 * Opens a CSV or TSV table, plain or gzipped, and reads its header line; see `TableFile`.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `INPUT_EMPTY`, `CSV_INVALID`.
 */
export async function openCsv(path: string): Promise<TableFile> {
  const { size } = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  const header = await readHeader(path);
  return {
    path,
    columns: header.names.map((name) => ({ name, kind: 'unknown', type: 'text' })),
    rowCount: null,
    sizeBytes: size,
    batches: (requests, rows) => batches(path, header, requests, rows),
  };
}

async function readHeader(path: string): Promise<CsvHeader> {
  let bytes: Uint8Array = new Uint8Array(0);
  for await (const chunk of fileBytes(path)) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const header = parseHeader(path, bytes, false);
    if (header) return header;
  }
  if (bytes.length === 0) {
    throw new SpatileError(
      'INPUT_EMPTY',
      `${path}: the file is empty (0 bytes); expected a CSV table; copy or export it again`,
      {
        fields: { file: path },
      },
    );
  }
  return parseHeader(path, bytes, true)!;
}

async function* batches(
  path: string,
  header: CsvHeader,
  requests: readonly ColumnRequest[],
  rowsPerBatch: number,
): AsyncGenerator<TableBatch> {
  for (const { name } of requests) {
    if (header.names.indexOf(name) !== header.names.lastIndexOf(name)) {
      throw csvInvalid(
        path,
        `the header names the column "${name}" twice`,
        'unique names',
        'rename one of them',
      );
    }
  }
  const parser = new RecordParser(path, header, requests);
  let arrays = requestedArrays(requests, rowsPerBatch);
  let firstRow = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let skip = header.length;
  parser.begin(arrays);

  /** Decodes all complete records of `rest`, giving a batch whenever one is full. */
  function* drain(final: boolean): Generator<TableBatch> {
    let at = 0;
    for (;;) {
      at = parser.parse(rest, at, rowsPerBatch, final);
      if (parser.rows < rowsPerBatch) break;
      yield { firstRow, length: rowsPerBatch, columns: arrays };
      firstRow += rowsPerBatch;
      arrays = requestedArrays(requests, rowsPerBatch);
      parser.begin(arrays);
    }
    rest = rest.subarray(at);
  }

  for await (const chunk of fileBytes(path)) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    rest = rest.length === 0 ? chunk.subarray(skipped) : Buffer.concat([rest, chunk]);
    yield* drain(false);
  }
  yield* drain(true);
  if (parser.rows > 0) {
    yield { firstRow, length: parser.rows, columns: arrays.map((array) => array.slice(0, parser.rows)) };
  }
}

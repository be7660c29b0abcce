import { open } from 'node:fs/promises';
import {
  type ColumnArray,
  type ColumnRequest,
  requestedArrays,
  type TableBatch,
} from '../tabular/columns.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { type PackedTexts, TextTable } from '../tabular/text-table.ts';
import { type ChunkPlace, ColumnStream } from './column.ts';
import type { ParquetColumn } from './schema.ts';

/** Consecutive row groups to be decoded at once, wherever: plain data. */
export interface RowGroupsJob {
  path: string;
  rows: number;
  columns: { column: ParquetColumn; places: ChunkPlace[]; request: SentRequest }[];
}

/** A `ColumnRequest` without its table: whoever decodes numbers texts by a table of its own. */
export type SentRequest =
  | { name: string; as: 'float32'; scale: number }
  | { name: string; as: 'uint64' }
  | { name: string; as: 'code' };

/** One array for each column, and the texts of those that are codes. */
export interface DecodedRowGroups {
  columns: ColumnArray[];
  texts: (PackedTexts | null)[];
}

/** Who decodes row groups, several jobs at once. Rows come out the same, in the same order. */
export interface RowGroupDecoder {
  /** Jobs that are given out before the first of them is needed. */
  ahead: number;
  decode(job: RowGroupsJob): Promise<DecodedRowGroups>;
}

/** Small row groups are decoded together up to this many rows. */
const ROWS_PER_JOB = 1 << 17;
/** Of a file with larger row groups pages are streamed: decoded whole, one takes 40 MB and more. */
const MOST_ROWS = 1 << 20;
/** Rows that may be decoded ahead, whatever the decoder would take. */
const ROWS_AHEAD = 1 << 21;

/** Whether all row groups are small enough to be decoded whole. */
export const canDecodeWhole = (groupRows: readonly number[]): boolean =>
  groupRows.every((rows) => rows <= MOST_ROWS);

/** Decodes row groups. Errors: as those of a table's batches. */
export async function decodeRowGroups({ path, rows, columns }: RowGroupsJob): Promise<DecodedRowGroups> {
  const requests = columns.map(
    ({ request }): ColumnRequest =>
      request.as === 'code' ? { ...request, table: new TextTable() } : request,
  );
  const arrays = requestedArrays(requests, rows);
  const handle = await open(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const streams = columns.map(
      ({ column, places }, i) => new ColumnStream(handle, places, column, requests[i]),
    );
    await Promise.all(streams.map((stream, i) => stream.read(arrays[i])));
  } finally {
    await handle.close();
  }
  return {
    columns: arrays,
    texts: requests.map((request) => (request.as === 'code' ? request.table.packed() : null)),
  };
}

/** All rows of a file in order, at most `rowsPerBatch` at a time, with row groups decoded ahead by `decoder`. */
export async function* decodedBatches(
  path: string,
  columns: readonly { column: ParquetColumn; places: readonly ChunkPlace[]; request: ColumnRequest }[],
  rowsPerBatch: number,
  decoder: RowGroupDecoder,
): AsyncGenerator<TableBatch> {
  const jobs = jobsOf(path, columns);
  const ahead = new Map<number, Promise<DecodedRowGroups>>();
  let given = 0;
  let rowsAhead = 0;
  let firstRow = 0;
  for (const [k, { rows }] of jobs.entries()) {
    for (; given < jobs.length && given < k + decoder.ahead; given++) {
      if (given > k && rowsAhead + jobs[given].rows > ROWS_AHEAD) break;
      const decoded = decoder.decode(jobs[given]);
      // Whoever stops reading hears nothing of what was read ahead.
      decoded.catch(() => undefined);
      ahead.set(given, decoded);
      rowsAhead += jobs[given].rows;
    }
    const decoded = await ahead.get(k)!;
    ahead.delete(k);
    rowsAhead -= rows;
    renumber(decoded, columns);
    for (let from = 0; from < rows; from += rowsPerBatch) {
      const length = Math.min(rowsPerBatch, rows - from);
      yield {
        firstRow: firstRow + from,
        length,
        columns: decoded.columns.map((values) => values.subarray(from, from + length)),
      };
    }
    firstRow += rows;
  }
}

function jobsOf(
  path: string,
  columns: readonly { column: ParquetColumn; places: readonly ChunkPlace[]; request: ColumnRequest }[],
): RowGroupsJob[] {
  const sent = columns.map(({ column, places, request }) => {
    const { name, as } = request;
    const plain: SentRequest = as === 'float32' ? { name, as, scale: request.scale } : { name, as };
    return { column, places, request: plain };
  });
  const [{ places }] = columns;
  const jobs: RowGroupsJob[] = [];
  for (let from = 0; from < places.length; ) {
    let rows = places[from].rows;
    let to = from + 1;
    while (to < places.length && rows + places[to].rows <= ROWS_PER_JOB) rows += places[to++].rows;
    const own = sent.map((column) => ({ ...column, places: column.places.slice(from, to) }));
    if (rows > 0) jobs.push({ path, rows, columns: own });
    from = to;
  }
  return jobs;
}

/** From the codes of whoever decoded to those of the requests, in place. */
function renumber(
  { columns, texts }: DecodedRowGroups,
  requested: readonly { request: ColumnRequest }[],
): void {
  for (const [i, { request }] of requested.entries()) {
    const own = texts[i];
    if (request.as !== 'code' || own === null) continue;
    const codes = columns[i] as Uint32Array;
    const codeOf = request.table.merge(own);
    for (let row = 0; row < codes.length; row++) codes[row] = codeOf[codes[row]];
  }
}

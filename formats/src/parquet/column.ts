import type { FileHandle } from 'node:fs/promises';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import { SpatileError } from '../errors.ts';
import type { ColumnArray, ColumnRequest } from '../tabular/columns.ts';
import { isSystemError, openFailed } from '../tabular/open-failed.ts';
import { describeCause, parquetInvalid } from './invalid.ts';
import { columnPages } from './pages.ts';
import type { ParquetColumn } from './schema.ts';
import { decodePage } from './values.ts';

/** One column's part of a row group; plain data. */
export interface ChunkPlace {
  chunk: ColumnMetaData;
  rows: number;
  /** Which row group of how many, from 0, for messages. */
  group: number;
  groups: number;
}

/**
 * One column as a stream of decoded pages over row groups. Holds one page, so row groups of any size can be read in slices of
 * any length.
 */
export class ColumnStream {
  readonly #pages: AsyncGenerator<ColumnArray>;
  #page: ColumnArray | null = null;
  #at = 0;

  constructor(
    handle: FileHandle,
    places: readonly ChunkPlace[],
    column: ParquetColumn,
    request: ColumnRequest,
  ) {
    this.#pages = decodedPages(handle, places, column, request);
  }

  /** Fills `target` with the next rows. There must be as many left. */
  async read(target: ColumnArray): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      while (!this.#page || this.#at === this.#page.length) {
        const next = await this.#pages.next();
        if (next.done) throw new SpatileError('INTERNAL', 'a column stream was read past its end');
        this.#page = next.value;
        this.#at = 0;
      }
      const count = Math.min(target.length - filled, this.#page.length - this.#at);
      const slice = this.#page.subarray(this.#at, this.#at + count);
      (target as { set(values: ArrayLike<number | bigint>, at: number): void }).set(slice, filled);
      this.#at += count;
      filled += count;
    }
  }
}

async function* decodedPages(
  handle: FileHandle,
  places: readonly ChunkPlace[],
  column: ParquetColumn,
  request: ColumnRequest,
): AsyncGenerator<ColumnArray> {
  for (const { chunk, rows, group, groups } of places) {
    try {
      let dictionary: ColumnArray | null = null;
      for await (const page of columnPages(handle, chunk, column, rows)) {
        const values = decodePage(page, column, request, dictionary);
        if (page.kind === 'dictionary') dictionary = values;
        else yield values;
      }
    } catch (cause) {
      if (cause instanceof SpatileError) throw cause;
      if (isSystemError(cause)) throw openFailed(column.path, cause);
      const place = `column "${column.name}", row group ${group + 1} of ${groups}`;
      throw parquetInvalid(column.path, `${place}: ${describeCause(cause)}`, cause);
    }
  }
}

/** Where a column lies in the row groups; they were checked when the file was opened. */
export function chunkPlaces({ row_groups: groups }: FileMetaData, name: string): ChunkPlace[] {
  return groups.map(({ columns, num_rows }, group) => {
    const { statistics: _, ...chunk } = columnChunk(columns, name);
    return { chunk, rows: Number(num_rows), group, groups: groups.length };
  });
}

/** A flat column's chunk in one row group; throws when it is absent. */
export function columnChunk(
  columns: FileMetaData['row_groups'][number]['columns'],
  name: string,
): ColumnMetaData {
  const chunk = columns.find(
    ({ meta_data }) => meta_data?.path_in_schema.length === 1 && meta_data.path_in_schema[0] === name,
  );
  if (!chunk?.meta_data) throw new Error('the row group does not hold the column');
  return chunk.meta_data;
}

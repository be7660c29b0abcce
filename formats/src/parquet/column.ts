import type { FileHandle } from 'node:fs/promises';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import { SpatileError } from '../errors.ts';
import type { ColumnArray, ColumnRequest } from '../tabular/columns.ts';
import { isSystemError, openFailed } from '../tabular/open-failed.ts';
import { describeCause, parquetInvalid } from './invalid.ts';
import { columnPages } from './pages.ts';
import type { ParquetColumn } from './schema.ts';
import { decodePage } from './values.ts';

/**
 * One column of a file as a stream of decoded pages over all row groups. Holds one page, so row groups of any size can
 * be read in slices of any length.
 */
export class ColumnStream {
  readonly #pages: AsyncGenerator<ColumnArray>;
  #page: ColumnArray | null = null;
  #at = 0;

  constructor(handle: FileHandle, metadata: FileMetaData, column: ParquetColumn, request: ColumnRequest) {
    this.#pages = decodedPages(handle, metadata, column, request);
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
  metadata: FileMetaData,
  column: ParquetColumn,
  request: ColumnRequest,
): AsyncGenerator<ColumnArray> {
  for (const [index, group] of metadata.row_groups.entries()) {
    try {
      const chunk = columnChunk(group.columns, column.name);
      let dictionary: ColumnArray | null = null;
      for await (const page of columnPages(handle, chunk, column, Number(group.num_rows))) {
        const values = decodePage(page, column, request, dictionary);
        if (page.kind === 'dictionary') dictionary = values;
        else yield values;
      }
    } catch (cause) {
      if (cause instanceof SpatileError) throw cause;
      if (isSystemError(cause)) throw openFailed(column.path, cause);
      const place = `column "${column.name}", row group ${index + 1} of ${metadata.row_groups.length}`;
      throw parquetInvalid(column.path, `${place}: ${describeCause(cause)}`, cause);
    }
  }
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

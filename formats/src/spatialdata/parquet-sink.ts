import type { ColumnChunk, RowGroup } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { SOFTWARE } from './metadata.ts';
import { type EncodedChunk, type SinkColumn, type SinkData, schemaElement } from './parquet-chunk.ts';
import type { PartialStore, StoreFile } from './store.ts';

export type { SinkColumn, SinkData } from './parquet-chunk.ts';

/**
 * A Parquet file written row group by row group with bounded memory and equal bytes for equal input.
 *
 * hyparquet-writer encodes pages and the footer. Row groups are put together here, because its own `write` builds the
 * dictionary of a text column from the values met, and a categorical column needs all categories in order in every one; and
 * because the columns of a row group may be encoded elsewhere, side by side (`Encoders`).
 */
export class ParquetSink {
  readonly #store: PartialStore;
  readonly #file: StoreFile;
  readonly #bytes = new ByteWriter(1 << 10);
  readonly #columns: readonly SinkColumn[];
  readonly #writer: ParquetWriter;

  private constructor(store: PartialStore, file: StoreFile, columns: readonly SinkColumn[]) {
    this.#store = store;
    this.#file = file;
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.map(schemaElement)],
      codec: 'SNAPPY',
      createdBy: `${SOFTWARE.library} ${SOFTWARE.version}`,
    });
  }

  static async open(store: PartialStore, name: string, columns: readonly SinkColumn[]): Promise<ParquetSink> {
    return new ParquetSink(store, await store.file(name), columns);
  }

  /**
   * Writes one row group of `rows` rows: each column in the order of the columns, encoded or as data, which is not to be used any
   * more. One after the other.
   */
  async rowGroup(rows: number, data: readonly (SinkData | EncodedChunk)[]): Promise<void> {
    const encoded = await Promise.all(
      data.map((values, i) =>
        'chunk' in values ? values : this.#store.encoders.column(this.#columns[i], values),
      ),
    );
    await this.#flush();
    const group: RowGroup = {
      columns: [],
      total_byte_size: 0n,
      num_rows: BigInt(rows),
      total_compressed_size: 0n,
    };
    for (const { bytes, chunk } of encoded) {
      group.columns.push(movedBy(chunk, BigInt(this.#bytes.offset)));
      group.total_byte_size += chunk.meta_data?.total_uncompressed_size ?? 0n;
      group.total_compressed_size! += BigInt(bytes.length);
      await this.#file.append(bytes);
      this.#bytes.offset += bytes.length;
    }
    this.#writer.row_groups.push(group);
    this.#writer.num_rows += BigInt(rows);
  }

  /** Writes the footer with the given key-value entries, in their order, and closes the file. */
  async finish(metadata: Record<string, string>): Promise<void> {
    this.#writer.kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    this.#writer.finish();
    await this.#flush();
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #flush(): Promise<void> {
    const pending = this.#bytes.getBytes();
    await this.#file.append(pending);
    this.#bytes.index = 0;
  }
}

/** What the footer says of a chunk that begins `by` bytes after where it was encoded. */
function movedBy({ meta_data: meta, file_offset, ...rest }: ColumnChunk, by: bigint): ColumnChunk {
  if (meta === undefined) return { ...rest, file_offset: file_offset + by };
  const { data_page_offset: pages, dictionary_page_offset: dictionary } = meta;
  return {
    ...rest,
    meta_data: {
      ...meta,
      data_page_offset: pages + by,
      ...(dictionary === undefined ? {} : { dictionary_page_offset: dictionary + by }),
    },
    file_offset: file_offset + by,
  };
}

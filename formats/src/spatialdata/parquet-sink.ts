import type { ColumnChunk, Encoding, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { writeDataPageV2 } from 'hyparquet-writer/src/datapage.js';
import { writeDictionaryPage } from 'hyparquet-writer/src/dictionary.js';
import { SOFTWARE } from './metadata.ts';
import type { PartialStore, StoreFile } from './store.ts';

/**
 * A Parquet file written row group by row group with bounded memory and equal bytes for equal input.
 *
 * hyparquet-writer encodes pages and the footer. Row groups are put together here, because its own `write` builds the
 * dictionary of a text column from the values met, and a categorical column needs all categories in order in every one.
 */

export type SinkColumn =
  | { name: string; kind: 'float32' | 'float64' | 'int32' | 'int64' | 'uint64' | 'bool' | 'binary' }
  /** 64-bit integers that ascend evenly, such as row numbers; stored as differences. */
  | { name: string; kind: 'rowNumber' }
  /** Text in a dictionary page; written as `codes` into `dictionary`. */
  | { name: string; kind: 'text' };

export type SinkData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Uint8Array
  | readonly Uint8Array[]
  | { codes: Int32Array | Uint32Array; dictionary: readonly Uint8Array[] };

const PHYSICAL: Record<SinkColumn['kind'], Omit<SchemaElement, 'name'>> = {
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  rowNumber: { type: 'INT64' },
  bool: { type: 'BOOLEAN' },
  binary: { type: 'BYTE_ARRAY' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

const ENCODING: Partial<Record<SinkColumn['kind'], Encoding>> = {
  bool: 'RLE',
  rowNumber: 'DELTA_BINARY_PACKED',
};

/** Rows in a data page of bit-packed codes or booleans; other pages are cut by size. */
const PAGE_ROWS = 262_144;
const PAGE_BYTES = 1_048_576;

export class ParquetSink {
  readonly #file: StoreFile;
  readonly #bytes = new ByteWriter(1 << 20);
  readonly #columns: readonly SinkColumn[];
  readonly #elements: SchemaElement[];
  readonly #root: SchemaElement;
  readonly #writer: ParquetWriter;

  private constructor(file: StoreFile, columns: readonly SinkColumn[]) {
    this.#file = file;
    this.#columns = columns;
    this.#root = { name: 'schema', num_children: columns.length };
    this.#elements = columns.map(({ name, kind }) => ({
      name,
      repetition_type: 'REQUIRED',
      ...PHYSICAL[kind],
    }));
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [this.#root, ...this.#elements],
      codec: 'SNAPPY',
      createdBy: `${SOFTWARE.library} ${SOFTWARE.version}`,
    });
  }

  static async open(store: PartialStore, name: string, columns: readonly SinkColumn[]): Promise<ParquetSink> {
    return new ParquetSink(await store.file(name), columns);
  }

  /** Writes one row group of `rows` rows: the data of each column in the order of the columns. */
  async rowGroup(rows: number, data: readonly SinkData[]): Promise<void> {
    const start = this.#bytes.offset;
    const chunks = data.map((values, i) => this.#chunk(i, values));
    let uncompressed = 0n;
    for (const { meta_data } of chunks) uncompressed += meta_data?.total_uncompressed_size ?? 0n;
    this.#writer.row_groups.push({
      columns: chunks,
      total_byte_size: uncompressed,
      num_rows: BigInt(rows),
      total_compressed_size: BigInt(this.#bytes.offset - start),
    });
    this.#writer.num_rows += BigInt(rows);
    await this.#flush();
  }

  #chunk(index: number, data: SinkData): ColumnChunk {
    const { name, kind } = this.#columns[index];
    const column = {
      columnName: name,
      element: this.#elements[index],
      schemaPath: [this.#root, this.#elements[index]],
      codec: 'SNAPPY' as const,
      compressors: this.#writer.compressors,
      // Bounds let viewers skip row groups by place; for ids and codes they cost more than they save.
      stats: kind === 'float32' || kind === 'float64',
      pageSize: PAGE_BYTES,
      columnIndex: false,
      offsetIndex: false,
      encoding: ENCODING[kind] ?? 'PLAIN',
    };
    if (typeof data === 'object' && 'codes' in data) return this.#dictionaryChunk(column, data);
    const values = data as Float32Array;
    const pageData = { values, definitionLevels: [], repetitionLevels: [], maxDefinitionLevel: 0 };
    return writeColumn({ writer: this.#bytes, column, pageData }).chunk;
  }

  #dictionaryChunk(
    column: Parameters<typeof writeDictionaryPage>[1],
    data: { codes: Int32Array | Uint32Array; dictionary: readonly Uint8Array[] },
  ): ColumnChunk {
    const writer = this.#bytes;
    const start = writer.offset;
    let uncompressed = writeDictionaryPage(writer, column, data.dictionary as Uint8Array[]);
    const pagesStart = writer.offset;
    for (let from = 0; from < data.codes.length; from += PAGE_ROWS) {
      // The encoder packs 32-bit numbers; a view with that sign keeps it exact.
      const values = data.codes.subarray(from, from + PAGE_ROWS) as Int32Array;
      const pageData = { values, definitionLevels: [], repetitionLevels: [], maxDefinitionLevel: 0 };
      uncompressed += writeDataPageV2({ writer, column, encoding: 'RLE_DICTIONARY', pageData });
    }
    return {
      meta_data: {
        type: 'BYTE_ARRAY',
        encodings: ['PLAIN', 'RLE_DICTIONARY'],
        path_in_schema: [column.columnName],
        codec: 'SNAPPY',
        num_values: BigInt(data.codes.length),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(uncompressed),
        data_page_offset: BigInt(pagesStart),
        dictionary_page_offset: BigInt(start),
      },
      file_offset: BigInt(start),
    };
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

import type { ColumnChunk, Encoding, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { writeDataPageV2 } from 'hyparquet-writer/src/datapage.js';
import { writeDictionaryPage } from 'hyparquet-writer/src/dictionary.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { type PlainNumbers, writePlainChunk } from './plain-chunk.ts';

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

/** One column of a row group: its bytes, and what the footer says of them, with offsets from the first of these bytes. */
export interface EncodedChunk {
  bytes: Uint8Array;
  chunk: ColumnChunk;
}

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

/** Kinds whose numbers lie in memory as they lie in the file; numbers of another type are checked and converted one by one. */
const IN_MEMORY: Partial<Record<SinkColumn['kind'], NewableFunction>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

const ENCODING: Partial<Record<SinkColumn['kind'], Encoding>> = {
  bool: 'RLE',
  rowNumber: 'DELTA_BINARY_PACKED',
};

/** Rows in a data page of bit-packed codes or booleans; other pages are cut by size. */
const PAGE_ROWS = 262_144;
const PAGE_BYTES = 1_048_576;

/** The entry of a column in the schema. */
export const schemaElement = ({ name, kind }: SinkColumn): SchemaElement => ({
  name,
  repetition_type: 'REQUIRED',
  ...PHYSICAL[kind],
});

/** Encodes one column of a row group (data pages of version 2, SNAPPY); equal input gives equal bytes. */
export function encodeChunk(column: SinkColumn, data: SinkData): EncodedChunk {
  const element = schemaElement(column);
  const encoder = {
    columnName: column.name,
    element,
    schemaPath: [{ name: 'schema' }, element],
    codec: 'SNAPPY' as const,
    compressors: { SNAPPY: snappyCompress },
    // Bounds let viewers skip row groups by place; for ids and codes they cost more than they save.
    stats: column.kind === 'float32' || column.kind === 'float64',
    pageSize: PAGE_BYTES,
    columnIndex: false,
    offsetIndex: false,
    encoding: ENCODING[column.kind] ?? 'PLAIN',
  };
  const writer = new ByteWriter(1 << 18);
  if (typeof data === 'object' && 'codes' in data) {
    const chunk = dictionaryChunk(writer, encoder, data);
    return { bytes: writer.getBytes(), chunk };
  }
  if (IN_MEMORY[column.kind] === data.constructor) {
    const { columnName, stats } = encoder;
    const plain = { columnName, type: element.type!, pageBytes: PAGE_BYTES, stats };
    const chunk = writePlainChunk(writer, plain, data as PlainNumbers);
    return { bytes: writer.getBytes(), chunk };
  }
  const values = data as Float32Array;
  const pageData = { values, definitionLevels: [], repetitionLevels: [], maxDefinitionLevel: 0 };
  const { chunk } = writeColumn({ writer, column: encoder, pageData });
  return { bytes: writer.getBytes(), chunk };
}

function dictionaryChunk(
  writer: ByteWriter,
  column: Parameters<typeof writeDictionaryPage>[1],
  data: { codes: Int32Array | Uint32Array; dictionary: readonly Uint8Array[] },
): ColumnChunk {
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

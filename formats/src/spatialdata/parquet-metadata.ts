import {
  Binary,
  Bool,
  type DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  Schema,
  Table,
  tableToIPC,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { SOFTWARE } from './metadata.ts';
import type { SinkColumn } from './parquet-sink.ts';

/** The key-value entries by which pandas and Arrow restore their own types from a Parquet file. */

const ARROW_TYPE: Record<SinkColumn['kind'], () => DataType> = {
  float32: () => new Float32(),
  float64: () => new Float64(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  rowNumber: () => new Int64(),
  uint64: () => new Uint64(),
  bool: () => new Bool(),
  binary: () => new Binary(),
  text: () => new Utf8(),
};

/**
 * The value of `ARROW:schema`: base64 of the schema message of an empty Arrow stream. `categorical` names the text
 * columns that come back as Dictionary<int32, utf8>. `metadata` holds the file's other entries: where this one is present,
 * Arrow takes them from here (dask finds categories and index of pandas only so).
 */
export function arrowSchema(
  columns: readonly SinkColumn[],
  categorical: ReadonlySet<string>,
  metadata: Readonly<Record<string, string>>,
): string {
  const fields = columns.map(({ name, kind }, i) => {
    // Ids are given, because apache-arrow otherwise counts them through the life of the process.
    const type = categorical.has(name) ? new Dictionary(new Utf8(), new Int32(), i) : ARROW_TYPE[kind]();
    return new Field(name, type, false);
  });
  const stream = tableToIPC(new Table(new Schema(fields, new Map(Object.entries(metadata)))), 'stream');
  const length = 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
  return Buffer.from(stream.subarray(0, length)).toString('base64');
}

const NUMPY_TYPE: Record<SinkColumn['kind'], [pandas: string, numpy: string]> = {
  float32: ['float32', 'float32'],
  float64: ['float64', 'float64'],
  int32: ['int32', 'int32'],
  int64: ['int64', 'int64'],
  rowNumber: ['int64', 'int64'],
  uint64: ['uint64', 'uint64'],
  bool: ['bool', 'bool'],
  binary: ['bytes', 'object'],
  text: ['unicode', 'object'],
};

/** The value of `pandas`: which columns are the index, and which are categorical with how many categories. */
export function pandasMetadata(
  columns: readonly SinkColumn[],
  index: readonly string[],
  categories: ReadonlyMap<string, number> = new Map(),
): string {
  return JSON.stringify({
    index_columns: index,
    column_indexes: [],
    columns: columns.map(({ name, kind }) => {
      const count = categories.get(name);
      const [pandas, numpy] = count === undefined ? NUMPY_TYPE[kind] : ['categorical', 'int32'];
      const metadata = count === undefined ? null : { num_categories: count, ordered: false };
      return { name, field_name: name, pandas_type: pandas, numpy_type: numpy, metadata };
    }),
    creator: SOFTWARE,
    pandas_version: '2.2.0',
  });
}

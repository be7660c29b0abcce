import { SpatileError } from '@spatile/formats/errors';
import {
  type DataType,
  Field,
  Float32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  Uint8,
  Uint32,
  Uint64,
} from 'apache-arrow';

/**
 * The columns of one partition file: the kept transcripts observed in one tile's core, in input order. Plain Arrow IPC, so
 * that any Arrow program can open it.
 */
export interface PartitionColumns {
  /** 0-based input row. */
  row: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  /** Index into the slide's feature list (genes by name, then controls by name). */
  feature: Uint32Array;
  qv: Float32Array;
  transcript_id: BigUint64Array;
  /** Slide cell of the prior by the vendor's per-transcript id, 0 = none. */
  prior: Uint32Array;
  /** 1 = in a nucleus says the instrument. */
  nuclear: Uint8Array;
}

/** Column order and bytes per value; a record is 37 bytes. */
const COLUMNS: {
  name: keyof PartitionColumns;
  type: () => DataType;
  bytes: number;
  array: (n: number) => PartitionColumns[keyof PartitionColumns];
}[] = [
  { name: 'row', type: () => new Uint32(), bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'x', type: () => new Float32(), bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'y', type: () => new Float32(), bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'z', type: () => new Float32(), bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'feature', type: () => new Uint32(), bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'qv', type: () => new Float32(), bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'transcript_id', type: () => new Uint64(), bytes: 8, array: (n) => new BigUint64Array(n) },
  { name: 'prior', type: () => new Uint32(), bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'nuclear', type: () => new Uint8(), bytes: 1, array: (n) => new Uint8Array(n) },
];

export const RECORD_BYTES = COLUMNS.reduce((sum, column) => sum + column.bytes, 0);

export function allocateColumns(n: number): PartitionColumns {
  return Object.fromEntries(
    COLUMNS.map((column) => [column.name, column.array(n)]),
  ) as unknown as PartitionColumns;
}

/** The entries of `columns` from `from` to `to`, without a copy. */
export function columnsWithin(columns: PartitionColumns, from: number, to: number): PartitionColumns {
  const out = Object.fromEntries(COLUMNS.map(({ name }) => [name, columns[name].subarray(from, to)]));
  return out as unknown as PartitionColumns;
}

/** Copies all entries of `from` into `to` from entry `at` on. */
export function copyColumns(from: PartitionColumns, to: PartitionColumns, at: number): void {
  for (const { name } of COLUMNS) (to[name] as Uint32Array).set(from[name] as Uint32Array, at);
}

/** The first `n` entries of every column, as one block of bytes, column after column. */
export function packColumns(columns: PartitionColumns, n: number): Uint8Array {
  const out = new Uint8Array(n * RECORD_BYTES);
  let offset = 0;
  for (const { name, bytes } of COLUMNS) {
    const column = columns[name];
    out.set(new Uint8Array(column.buffer, column.byteOffset, n * bytes), offset);
    offset += n * bytes;
  }
  return out;
}

/** Copies a packed block of `n` records into `columns` from entry `at` on. */
export function unpackInto(columns: PartitionColumns, at: number, packed: Uint8Array, n: number): void {
  let offset = 0;
  for (const { name, bytes } of COLUMNS) {
    const column = columns[name];
    new Uint8Array(column.buffer, column.byteOffset + at * bytes, n * bytes).set(
      packed.subarray(offset, offset + n * bytes),
    );
    offset += n * bytes;
  }
}

export function encodePartition(columns: PartitionColumns): Uint8Array {
  const schema = new Schema(COLUMNS.map(({ name, type }) => new Field(name, type(), false)));
  const children = COLUMNS.map(({ name, type }) =>
    makeData({
      type: type() as never,
      length: columns[name].length,
      nullCount: 0,
      data: columns[name] as never,
    }),
  );
  const data = makeData({
    type: new Struct(schema.fields),
    length: columns.row.length,
    nullCount: 0,
    children,
  });
  return RecordBatchFileWriter.writeAll(new Table([new RecordBatch(schema, data as never)])).toUint8Array(
    true,
  );
}

/** The columns of a partition file. Errors: `RUN_CORRUPT` when it is not Arrow or a column is missing. */
export function decodePartition(bytes: Uint8Array, where: string): PartitionColumns {
  const table = readTable(bytes, where);
  const out: Record<string, unknown> = {};
  for (const { name } of COLUMNS) {
    const column = table.getChild(name);
    if (column === null)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${where}: column ${name} is missing; expected the file as it was written; start again with --overwrite`,
      );
    out[name] = column.toArray();
  }
  return out as unknown as PartitionColumns;
}

function readTable(bytes: Uint8Array, where: string): Table {
  try {
    return tableFromIPC(bytes);
  } catch (cause) {
    throw new SpatileError(
      'RUN_CORRUPT',
      `${where}: not readable as Arrow (${(cause as Error).message}); expected the file as it was written; start again with --overwrite`,
      { cause },
    );
  }
}

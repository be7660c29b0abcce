import type { BlockRows } from '@spatile/formats/tile/rows';

/** The columns of one partition: the kept transcripts observed in one tile's core, in input order. */
export interface PartitionColumns extends BlockRows {
  qv: Float32Array;
  transcript_id: BigUint64Array;
}

type Name = keyof PartitionColumns;

/** Column order and bytes per value; a record is 37 bytes. */
const COLUMNS: { name: Name; bytes: number; array: (n: number) => PartitionColumns[Name] }[] = [
  { name: 'row', bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'x', bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'y', bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'z', bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'feature', bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'qv', bytes: 4, array: (n) => new Float32Array(n) },
  { name: 'transcript_id', bytes: 8, array: (n) => new BigUint64Array(n) },
  { name: 'prior', bytes: 4, array: (n) => new Uint32Array(n) },
  { name: 'nuclear', bytes: 1, array: (n) => new Uint8Array(n) },
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

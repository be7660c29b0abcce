import type { Column } from './frame.ts';

export type ColumnType = {
  new (buffer: ArrayBuffer, at?: number, n?: number): Column;
  readonly BYTES_PER_ELEMENT: number;
};

/** The `count` values of a type from byte `at` of `bytes` on: a view on them where alignment allows, else a copy. */
export function columnAt(bytes: Uint8Array, at: number, count: number, type: ColumnType): Column {
  const from = bytes.byteOffset + at;
  if (from % type.BYTES_PER_ELEMENT === 0) return new type(bytes.buffer as ArrayBuffer, from, count);
  // Not `slice`: that of a Buffer is a view, too.
  return new type(new Uint8Array(bytes.subarray(at, at + count * type.BYTES_PER_ELEMENT)).buffer);
}

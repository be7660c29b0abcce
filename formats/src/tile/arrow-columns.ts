import { type ColumnType, columnAt } from './column-at.ts';
import type { Columns } from './frame.ts';

/**
 * Reads the Arrow IPC files that `encodeFrame` writes, and no others: one record batch of columns of plain numbers, none null,
 * nothing compressed. Apache Arrow's reader believes what a file says of itself, such as a trillion values of no bytes, and does not
 * come back; here every place and length is held against the bytes there are. Format: Arrow Columnar Format, "IPC File Format",
 * over FlatBuffers, whose tables name the places of their fields.
 */
const MAGIC = 'ARROW1';
/** Length of the footer, and the magic behind it. */
const TAIL = 10;
const LONGEST_NAME = 256;
/** `MessageHeader.RecordBatch`, `Type.Int` and `Type.FloatingPoint` of the format. */
const RECORD_BATCH = 3;
const INT = 2;
const FLOAT = 3;
/** Bytes of the structs `Block`, `FieldNode` and `Buffer`. */
const BLOCK = 24;
const NODE = 16;
const BUFFER = 16;

const SIGNED = { 8: Int8Array, 16: Int16Array, 32: Int32Array, 64: BigInt64Array };
const UNSIGNED = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, 64: BigUint64Array };
const FLOATS = { 1: Float32Array, 2: Float64Array };

/** The columns, views on `bytes` where alignment allows; null when they are not described as above or end early. */
export function decodeArrow(bytes: Uint8Array): Columns | null {
  try {
    return columnsOf(bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function columnsOf(bytes: Uint8Array): Columns {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magicAt = (at: number): boolean => textOf(view, at, MAGIC.length) === MAGIC;
  const tail = bytes.length - TAIL;
  demand(magicAt(0) && magicAt(tail + 4));
  const footer = FlatTable.at(view, tail - view.getUint32(tail, true));
  const fields = footer.table(1).vector(1, 4);
  const batches = footer.vector(3, BLOCK);
  demand(batches.count === 1);
  const message = whole(view, batches.start);
  const body = message + view.getUint32(batches.start + 8, true);
  const header = FlatTable.at(view, message + 8);
  demand(header.byte(1) === RECORD_BATCH);
  const batch = header.table(2);
  demand(!batch.has(3));
  const rows = batch.has(0) ? whole(view, batch.place(0)) : 0;
  const nodes = batch.vector(1, NODE);
  const buffers = batch.vector(2, BUFFER);
  demand(nodes.count === fields.count && buffers.count === 2 * fields.count);
  const columns: Columns = {};
  // Columns lie one after the other: none takes bytes of another.
  let free = body;
  for (let f = 0; f < fields.count; f++) {
    const { name, type } = described(FlatTable.at(view, fields.start + 4 * f));
    const length = whole(view, nodes.start + NODE * f);
    demand(length === rows && whole(view, nodes.start + NODE * f + 8) === 0);
    const values = buffers.start + BUFFER * (2 * f + 1);
    const at = body + whole(view, values);
    const size = length * type.BYTES_PER_ELEMENT;
    demand(at >= free && size <= whole(view, values + 8) && at + size <= tail);
    free = at + size;
    columns[name] = columnAt(bytes, at, length, type);
  }
  return columns;
}

/** Name and type of a column from its `Field`. */
function described(field: FlatTable): { name: string; type: ColumnType } {
  demand(!field.has(4));
  const name = field.text(0);
  const kind = field.byte(2);
  const of = field.table(3);
  const byWidth = kind === INT ? (of.byte(1) === 1 ? SIGNED : UNSIGNED) : kind === FLOAT ? FLOATS : {};
  const type = (byWidth as Record<number, ColumnType>)[of.byte(0)];
  demand(type !== undefined);
  return { name, type };
}

/** A table of FlatBuffers. Whatever lies outside of the bytes is a `RangeError`, as `DataView` throws it. */
class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  /** The table that a place refers to, or that a buffer from there on holds. */
  static at(view: DataView, place: number): FlatTable {
    return new FlatTable(view, place + view.getUint32(place, true));
  }

  has(field: number): boolean {
    return this.#offset(field) !== 0;
  }

  place(field: number): number {
    const offset = this.#offset(field);
    demand(offset !== 0);
    return this.#at + offset;
  }

  /** The first byte of a scalar; 0 where it is left out, which is what it is then. */
  byte(field: number): number {
    return this.has(field) ? this.#view.getUint8(this.place(field)) : 0;
  }

  table(field: number): FlatTable {
    return FlatTable.at(this.#view, this.place(field));
  }

  /** Where the elements of a vector begin, and how many there are. */
  vector(field: number, elementBytes: number): { start: number; count: number } {
    const at = this.place(field);
    const start = at + this.#view.getUint32(at, true) + 4;
    const count = this.#view.getUint32(start - 4, true);
    demand(start + count * elementBytes <= this.#view.byteLength);
    return { start, count };
  }

  text(field: number): string {
    const { start, count } = this.vector(field, 1);
    demand(count <= LONGEST_NAME);
    return textOf(this.#view, start, count);
  }

  #offset(field: number): number {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const entry = 4 + 2 * field;
    return entry < this.#view.getUint16(vtable, true) ? this.#view.getUint16(vtable + entry, true) : 0;
  }
}

/** A number of 64 bits that is no less than 0 and no more than there are bytes. */
function whole(view: DataView, at: number): number {
  const value = view.getBigInt64(at, true);
  demand(value >= 0n && value <= BigInt(view.byteLength));
  return Number(value);
}

function textOf(view: DataView, at: number, length: number): string {
  demand(at >= 0 && at + length <= view.byteLength);
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('utf8');
}

function demand(isSo: boolean): asserts isSo {
  if (!isSo) throw new RangeError('not as encodeFrame writes it');
}

import { createHash } from 'node:crypto';
import { makeTable, type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { SpatileError } from '../errors.ts';

/**
 * The binary container of everything that crosses a process border or lies in the run directory: a set of named tables
 * of typed columns, each an Arrow IPC file, behind a small header with a checksum.
 *
 * ```
 * 0   8  magic "SPATILE1"
 * 8   4  header length H, little endian
 * 12  32 SHA-256 of everything after this field
 * 44  H  header, UTF-8 JSON: { kind, meta, tables: [{ name, offset, length }] }, offsets from the body's start
 * ..     padding to 64, then the bodies, each padded to 64
 * ```
 *
 * Encoding is a pure function of its argument: same columns, same bytes.
 */

export type Column =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;

export type Columns = Record<string, Column>;

export interface Frame {
  /** What this frame is, such as `assign-tile`; checked by whoever decodes it. */
  kind: string;
  /** Small JSON facts: parameters, sizes, ids. */
  meta: Record<string, unknown>;
  tables: Record<string, Columns>;
}

const MAGIC = Buffer.from('SPATILE1', 'latin1');
const HEADER_START = 44;
const ALIGN = 64;

const padded = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;

/** Serialises a frame. Columns of one table must have equal lengths (`INTERNAL` otherwise). */
export function encodeFrame(frame: Frame): Uint8Array {
  const bodies: { name: string; bytes: Uint8Array }[] = [];
  for (const [name, columns] of Object.entries(frame.tables)) {
    const lengths = new Set(Object.values(columns).map((column) => column.length));
    if (lengths.size > 1) {
      throw new SpatileError(
        'INTERNAL',
        `frame ${frame.kind}: columns of table ${name} differ in length (${[...lengths].join(', ')})`,
      );
    }
    // biome-ignore lint/suspicious/noExplicitAny: makeTable's type wants one literal record per call
    bodies.push({ name, bytes: tableToIPC(makeTable(columns as any) as Table, 'file') });
  }
  let offset = 0;
  const tables = bodies.map(({ name, bytes }) => {
    const entry = { name, offset, length: bytes.length };
    offset += padded(bytes.length);
    return entry;
  });
  const header = Buffer.from(JSON.stringify({ kind: frame.kind, meta: frame.meta, tables }), 'utf8');
  const bodyStart = padded(HEADER_START + header.length);
  const out = new Uint8Array(bodyStart + offset);
  out.set(MAGIC, 0);
  new DataView(out.buffer).setUint32(8, header.length, true);
  out.set(header, HEADER_START);
  bodies.forEach(({ bytes }, i) => {
    out.set(bytes, bodyStart + tables[i].offset);
  });
  out.set(createHash('sha256').update(out.subarray(HEADER_START)).digest(), 12);
  return out;
}

/** The SHA-256 (hexadecimal) that a frame says it has, not verified; of bytes that are no frame their own. */
export function frameDigest(bytes: Uint8Array): string {
  if (bytes.length < HEADER_START || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0)
    return createHash('sha256').update(bytes).digest('hex');
  return Buffer.from(bytes.subarray(12, HEADER_START)).toString('hex');
}

/**
 * Parses a frame and verifies its checksum. Columns are views on `bytes` where alignment allows.
 * Errors: `RUN_CORRUPT` when magic, sizes or checksum do not fit, or when `kind` is not the expected one
 * (null takes any).
 */
export function decodeFrame(bytes: Uint8Array, kind: string | null, where = kind ?? 'frame'): Frame {
  const corrupt = (what: string): SpatileError =>
    new SpatileError(
      'RUN_CORRUPT',
      `${where}: ${what}; expected an undamaged file of this version; start again with --overwrite`,
      { fields: { where } },
    );
  if (bytes.length < HEADER_START || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0)
    throw corrupt('not a spatile frame');
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (HEADER_START + headerLength > bytes.length) throw corrupt('truncated header');
  const digest = createHash('sha256').update(bytes.subarray(HEADER_START)).digest();
  if (Buffer.compare(digest, bytes.subarray(12, 44)) !== 0) throw corrupt('checksum does not match');
  const header = JSON.parse(
    Buffer.from(bytes.subarray(HEADER_START, HEADER_START + headerLength)).toString('utf8'),
  ) as {
    kind: string;
    meta: Record<string, unknown>;
    tables: { name: string; offset: number; length: number }[];
  };
  if (kind !== null && header.kind !== kind) throw corrupt(`holds ${header.kind}, expected ${kind}`);
  const bodyStart = padded(HEADER_START + headerLength);
  const tables: Record<string, Columns> = {};
  for (const { name, offset, length } of header.tables) {
    if (bodyStart + offset + length > bytes.length) throw corrupt(`table ${name} is truncated`);
    const table = tableFromIPC(bytes.subarray(bodyStart + offset, bodyStart + offset + length));
    const columns: Columns = {};
    for (const field of table.schema.fields)
      columns[field.name] = table.getChild(field.name)!.toArray() as Column;
    tables[name] = columns;
  }
  return { kind: header.kind, meta: header.meta, tables };
}

import { createHash } from 'node:crypto';
import { makeTable, type Table, tableToIPC } from 'apache-arrow';
import { SpatileError } from '../errors.ts';
import { decodeArrow } from './arrow-columns.ts';
import { areBareColumns, decodeBareColumns, encodeBareColumns } from './bare-columns.ts';

/**
 * The binary container of everything that crosses a process border or lies in the run directory: a set of named tables
 * of typed columns, each an Arrow IPC file (or, where there are many small ones, bare columns: `bare-columns.ts`), behind a small header
 * with a checksum.
 *
 * ```
 * 0   8  magic "SPATILE1"
 * 8   4  header length H, little endian
 * 12  32 SHA-256 of everything after this field, up to the pieces
 * 44  H  header, UTF-8 JSON: { kind, meta, tables: [{ name, offset, length }], pieces?: the same }, offsets from the body's start
 * ..     padding to 64, then the bodies, each padded to 64: those of the tables, then the pieces
 * ```
 *
 * A piece is a run of bytes that was stored before, best another frame: it is passed on as it is. Its digest (`frameDigest`)
 * stands in the header, so that equal digests of two frames mean equal pieces, and is not calculated anew for a piece that is
 * a frame: whoever opens that verifies it (`openPiece`). So such a piece costs its length in copied bytes and nothing more.
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
  /** Bytes that ride along unread; none when absent. */
  pieces?: Record<string, Uint8Array>;
  /** Pieces of a frame that is to be sent which still lie in files; they follow the others. None in a frame that came. */
  stored?: Record<string, StoredPiece>;
  /** Whether its tables are to be written as bare columns; whoever reads them need not know. */
  bare?: boolean;
}

/** A piece that lies in a file of the run directory. */
export interface StoredPiece {
  file: string;
  /** Bytes from the start of the file, and how many. */
  start: number;
  length: number;
  /** `frameDigest` of it, as whoever stored it said. */
  sha256: string;
}

/** A frame as it is sent: what it says itself, and where its pieces come behind that. */
export interface FrameParts {
  /** Header and tables, with the checksum. */
  head: Uint8Array;
  /** In the order of `at`, bytes from the start of the frame; zeros lie between them. */
  pieces: { at: number; from: Uint8Array | StoredPiece }[];
  /** Of the whole frame, bytes. */
  length: number;
}

/** Where a body lies in a frame, in bytes from the start of the bodies. */
interface BodyEntry {
  name: string;
  offset: number;
  length: number;
}

interface PieceEntry extends BodyEntry {
  sha256: string;
}

interface FrameHeader {
  kind: string;
  meta: Record<string, unknown>;
  tables: BodyEntry[];
  pieces?: PieceEntry[];
}

const MAGIC = Buffer.from('SPATILE1', 'latin1');
const HEADER_START = 44;
const ALIGN = 64;

const padded = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;

/** Serialises a frame. Errors: `INTERNAL` as of `frameParts`, and when a piece lies in a file. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { head, pieces, length } = frameParts(frame);
  if (pieces.length === 0) return head;
  const out = new Uint8Array(length);
  out.set(head);
  for (const { at, from } of pieces) {
    if (!(from instanceof Uint8Array))
      throw new SpatileError(
        'INTERNAL',
        `frame ${frame.kind}: a piece lies in ${from.file}; please report this`,
      );
    out.set(from, at);
  }
  return out;
}

/** A frame before its pieces are copied behind it. Columns of one table must have equal lengths (`INTERNAL` otherwise). */
export function frameParts(frame: Frame): FrameParts {
  const bodies = Object.entries(frame.tables).map(([name, columns]) => ({
    name,
    bytes: encodedTable(frame, name, columns),
  }));
  const tables = entriesOf(bodies, 0);
  const checked = endOf(tables);
  const carried = [...Object.entries(frame.pieces ?? {}), ...Object.entries(frame.stored ?? {})].map(
    ([name, bytes]) => ({ name, bytes }),
  );
  const pieces = entriesOf(carried, checked).map((entry, i): PieceEntry => {
    const { bytes } = carried[i];
    return { ...entry, sha256: bytes instanceof Uint8Array ? frameDigest(bytes) : bytes.sha256 };
  });
  const facts: FrameHeader = { kind: frame.kind, meta: frame.meta, tables };
  if (pieces.length > 0) facts.pieces = pieces;
  const header = Buffer.from(JSON.stringify(facts), 'utf8');
  const bodyStart = padded(HEADER_START + header.length);
  const head = new Uint8Array(bodyStart + checked);
  head.set(MAGIC, 0);
  new DataView(head.buffer).setUint32(8, header.length, true);
  head.set(header, HEADER_START);
  tables.forEach(({ offset }, i) => {
    head.set(bodies[i].bytes, bodyStart + offset);
  });
  head.set(digestOf(head, head.length), 12);
  return {
    head,
    pieces: pieces.map(({ offset }, i) => ({ at: bodyStart + offset, from: carried[i].bytes })),
    length: bodyStart + Math.max(checked, endOf(pieces)),
  };
}

function encodedTable({ kind, bare }: Frame, name: string, columns: Columns): Uint8Array {
  const lengths = new Set(Object.values(columns).map((column) => column.length));
  if (lengths.size > 1)
    throw new SpatileError(
      'INTERNAL',
      `frame ${kind}: columns of table ${name} differ in length (${[...lengths].join(', ')})`,
    );
  return bare === true ? encodeBareColumns(columns) : encodeArrow(columns);
}

const encodeArrow = (columns: Columns): Uint8Array =>
  // biome-ignore lint/suspicious/noExplicitAny: makeTable's type wants one literal record per call
  tableToIPC(makeTable(columns as any) as Table, 'file');

/** The columns of a table; null when it is not one: what somebody else made and gave a checksum may be anything. */
const decodeTable = (bytes: Uint8Array): Columns | null =>
  areBareColumns(bytes) ? decodeBareColumns(bytes) : decodeArrow(bytes);

/** Places of bodies that begin at `from`, one after the other. */
function entriesOf(
  bodies: readonly { name: string; bytes: { length: number } }[],
  from: number,
): BodyEntry[] {
  let offset = from;
  return bodies.map(({ name, bytes }) => {
    const entry = { name, offset, length: bytes.length };
    offset += padded(bytes.length);
    return entry;
  });
}

/** Where the last of some bodies ends, padding included; 0 without bodies. */
const endOf = (entries: readonly BodyEntry[]): number =>
  entries.reduce((end, { offset, length }) => Math.max(end, offset + padded(length)), 0);

const digestOf = (bytes: Uint8Array, end: number): Buffer =>
  createHash('sha256').update(bytes.subarray(HEADER_START, end)).digest();

/** The SHA-256 (hexadecimal) that a frame says it has, not verified; of bytes that are no frame their own. */
export function frameDigest(bytes: Uint8Array): string {
  if (bytes.length < HEADER_START || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0)
    return createHash('sha256').update(bytes).digest('hex');
  return Buffer.from(bytes.subarray(12, HEADER_START)).toString('hex');
}

/**
 * Parses a frame and verifies its checksum; that of a piece is the business of whoever opens it. Columns and pieces are views on
 * `bytes` where alignment allows.
 * Errors: `RUN_CORRUPT` when magic, sizes or checksum do not fit, or when `kind` is not the expected one
 * (null takes any).
 */
export function decodeFrame(bytes: Uint8Array, kind: string | null, where = kind ?? 'frame'): Frame {
  const corrupt = corruptionOf(where);
  const { header, bodyStart } = verifiedHeader(bytes, kind, where);
  const body = ({ offset, length }: BodyEntry): Uint8Array =>
    bytes.subarray(bodyStart + offset, bodyStart + offset + length);
  const tables: Record<string, Columns> = {};
  for (const entry of header.tables) {
    const columns = decodeTable(body(entry));
    if (columns === null) throw corrupt(`table ${entry.name} is not described as it should be`);
    tables[entry.name] = columns;
  }
  const frame: Frame = { kind: header.kind, meta: header.meta, tables };
  if (header.pieces === undefined) return frame;
  if (bodyStart + endOf(header.pieces) > bytes.length) throw corrupt('a piece is truncated');
  const pieces = header.pieces.map((entry) => [entry.name, body(entry), entry.sha256] as const);
  const wrong = pieces.find(([, piece, sha256]) => frameDigest(piece) !== sha256);
  if (wrong !== undefined) throw corrupt(`piece ${wrong[0]} is another than it was sent with`);
  frame.pieces = Object.fromEntries(pieces.map(([name, piece]) => [name, piece]));
  return frame;
}

const corruptionOf =
  (where: string) =>
  (what: string): SpatileError =>
    new SpatileError(
      'RUN_CORRUPT',
      `${where}: ${what}; expected an undamaged file of this version; start again with --overwrite`,
      { fields: { where } },
    );

/** The header of a frame whose checksum fits, and whose kind is the expected one. */
function verifiedHeader(
  bytes: Uint8Array,
  kind: string | null,
  where: string,
): { header: FrameHeader; bodyStart: number } {
  const corrupt = corruptionOf(where);
  const { header, bodyStart } = readHeader(bytes, corrupt);
  const checked = bodyStart + endOf(header.tables);
  if (checked > bytes.length) throw corrupt('a table is truncated');
  if (Buffer.compare(digestOf(bytes, checked), bytes.subarray(12, HEADER_START)) !== 0)
    throw corrupt('checksum does not match');
  if (kind !== null && header.kind !== kind) throw corrupt(`holds ${header.kind}, expected ${kind}`);
  return { header, bodyStart };
}

/** Where the bodies of a frame begin, if it is one. */
const bodyStartOf = (bytes: Uint8Array): number =>
  padded(HEADER_START + new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true));

/**
 * A piece of a frame that is a frame itself, verified by its own checksum.
 * Errors: `RUN_CORRUPT` as of `decodeFrame`, and when there is no such piece.
 */
export function openPiece({ kind, pieces }: Frame, name: string, pieceKind: string): Frame {
  const bytes = pieces?.[name];
  if (bytes === undefined)
    throw new SpatileError(
      'RUN_CORRUPT',
      `frame ${kind}: piece ${name} is missing; expected a frame of this version; use workers of the coordinator's version`,
    );
  return decodeFrame(bytes, pieceKind, `frame ${kind}, piece ${name}`);
}

/** What a frame says of itself before its tables, and where its pieces lie in it. */
export interface FrameLayout {
  kind: string;
  meta: Record<string, unknown>;
  /** Bytes from the start of the frame. */
  pieces: ReadonlyMap<string, { start: number; length: number; sha256: string }>;
}

/**
 * The layout of a frame that has no tables, verified, from its first bytes; null when those do not hold its header.
 * Errors: `RUN_CORRUPT` as of `decodeFrame`.
 * @param size of the frame, bytes: no more than that is asked for.
 */
export function frameLayout(head: Uint8Array, size: number, kind: string, where: string): FrameLayout | null {
  const isAll = head.length >= size;
  if (!isAll && head.length >= HEADER_START && bodyStartOf(head) > head.length) return null;
  const { bodyStart, header } = verifiedHeader(head, kind, where);
  const { pieces = [] } = header;
  if (bodyStart + endOf(pieces) > size) throw corruptionOf(where)('a piece is truncated');
  const places = pieces.map(
    ({ name, offset, length, sha256 }) => [name, { start: bodyStart + offset, length, sha256 }] as const,
  );
  return { kind: header.kind, meta: header.meta, pieces: new Map(places) };
}

/** The header of a frame, not yet verified by its checksum: of a damaged one it says where that would be at most. */
function readHeader(
  bytes: Uint8Array,
  corrupt: (what: string) => SpatileError,
): { header: FrameHeader; bodyStart: number } {
  if (bytes.length < HEADER_START || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0)
    throw corrupt('not a spatile frame');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const end = HEADER_START + length;
  if (end > bytes.length) throw corrupt('truncated header');
  const header = parsed(Buffer.from(bytes.subarray(HEADER_START, end)).toString('utf8'));
  if (header === null) throw corrupt('checksum does not match (its header is unreadable)');
  return { header, bodyStart: padded(end) };
}

/** The header of a frame if it has the form of one. */
function parsed(text: string): FrameHeader | null {
  let header: Partial<FrameHeader> | null;
  try {
    header = JSON.parse(text) as Partial<FrameHeader> | null;
  } catch {
    return null;
  }
  const whole = (entries: unknown): boolean =>
    Array.isArray(entries) &&
    entries.every(
      (entry: Partial<BodyEntry> | null) =>
        typeof entry?.name === 'string' && isCount(entry.offset) && isCount(entry.length),
    );
  const known = typeof header?.kind === 'string' && typeof header.meta === 'object' && header.meta !== null;
  const bodies = whole(header?.tables) && (header?.pieces === undefined || whole(header.pieces));
  return known && bodies ? (header as FrameHeader) : null;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

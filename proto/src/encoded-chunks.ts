import { crc32 } from 'node:zlib';
import type { Payload } from './payload.ts';

/**
 * A `Chunk` of the contract as it goes out, encoded here: of a payload that is sent as it lies in files, one copy into memory that is
 * used again takes the place of one by Protocol Buffers into fresh memory.
 */
export class EncodedChunk {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** Bytes of the payload in one chunk. */
const CHUNK_BYTES = 512 * 1024;
/** Room before the data for the other fields: at most 13 + 11 + 6 + 6 bytes. */
const FIELDS_BYTES = 64;
/** A chunk is sent while the next is made. */
const SLABS = 2;

/** Tags of `Chunk` and `PayloadHeader` in proto/spatile/v1/tiles.proto: number of the field and how it is encoded. */
const VARINT = 0;
const BYTES = 2;
const HEADER = (1 << 3) | BYTES;
const TOTAL_BYTES = (1 << 3) | VARINT;
const OFFSET = (2 << 3) | VARINT;
const DATA = (3 << 3) | BYTES;
const CRC32 = (4 << 3) | VARINT;

/** Memory for chunks, used again and again: as much as so many payloads need that are sent at once. */
export class ChunkMemory {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(FIELDS_BYTES + CHUNK_BYTES);
  }

  give(slab: Buffer): void {
    this.#free.push(slab);
  }
}

/**
 * The chunks of a payload from `offset` on, as `pieces` gives them (`transfer.ts`). A chunk is good until the one after the next is
 * asked for. Rejects with what the payload rejects with.
 */
export async function* encodedChunks(
  payload: Payload,
  offset: number,
  memory: ChunkMemory,
): AsyncGenerator<EncodedChunk, void> {
  const slabs = Array.from({ length: SLABS }, () => memory.take());
  try {
    let sum = 0;
    // What came before the break is part of the sums.
    for (let at = 0; at < offset; ) {
      const data = slabs[0].subarray(0, Math.min(CHUNK_BYTES, offset - at));
      await payload.read(data, at);
      sum = crc32(data, sum);
      at += data.length;
    }
    let at = offset;
    for (let k = 0; at === offset || at < payload.length; k++) {
      const slab = slabs[k % SLABS];
      const data = slab.subarray(FIELDS_BYTES, FIELDS_BYTES + Math.min(CHUNK_BYTES, payload.length - at));
      await payload.read(data, at);
      sum = crc32(data, sum);
      const fields = fieldsOf(k === 0 ? payload.length : null, at, sum, data.length);
      slab.set(fields, FIELDS_BYTES - fields.length);
      yield new EncodedChunk(slab.subarray(FIELDS_BYTES - fields.length, FIELDS_BYTES + data.length));
      if (data.length === 0) return;
      at += data.length;
    }
  } finally {
    for (const slab of slabs) memory.give(slab);
  }
}

/** Everything of a chunk that stands before its data; `totalBytes` is null where there is no header. */
function fieldsOf(totalBytes: number | null, offset: number, sum: number, length: number): number[] {
  const fields: number[] = [];
  if (totalBytes !== null) {
    const header = [TOTAL_BYTES, ...varint(totalBytes)];
    fields.push(HEADER, header.length, ...header);
  }
  return [...fields, OFFSET, ...varint(offset), CRC32, ...varint(sum), DATA, ...varint(length)];
}

/** Seven bits by byte, the low ones first; for numbers up to 2^53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

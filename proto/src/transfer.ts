import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SpatileError } from '@spatile/formats/errors';
import type { Chunk, Chunk__Output } from './generated/spatile/v1/Chunk.ts';

/** Bytes of one piece; messages may have four times as many. */
export const PIECE_BYTES = 1024 * 1024;
/** No payload is larger: a frame of a tile is far below. */
export const MOST_PAYLOAD_BYTES = 4 * 2 ** 30;

/**
 * A payload in pieces from `offset` on, the first with the header, the last with the SHA-256 of all, which is added up piece by
 * piece. An empty payload is one empty piece.
 */
export function* pieces(payload: Uint8Array, offset = 0): Generator<Chunk> {
  const hash = createHash('sha256').update(payload.subarray(0, offset));
  let header: Chunk['header'] = { totalBytes: payload.length };
  let at = offset;
  do {
    const data = payload.subarray(at, at + PIECE_BYTES);
    hash.update(data);
    const last = at + data.length === payload.length;
    yield { header, offset: at, data, crc32: crc32(data), sha256: last ? hash.digest('hex') : '' };
    header = null;
    at += data.length;
  } while (at < payload.length);
}

/** Puts the pieces of one payload together and holds every one of them against what was promised. */
export class PayloadReader {
  readonly #what: string;
  readonly #limit: number;
  readonly #hash = createHash('sha256');
  #bytes: Uint8Array | null = null;
  #promised = '';
  #received = 0;

  /**
   * @param what is being transferred, for errors.
   * @param limit largest size that is taken, bytes.
   */
  constructor(what: string, limit = MOST_PAYLOAD_BYTES) {
    this.#what = what;
    this.#limit = limit;
  }

  /** Bytes that are there: where a broken transfer goes on. */
  get received(): number {
    return this.#received;
  }

  /** Takes the next piece. Errors: `DAMAGED_TRANSFER` for one that is not what was promised. */
  accept({ header, offset, data, crc32: sum, sha256 }: Chunk__Output): void {
    if (header !== null) this.#begin(header.totalBytes);
    const bytes = this.#bytes;
    if (bytes === null) throw this.#damaged('no header in the first piece');
    if (offset !== this.#received)
      throw this.#damaged(`a piece at byte ${offset} where ${this.#received} is next`);
    if (data.length > bytes.length - offset)
      throw this.#damaged(`${offset + data.length} bytes where ${bytes.length} were promised`);
    if (crc32(data) !== sum) throw this.#damaged(`wrong checksum of the piece at byte ${offset}`);
    this.#hash.update(data);
    bytes.set(data, offset);
    this.#received += data.length;
    this.#promised = sha256;
  }

  /**
   * The whole payload, in memory of its own, and its SHA-256; to be called once. Errors: `DAMAGED_TRANSFER` when it is short or its
   * digest is another.
   */
  finish(): { bytes: Uint8Array; digest: string } {
    const bytes = this.#bytes;
    if (bytes === null || this.#received < bytes.length)
      throw this.#damaged(`ended after ${this.#received} of ${bytes?.length ?? 'unknown'} bytes`);
    if (this.#promised === '') throw this.#damaged('no SHA-256 with the last piece');
    const digest = this.#hash.digest('hex');
    if (digest !== this.#promised) throw this.#damaged('wrong SHA-256 of the whole');
    return { bytes, digest };
  }

  #begin(totalBytes: number): void {
    if (this.#bytes !== null) {
      // The stream was taken up again; it must be of the same payload, which the SHA-256 proves in the end.
      if (totalBytes !== this.#bytes.length) throw this.#damaged('another payload than before the break');
      return;
    }
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 0 || totalBytes > this.#limit)
      throw this.#damaged(`${totalBytes} bytes promised, at most ${this.#limit} are taken`);
    this.#bytes = new Uint8Array(totalBytes);
  }

  #damaged(what: string): SpatileError {
    return new SpatileError(
      'DAMAGED_TRANSFER',
      `${this.#what}: damaged on the way (${what}); expected the bytes that were sent; it is tried again, and if that does not help check the network`,
      { retryable: true },
    );
  }
}

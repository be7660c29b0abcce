import { crc32 } from 'node:zlib';
import { SpatileError } from '@spatile/formats/errors';
import type { Chunk, Chunk__Output } from './generated/spatile/v1/Chunk.ts';

/** Bytes of one piece; messages may have four times as many. */
export const PIECE_BYTES = 1024 * 1024;
/** No payload is larger: a frame of a tile is far below. */
export const MOST_PAYLOAD_BYTES = 4 * 2 ** 30;

/**
 * A payload in pieces from `offset` on, the first with the header, each with the CRC-32 of everything up to its end. An empty
 * payload is one empty piece.
 */
export function* pieces(payload: Uint8Array, offset = 0): Generator<Chunk> {
  let sum = crc32(payload.subarray(0, offset));
  let header: Chunk['header'] = { totalBytes: payload.length };
  let at = offset;
  do {
    const data = payload.subarray(at, at + PIECE_BYTES);
    sum = crc32(data, sum);
    yield { header, offset: at, data, crc32: sum };
    header = null;
    at += data.length;
  } while (at < payload.length);
}

/** Puts the pieces of one payload together and holds every one of them against what was promised. */
export class PayloadReader {
  readonly #what: string;
  readonly #limit: number;
  #bytes: Uint8Array | null = null;
  /** CRC-32 of what is there. */
  #sum = 0;
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
  accept({ header, offset, data, crc32: sum }: Chunk__Output): void {
    if (header !== null) this.#begin(header.totalBytes);
    const bytes = this.#bytes;
    if (bytes === null) throw this.#damaged('no header in the first piece');
    if (offset !== this.#received)
      throw this.#damaged(`a piece at byte ${offset} where ${this.#received} is next`);
    if (data.length > bytes.length - offset)
      throw this.#damaged(`${offset + data.length} bytes where ${bytes.length} were promised`);
    const found = crc32(data, this.#sum);
    if (found !== sum) throw this.#damaged(`wrong checksum of the piece at byte ${offset}`);
    this.#sum = found;
    bytes.set(data, offset);
    this.#received += data.length;
  }

  /** The whole payload, in memory of its own, and its CRC-32; to be called once. Errors: `DAMAGED_TRANSFER` when it is short. */
  finish(): { bytes: Uint8Array; sum: number } {
    const bytes = this.#bytes;
    if (bytes === null || this.#received < bytes.length)
      throw this.#damaged(`ended after ${this.#received} of ${bytes?.length ?? 'unknown'} bytes`);
    return { bytes, sum: this.#sum };
  }

  #begin(totalBytes: number): void {
    if (this.#bytes !== null) {
      // The stream was taken up again; it must be of the same payload, which the next checksum proves.
      if (totalBytes !== this.#bytes.length) throw this.#damaged('another payload than before the break');
      return;
    }
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 0 || totalBytes > this.#limit)
      throw this.#damaged(`${totalBytes} bytes promised, at most ${this.#limit} are taken`);
    // Every byte is written before anybody sees it.
    this.#bytes = Buffer.allocUnsafeSlow(totalBytes);
  }

  #damaged(what: string): SpatileError {
    return new SpatileError(
      'DAMAGED_TRANSFER',
      `${this.#what}: damaged on the way (${what}); expected the bytes that were sent; it is tried again, and if that does not help check the network`,
      { retryable: true },
    );
  }
}

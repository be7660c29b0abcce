import { gunzipSync, inflateSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';

/**
 * Decompressors that stop at a limit: a few kilobytes of any of these formats may unpack to gigabytes. Each throws a plain
 * `Error` when more than `most` bytes come out or the bytes are damaged.
 */

const tooMuch = (most: number, cause?: unknown): Error =>
  new Error(`it unpacks to more than the ${most} bytes of a block`, { cause });

function limited(most: number, work: () => Buffer): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = work();
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooMuch(most, cause);
    throw cause;
  }
}

/** Deflate with its zlib header. */
export const boundedInflate = (bytes: Uint8Array, most: number): Uint8Array =>
  limited(most, () => inflateSync(bytes, { maxOutputLength: most }));

export const boundedGunzip = (bytes: Uint8Array, most: number): Uint8Array =>
  limited(most, () => gunzipSync(bytes, { maxOutputLength: most }));

/** The decoder's memory is addressed by 32 bits. */
const MAX_ZSTD_BYTES = 2 ** 30;

const zstd = new ZSTDDecoder();

/** Frames of Zstandard, whether they state their size or not; `most` is set aside at once. */
export async function boundedUnzstd(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  if (!(most > 0 && most <= MAX_ZSTD_BYTES) || bytes.length > MAX_ZSTD_BYTES)
    throw new Error(`a block of ${most} bytes is too large to decode`);
  await zstd.init();
  const out = zstd.decode(bytes, most);
  // The decoder hands out its error, a negative size, as no bytes.
  if (out.length === 0 || out.length > most)
    throw new Error(`it is damaged, or unpacks to more than the ${most} bytes of a block`);
  return out;
}

/** Refuses bytes whose header states more than `most`. @param at where the header has the size, 32 bits little-endian. */
export function checkStatedSize(bytes: Uint8Array, at: number, most: number): void {
  if (bytes.length < at + 4) throw new Error('its header is cut short');
  const stated = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
  if (stated > most) throw tooMuch(most);
}

import Zstd from 'numcodecs/zstd';
import { type EncodedChunk, encodeChunk, type SinkColumn, type SinkData } from './parquet-chunk.ts';

/**
 * The two encodings that take the time of writing a store. Whoever writes may have them done side by side in other threads;
 * they are pure functions, so the bytes are the same wherever they run.
 */
export interface Encoders {
  /** One column of a row group. `data` is not to be used any more: its memory may have gone to another thread. */
  column(column: SinkColumn, data: SinkData): Promise<EncodedChunk>;
  /** One chunk of an array (zstd level 3, one frame). `bytes` is not to be used any more. */
  compress(bytes: Uint8Array): Promise<Uint8Array>;
}

const zstd = Zstd.fromConfig({ id: 'zstd', level: 3 });

/** Compresses one chunk (zstd level 3, one frame); equal input gives equal bytes. */
export async function compressChunk(bytes: Uint8Array): Promise<Uint8Array> {
  return zstd.encode(bytes);
}

export async function decompressChunk(bytes: Uint8Array): Promise<Uint8Array> {
  return zstd.decode(bytes);
}

/** Encodes where it is asked. */
export const ownEncoders: Encoders = {
  column: async (column, data) => encodeChunk(column, data),
  compress: compressChunk,
};

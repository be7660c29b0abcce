import * as zlib from 'node:zlib';
import type { CompressionCodec, Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;

/** Node has zstd from 22.15 on; it is several times as fast as the JavaScript one. */
const nodeZstd = (zlib as unknown as { zstdDecompressSync?: (input: Uint8Array, options: object) => Buffer })
  .zstdDecompressSync;

const codecs: Compressors = {
  ...compressors,
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ...(nodeZstd && {
    ZSTD: ((input, length) => nodeZstd(input, { maxOutputLength: Math.max(1, length) })) satisfies Decompress,
  }),
};

/** Decompresses one page; throws when the codec is unknown or the result is not `length` bytes long. */
export function decompress(input: Uint8Array, length: number, codec: CompressionCodec): Uint8Array {
  if (codec === 'UNCOMPRESSED') {
    if (input.length !== length) throw new Error(`a page holds ${input.length} bytes and says ${length}`);
    return input;
  }
  const decompressor = codecs[codec];
  if (!decompressor) throw new Error(`compression ${codec} is not supported`);
  if (length === 0) return new Uint8Array(0);
  const output = decompressor(input, length);
  if (output.length !== length)
    throw new Error(`a page unpacks to ${output.length} bytes and says ${length}`);
  return output;
}

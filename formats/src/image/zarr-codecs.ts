import { Blosc, LZ4 } from 'numcodecs';
import { registry } from 'zarrita';
import { boundedGunzip, boundedInflate, boundedUnzstd, checkStatedSize } from './bounded.ts';

type Unpack = (bytes: Uint8Array, most: number) => Uint8Array | Promise<Uint8Array>;

/** Checksums and the like that lie between the pixels and a compressor. */
const SLACK_BYTES = 2 ** 16;
/** Most that a chunk of text or of other things without a fixed size may take. */
const MAX_UNSIZED_BYTES = 2 ** 28;

const blosc = Blosc.fromConfig({ id: 'blosc' });
const lz4 = LZ4.fromConfig({ id: 'lz4' });

const COMPRESSORS: Record<string, Unpack> = {
  gzip: boundedGunzip,
  zlib: boundedInflate,
  zstd: boundedUnzstd,
  blosc: (bytes, most) => {
    checkStatedSize(bytes, 4, most);
    return blosc.decode(bytes);
  },
  lz4: (bytes, most) => {
    checkStatedSize(bytes, 0, most);
    return lz4.decode(bytes);
  },
};

/** Bytes of one value of a Zarr data type; null where it has no fixed size. */
function valueBytes(dataType: string): number | null {
  if (dataType === 'bool') return 1;
  const [, kind, size] = /^(u?int|float|v2:[US])(\d+)$/.exec(dataType) ?? [];
  if (kind === undefined) return null;
  return kind === 'v2:U' ? 4 * Number(size) : kind === 'v2:S' ? Number(size) : Number(size) / 8;
}

/**
 * Has zarrita unpack no more than a chunk of its shape and type can hold, whatever reads it in this thread; calling it again
 * changes nothing.
 */
export function boundZarrCodecs(): void {
  for (const [name, unpack] of Object.entries(COMPRESSORS)) {
    const entry = {
      kind: 'bytes_to_bytes' as const,
      fromConfig: (_: unknown, { dataType, shape }: { dataType: string; shape: number[] }) => {
        const each = valueBytes(dataType);
        const bytes = shape.reduce((product, edge) => product * edge, each ?? 1);
        const most = (each === null ? MAX_UNSIZED_BYTES : bytes) + SLACK_BYTES;
        return {
          kind: 'bytes_to_bytes' as const,
          encode: () => {
            throw new Error('chunks are only read');
          },
          decode: async (packed: Uint8Array) => unpack(packed, most),
        };
      },
    };
    for (const key of [name, `numcodecs.${name}`]) registry.set(key, async () => entry as never);
  }
}

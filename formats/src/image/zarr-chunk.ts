import * as zarr from 'zarrita';
import { boundZarrCodecs } from './zarr-codecs.ts';

/**
 * One chunk of a Zarr array as an array of its own: the array's metadata with the chunk for its shape. Whatever the codecs are,
 * zarrita decodes it as it would have in its place.
 */
export interface ZarrChunkLayout {
  /** `zarr.json`, or `.zarray`, of an array of that one chunk. */
  metadata: Record<string, unknown>;
  zarrFormat: 2 | 3;
  /** Key of the one chunk. */
  key: string;
  /** Place of the plane in the axes before the last two. */
  plane: number[];
}

/** The layout of single chunks of an array. @param metadata parsed `zarr.json` or `.zarray`. */
export function zarrChunkLayout(
  metadata: Record<string, unknown>,
  zarrFormat: 2 | 3,
  chunkShape: readonly number[],
  plane: number[],
): ZarrChunkLayout {
  const separator = zarrFormat === 2 ? '.' : '/';
  const zeros = chunkShape.map(() => '0').join(separator);
  const single: Record<string, unknown> = { ...metadata, shape: [...chunkShape], attributes: {} };
  if (zarrFormat === 2) Object.assign(single, { dimension_separator: '.' });
  else single.chunk_key_encoding = { name: 'default', configuration: { separator } };
  return { metadata: single, zarrFormat, key: zarrFormat === 2 ? zeros : `c/${zeros}`, plane };
}

/** Decodes one chunk. Throws a plain `Error` when its bytes are damaged. */
export async function decodeZarrChunk(layout: ZarrChunkLayout, bytes: Uint8Array) {
  boundZarrCodecs();
  const { metadata, zarrFormat, key, plane } = layout;
  const files = new Map([
    [zarrFormat === 2 ? '/.zarray' : '/zarr.json', Buffer.from(JSON.stringify(metadata))],
    [`/${key}`, aligned(bytes)],
  ]);
  const indexFirst = shardingOf(metadata)?.index_location === 'start';
  const root = zarr.root({
    get: async (name: string) => files.get(name),
    getRange: async (name: string, range: zarr.RangeQuery) => rangeOf(files.get(name), range, indexFirst),
  });
  const array = await (zarrFormat === 2
    ? zarr.open.v2(root, { kind: 'array', attrs: false })
    : zarr.open.v3(root, { kind: 'array' }));
  const chunk = await zarr.get(array, [...plane, null, null]).catch((error: unknown) => {
    // zarrita says which codec failed, and only its cause why.
    throw error instanceof zarr.CodecPipelineError && error.cause instanceof Error ? error.cause : error;
  });
  if (typeof chunk === 'string' || !('data' in (chunk as object))) throw new Error('not a plane of pixels');
  const { data, stride } = chunk as unknown as { data: Float32Array; stride: number[] };
  if (!ArrayBuffer.isView(data)) throw new Error('its pixels are no numbers');
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    throw new Error('its pixels have 64 bits');
  return { pixels: data, step: stride[1], stride: stride[0], first: 0 };
}

/** What zarrita and the checks here need of the configuration of shards. */
interface Sharding {
  chunk_shape?: unknown;
  index_location?: unknown;
}

/** How the chunks of an array are shards of smaller ones; null when they are not. */
export function shardingOf(metadata: Record<string, unknown>): Sharding | null {
  const [codec] = Array.isArray(metadata.codecs) ? metadata.codecs : [];
  return codec?.name === 'sharding_indexed' ? (codec.configuration ?? {}) : null;
}

/** A part of a shard. The index is asked for as the last bytes, also of shards that begin with it. */
function rangeOf(bytes: Uint8Array | undefined, range: zarr.RangeQuery, indexFirst: boolean) {
  if (bytes === undefined) return undefined;
  const length = 'suffixLength' in range ? range.suffixLength : range.length;
  const end = bytes.length - length;
  const offset = 'offset' in range ? range.offset : indexFirst ? 0 : end;
  if (!(offset >= 0 && length >= 0 && offset <= end)) throw new Error('a chunk lies outside its shard');
  return aligned(bytes.subarray(offset, offset + length));
}

/** Typed arrays must begin at a multiple of their size. */
const aligned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);

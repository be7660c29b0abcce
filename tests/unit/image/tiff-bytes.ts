import { deflateSync } from 'node:zlib';

/** Builds small TIFF files for tests: an encoder of our own, so that a reader is not tested against its own library. */

export interface TiffSpec {
  width: number;
  height: number;
  /** Pixel-interleaved samples. */
  pixels: Uint8Array | Uint16Array | Uint32Array | Float32Array | Int16Array | Int32Array;
  samples?: number;
  /** Edge of the tiles; strips of `rowsPerStrip` rows without it. */
  tile?: number;
  rowsPerStrip?: number;
  compression?: 'none' | 'deflate' | 'jpeg2000';
  predictor?: 1 | 2;
  bigEndian?: boolean;
  bigTiff?: boolean;
  description?: string;
  /** Encodes one block for `jpeg2000`. */
  encode?: (block: Uint8Array, width: number, height: number) => Uint8Array;
}

type Tag = { tag: number; type: number; values: (number | bigint)[] | Uint8Array };

const SIZES: Record<number, number> = { 2: 1, 3: 2, 4: 4, 13: 4, 16: 8 };

function putNumber(view: DataView, at: number, type: number, value: number | bigint, little: boolean): void {
  if (type === 3) view.setUint16(at, Number(value), little);
  else if (type === 16) view.setBigUint64(at, BigInt(value), little);
  else view.setUint32(at, Number(value), little);
}

/** Samples of one block as bytes in file order, padded with zeros beyond the image. */
function blockBytes(spec: TiffSpec, x0: number, y0: number, width: number, height: number): Uint8Array {
  const { pixels, samples = 1 } = spec;
  const size = pixels.BYTES_PER_ELEMENT;
  const block = new (pixels.constructor as Uint16ArrayConstructor)(width * height * samples);
  for (let y = 0; y < height && y0 + y < spec.height; y++) {
    const count = Math.min(width, spec.width - x0) * samples;
    const from = ((y0 + y) * spec.width + x0) * samples;
    block.set(pixels.subarray(from, from + count) as Uint16Array, y * width * samples);
  }
  if (spec.predictor === 2) {
    for (let y = 0; y < height; y++) {
      for (let i = (y + 1) * width * samples - 1; i >= y * width * samples + samples; i--)
        block[i] -= block[i - samples];
    }
  }
  const bytes = Buffer.from(block.buffer);
  if (spec.bigEndian && size === 2) bytes.swap16();
  if (spec.bigEndian && size === 4) bytes.swap32();
  return bytes;
}

/** The bytes of a single-page TIFF. */
export function tiffBytes(spec: TiffSpec): Uint8Array {
  const little = !spec.bigEndian;
  const { samples = 1, compression = 'none' } = spec;
  const blockWidth = spec.tile ?? spec.width;
  const blockHeight = spec.tile ?? spec.rowsPerStrip ?? spec.height;
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < spec.height; y += blockHeight) {
    for (let x = 0; x < spec.width; x += blockWidth) {
      const height = spec.tile ? blockHeight : Math.min(blockHeight, spec.height - y);
      const raw = blockBytes(spec, x, y, blockWidth, height);
      if (compression === 'deflate') blocks.push(deflateSync(raw));
      else blocks.push(compression === 'jpeg2000' ? spec.encode!(raw, blockWidth, height) : raw);
    }
  }
  const headerBytes = spec.bigTiff ? 16 : 8;
  const offsets: number[] = [];
  let at = headerBytes;
  for (const block of blocks) {
    offsets.push(at);
    at += block.length;
  }
  const description = Buffer.from(`${spec.description ?? ''}\0`, 'utf8');
  const offsetType = spec.bigTiff ? 16 : 4;
  const float = spec.pixels instanceof Float32Array;
  const signed = spec.pixels instanceof Int16Array || spec.pixels instanceof Int32Array;
  const each = (value: number): number[] => new Array(samples).fill(value);
  const tags: Tag[] = [
    { tag: 256, type: 4, values: [spec.width] },
    { tag: 257, type: 4, values: [spec.height] },
    { tag: 258, type: 3, values: each(spec.pixels.BYTES_PER_ELEMENT * 8) },
    { tag: 259, type: 3, values: [compression === 'none' ? 1 : compression === 'deflate' ? 8 : 34712] },
    { tag: 262, type: 3, values: [samples === 3 ? 2 : 1] },
    ...(spec.description ? [{ tag: 270, type: 2, values: description }] : []),
    ...(spec.tile ? [] : [{ tag: 273, type: offsetType, values: offsets }]),
    { tag: 277, type: 3, values: [samples] },
    ...(spec.tile ? [] : [{ tag: 278, type: 4, values: [blockHeight] }]),
    ...(spec.tile ? [] : [{ tag: 279, type: offsetType, values: blocks.map((block) => block.length) }]),
    { tag: 317, type: 3, values: [spec.predictor ?? 1] },
    ...(spec.tile
      ? [
          { tag: 322, type: 3, values: [blockWidth] },
          { tag: 323, type: 3, values: [blockHeight] },
          { tag: 324, type: offsetType, values: offsets },
          { tag: 325, type: offsetType, values: blocks.map((block) => block.length) },
        ]
      : []),
    { tag: 339, type: 3, values: each(float ? 3 : signed ? 2 : 1) },
  ];
  return assemble(spec, tags, blocks, at, little);
}

function assemble(
  spec: TiffSpec,
  tags: Tag[],
  blocks: Uint8Array[],
  directoryAt: number,
  little: boolean,
): Uint8Array {
  const big = spec.bigTiff === true;
  const entryBytes = big ? 20 : 12;
  const inline = big ? 8 : 4;
  const directoryBytes = (big ? 8 : 2) + tags.length * entryBytes + (big ? 8 : 4);
  const length = (tag: Tag): number => tag.values.length * SIZES[tag.type];
  const extra = tags.filter((tag) => length(tag) > inline).reduce((sum, tag) => sum + length(tag), 0);
  const out = new Uint8Array(directoryAt + directoryBytes + extra);
  const view = new DataView(out.buffer);
  out.set(Buffer.from(spec.bigEndian ? 'MM' : 'II', 'latin1'), 0);
  view.setUint16(2, big ? 43 : 42, little);
  if (big) {
    view.setUint16(4, 8, little);
    view.setBigUint64(8, BigInt(directoryAt), little);
  } else view.setUint32(4, directoryAt, little);
  let at = big ? 16 : 8;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  if (big) view.setBigUint64(directoryAt, BigInt(tags.length), little);
  else view.setUint16(directoryAt, tags.length, little);
  let valuesAt = directoryAt + directoryBytes;
  tags.forEach((tag, i) => {
    const entry = directoryAt + (big ? 8 : 2) + i * entryBytes;
    view.setUint16(entry, tag.tag, little);
    view.setUint16(entry + 2, tag.type, little);
    if (big) view.setBigUint64(entry + 4, BigInt(tag.values.length), little);
    else view.setUint32(entry + 4, tag.values.length, little);
    let target = entry + (big ? 12 : 8);
    if (length(tag) > inline) {
      if (big) view.setBigUint64(target, BigInt(valuesAt), little);
      else view.setUint32(target, valuesAt, little);
      target = valuesAt;
      valuesAt += length(tag);
    }
    if (tag.values instanceof Uint8Array) out.set(tag.values, target);
    else
      for (const [k, value] of tag.values.entries()) {
        putNumber(view, target + k * SIZES[tag.type], tag.type, value, little);
      }
  });
  return out;
}

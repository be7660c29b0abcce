import { decode } from 'fast-png';
import { boundedInflate } from './bounded.ts';
import { unpackBits } from './tiff-block.ts';
import { imageInvalid, type PixelType } from './tiff-directory.ts';

/** Size and kind of the pixels of a PNG. */
export interface PngLayout {
  widthPx: number;
  heightPx: number;
  samples: number;
  dataType: PixelType;
  /** Bits of a sample, or of an index into the palette: 1, 2, 4, 8 or 16. */
  bits: number;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** A PNG can only be decoded whole; larger ones must come in tiles. */
const MAX_PIXELS = 2 ** 25;
/** Samples by colour type; palettes are taken as the RGB they stand for. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
]);
const BITS = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);

/** Reads the header of a PNG. Errors: `IMAGE_INVALID`. @param path for messages. */
export function pngLayout(path: string, bytes: Uint8Array): PngLayout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte))
    throw imageInvalid(path, 'not a PNG');
  const [widthPx, heightPx] = [view.getUint32(16), view.getUint32(20)];
  const [bits, colourType, interlace] = [bytes[24], bytes[25], bytes[28]];
  const samples = SAMPLES.get(colourType);
  if (samples === undefined || !BITS.get(colourType)?.includes(bits) || widthPx === 0 || heightPx === 0)
    throw imageInvalid(path, 'the header of the PNG is damaged');
  if (bits < 8 && interlace !== 0)
    throw imageInvalid(path, `an interlaced PNG of ${bits} bits is not read; save it without interlacing`);
  if (widthPx * heightPx > MAX_PIXELS) {
    throw imageInvalid(
      path,
      `a PNG of ${widthPx} x ${heightPx} pixels can only be decoded whole; save it as a tiled TIFF`,
    );
  }
  return { widthPx, heightPx, samples, dataType: bits === 16 ? 'uint16' : 'uint8', bits };
}

/** Decodes a PNG. Throws a plain `Error` when it is damaged or unpacks to more than its header says. */
export function decodePngSample(layout: PngLayout, sample: number, bytes: Uint8Array) {
  const { widthPx, heightPx, bits } = layout;
  const { channels, data, palette, width, height } = decode(checkedChunks(bytes, layout));
  if (width !== widthPx || height !== heightPx)
    throw new Error(`it is ${width} x ${height}, its header says otherwise`);
  const pixels = (bits < 8 ? unpackBits(data as Uint8Array, widthPx, heightPx, bits) : data) as
    | Uint8Array
    | Uint16Array;
  if (palette !== undefined) {
    const coloured = Uint8Array.from(pixels, (index) => palette[index]?.[sample] ?? 0);
    return { pixels: coloured, step: 1, stride: widthPx, first: 0 };
  }
  return { pixels, step: channels, stride: channels * widthPx, first: Math.min(sample, channels - 1) };
}

/** The chunks that pixels need; others, such as colour profiles, are packed too, and the decoder has no limit for them. */
const NEEDED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);

/** The PNG without other chunks. Inflates the pixels once with a limit, because the decoder has none. */
function checkedChunks(bytes: Uint8Array, { widthPx, heightPx }: PngLayout): Uint8Array {
  const kept = [bytes.subarray(0, 8)];
  const pixels: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (NEEDED.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') pixels.push(bytes.subarray(at + 8, end - 4));
    at = end;
  }
  // 8 bytes for a pixel of 4 samples, and a filter byte for each row of each of up to 7 passes.
  boundedInflate(Buffer.concat(pixels), widthPx * heightPx * 8 + 7 * heightPx + 1024);
  return Buffer.concat(kept);
}

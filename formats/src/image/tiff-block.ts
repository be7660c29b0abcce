import { isJpeg2000 } from './jpeg2000.ts';
import type { PixelType, TiffPage } from './tiff-directory.ts';
import { checkJpegFrame, checkJpegTables } from './tiff-jpeg.ts';

export type PixelArray = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** How the blocks of a page are stored: all that decoding one needs beside its bytes. Plain data, so that it can be sent. */
export interface TiffBlockLayout {
  dataType: PixelType;
  bits: number;
  signed: boolean;
  compression: number;
  predictor: number;
  planar: boolean;
  /** Samples that lie together in a block: 1 for planar pages. */
  stride: number;
  blockWidthPx: number;
  /** Of tiles, which are all as high, also where they reach beyond the image; strips are as high as they are told to be. */
  tileHeightPx?: number;
  littleEndian: boolean;
  /** Base64; null without tables. */
  jpegTables: string | null;
  /** A JPEG of three samples holds luminance and two colour differences, which become red, green and blue. */
  ycbcr?: boolean;
}

/** An empty pixel array of `length` of the given type. */
export function pixelArray(dataType: PixelType, length: number): PixelArray {
  if (dataType === 'uint8') return new Uint8Array(length);
  if (dataType === 'uint16') return new Uint16Array(length);
  return dataType === 'uint32' ? new Uint32Array(length) : new Float32Array(length);
}

export function blockLayout(page: TiffPage, littleEndian: boolean): TiffBlockLayout {
  const { dataType, bits, signed, compression, predictor, planar, blockWidthPx, jpegTables } = page;
  return {
    dataType,
    bits,
    signed,
    compression,
    predictor,
    planar,
    stride: planar ? 1 : page.samples,
    blockWidthPx,
    ...(page.tiled ? { tileHeightPx: page.blockHeightPx } : {}),
    littleEndian,
    jpegTables: jpegTables === null ? null : Buffer.from(jpegTables).toString('base64'),
    ...(page.ycbcr && compression === JPEG ? { ycbcr: true } : {}),
  };
}

/** Bytes of a decoded block of `rows` rows. */
export function decodedBytes(layout: TiffBlockLayout, rows: number): number {
  const rowSamples = layout.blockWidthPx * layout.stride;
  return layout.bits < 8
    ? Math.ceil((rowSamples * layout.bits) / 8) * rows
    : rowSamples * rows * (layout.bits / 8);
}

/** Whether blocks of this compression can be decoded here. */
export async function canDecode(layout: TiffBlockLayout): Promise<boolean> {
  const { decoderOf } = await decoders();
  return decoderOf(layout.compression, decoderParameters(layout, 1)).then(
    () => true,
    () => false,
  );
}

/**
 * Decodes one block to pixel-interleaved samples. Throws a plain `Error` when the bytes are damaged, give fewer pixels than
 * the page says, or unpack to more.
 */
export async function decodeTiffBlock(
  layout: TiffBlockLayout,
  rows: number,
  bytes: ArrayBuffer,
): Promise<PixelArray> {
  const { bits, dataType } = layout;
  const rowSamples = layout.blockWidthPx * layout.stride;
  if (bytes.byteLength === 0) return pixelArray(dataType, rowSamples * rows);
  // LZW, Deflate and the like leave the bytes in file order; decoders with a format of their own give little-endian.
  const swap = !layout.littleEndian && bits > 8 && !isJpeg2000(layout.compression) && layout.predictor !== 3;
  const ownPredictor = swap && layout.predictor === 2;
  const expected = decodedBytes(layout, rows);
  if (layout.compression === JPEG) {
    if (layout.jpegTables !== null) checkJpegTables(Buffer.from(layout.jpegTables, 'base64'));
    checkJpegFrame(new Uint8Array(bytes), layout.blockWidthPx, rows);
  }
  const { decoderOf } = await decoders();
  const decoder = await decoderOf(layout.compression, {
    ...decoderParameters(layout, rows),
    predictor: ownPredictor ? 1 : layout.predictor,
  });
  let buffer = (await decoder.decode(bytes)) as ArrayBuffer;
  if (!(buffer.byteLength >= expected)) throw new Error(`${buffer.byteLength} bytes instead of ${expected}`);
  if (bits < 8) return unpackBits(new Uint8Array(buffer), rowSamples, rows, bits);
  if (swap) {
    buffer = buffer.slice(0);
    swapBytes(buffer, bits);
  }
  const pixels = viewAs(dataType, buffer);
  if (ownPredictor) addUpRows(pixels, rowSamples, rows, layout.stride);
  if (layout.ycbcr && layout.stride === 3) toRgb(pixels);
  return pixels;
}

const JPEG = 7;

/** Loaded with the first block: most runs see no image. */
const decoders = () => import('./tiff-decoders.ts');

function decoderParameters(layout: TiffBlockLayout, rows: number) {
  return {
    tileWidth: layout.blockWidthPx,
    tileHeight: rows,
    predictor: layout.predictor,
    bitsPerSample: new Array<number>(layout.stride).fill(layout.bits),
    planarConfiguration: layout.planar ? 2 : 1,
    samplesPerPixel: layout.stride,
    JPEGTables:
      layout.jpegTables === null ? undefined : new Uint8Array(Buffer.from(layout.jpegTables, 'base64')),
  };
}

function viewAs(dataType: PixelType, buffer: ArrayBuffer): PixelArray {
  if (dataType === 'uint8') return new Uint8Array(buffer);
  if (dataType === 'uint16') return new Uint16Array(buffer, 0, buffer.byteLength >> 1);
  if (dataType === 'uint32') return new Uint32Array(buffer, 0, buffer.byteLength >> 2);
  return new Float32Array(buffer, 0, buffer.byteLength >> 2);
}

/** Spreads 1, 2 or 4-bit samples, whose rows begin at byte borders, to one byte each. */
export function unpackBits(packed: Uint8Array, rowSamples: number, rows: number, bits: number): Uint8Array {
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  const out = new Uint8Array(rowSamples * rows);
  const mask = 2 ** bits - 1;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < rowSamples; x++) {
      const bit = x * bits;
      out[y * rowSamples + x] = (packed[y * rowBytes + (bit >> 3)] >> (8 - bits - (bit & 7))) & mask;
    }
  }
  return out;
}

function swapBytes(buffer: ArrayBuffer, bits: number): void {
  const bytes = Buffer.from(buffer);
  if (bits === 16) bytes.subarray(0, bytes.length & ~1).swap16();
  if (bits === 32) bytes.subarray(0, bytes.length & ~3).swap32();
}

/** From luminance and colour differences to red, green and blue (ITU-T T.871), in place. */
function toRgb(pixels: PixelArray): void {
  const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const y = pixels[i];
    const cb = pixels[i + 1] - 128;
    const cr = pixels[i + 2] - 128;
    pixels[i] = byte(y + 1.402 * cr);
    pixels[i + 1] = byte(y - 0.344136 * cb - 0.714136 * cr);
    pixels[i + 2] = byte(y + 1.772 * cb);
  }
}

/** Undoes horizontal differencing (TIFF predictor 2) in place. */
function addUpRows(pixels: PixelArray, rowSamples: number, rows: number, stride: number): void {
  for (let y = 0; y < rows; y++) {
    for (let i = y * rowSamples + stride; i < (y + 1) * rowSamples; i++) pixels[i] += pixels[i - stride];
  }
}

import { isSpatileError } from '../errors.ts';
import { decodePngSample, type PngLayout } from './png.ts';
import { decodeTiffBlock, type PixelArray, type TiffBlockLayout } from './tiff-block.ts';
import { imageInvalid } from './tiff-directory.ts';
import { decodeZarrChunk, type ZarrChunkLayout } from './zarr-chunk.ts';

/**
 * A window of one channel as its file holds it: compressed blocks and what decoding them takes. Whoever holds the file packs,
 * whoever needs the pixels unpacks; nothing of the file itself is needed for it.
 */

/** Half-open, in columns and rows of one level. */
export interface PixelRect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface PackedBlock {
  /** Place of the block in the level. */
  x: number;
  y: number;
  width: number;
  height: number;
  bytes: Uint8Array;
}

/** How blocks are stored; plain data. */
export type BlockCodec =
  | { format: 'tiff'; layout: TiffBlockLayout; sample: number }
  | { format: 'zarr'; layout: ZarrChunkLayout }
  | { format: 'png'; layout: PngLayout; sample: number };

export interface PackedWindow {
  /** Name of the file, for messages. */
  file: string;
  codec: BlockCodec;
  blocks: PackedBlock[];
}

/** Most pixels of a window that is unpacked at once. */
const MAX_PIXELS = 2 ** 28;

/**
 * Unpacks a window to float32, row by row; 0 where no block lies. One block is in memory at a time.
 * Errors: `IMAGE_INVALID` for damaged blocks and for pixels that are negative, NaN or infinite.
 */
export async function unpackWindow(packed: PackedWindow, window: PixelRect): Promise<Float32Array> {
  const [width, height] = [window.x1 - window.x0, window.y1 - window.y0];
  if (!(width >= 0 && height >= 0 && width * height <= MAX_PIXELS))
    throw imageInvalid(packed.file, `a window of ${width} x ${height} pixels cannot be held`);
  const out = new Float32Array(width * height);
  for (const block of packed.blocks) {
    const pixels = await decodeBlock(packed, block);
    copyBlock(pixels, block, out, window);
  }
  checkPixels(packed, out);
  return out;
}

interface BlockPixels {
  pixels: PixelArray | Float64Array;
  /** Distance of neighbouring pixels and of rows, and the first pixel. */
  step: number;
  stride: number;
  first: number;
}

async function decodeBlock({ codec, file }: PackedWindow, block: PackedBlock): Promise<BlockPixels> {
  try {
    if (codec.format === 'png') return decodePngSample(codec.layout, codec.sample, block.bytes);
    if (codec.format === 'zarr') return await decodeZarrChunk(codec.layout, block.bytes);
    const { layout, sample } = codec;
    const bytes = new Uint8Array(block.bytes).buffer;
    const pixels = await decodeTiffBlock(layout, layout.tileHeightPx ?? block.height, bytes);
    const { stride: step, blockWidthPx } = layout;
    return { pixels, step, stride: step * blockWidthPx, first: layout.planar ? 0 : sample };
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw imageInvalid(file, `decoding the block at ${block.x}, ${block.y} failed (${why})`, cause);
  }
}

function copyBlock(
  { pixels, step, stride, first }: BlockPixels,
  block: PackedBlock,
  out: Float32Array,
  window: PixelRect,
): void {
  const width = window.x1 - window.x0;
  const [x0, x1] = [Math.max(block.x, window.x0), Math.min(block.x + block.width, window.x1)];
  const [y0, y1] = [Math.max(block.y, window.y0), Math.min(block.y + block.height, window.y1)];
  for (let y = y0; y < y1; y++) {
    let from = first + (y - block.y) * stride + (x0 - block.x) * step;
    let to = (y - window.y0) * width + x0 - window.x0;
    for (let x = x0; x < x1; x++, from += step) out[to++] = pixels[from];
  }
}

function checkPixels({ file, codec }: PackedWindow, pixels: Float32Array): void {
  const signedLimit =
    codec.format === 'tiff' && codec.layout.signed ? 2 ** (codec.layout.bits - 1) : Number.POSITIVE_INFINITY;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i];
    if (value >= 0 && value < signedLimit) continue;
    const what = Number.isNaN(value) ? 'NaN' : value === Number.POSITIVE_INFINITY ? 'infinite' : 'negative';
    throw imageInvalid(file, `a pixel is ${what}; replace such pixels by 0`);
  }
}

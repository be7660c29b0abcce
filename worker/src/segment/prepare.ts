import { type PixelRect, unpackWindow } from '@spatile/formats/image/packed';
import type { SegmentTile } from '@spatile/formats/tile/segment';
import type { Planes } from './method.ts';

type Pixels = SegmentTile['pixels'];

/**
 * The pixels of a tile on the grid: unpacks each channel and takes means of `reduce` x `reduce` pixels, which begin at whole
 * multiples of the slide, so that a grid pixel has the same value in every tile. Blocks at the end of the image are means of
 * the pixels that are there. Errors: `IMAGE_INVALID`.
 */
export async function preparePlanes(pixels: Pixels, pixelSizeUm: number): Promise<Planes> {
  const { region, reduce } = pixels;
  const channels: Float32Array[] = [];
  const window = levelWindow(pixels);
  for (const packed of pixels.channels) {
    const level = await unpackWindow(packed, window);
    channels.push(
      reduce === 1 ? level : blockMeans(level, window.x1 - window.x0, window.y1 - window.y0, reduce),
    );
  }
  return {
    rows: region.y1 - region.y0,
    columns: region.x1 - region.x0,
    row0: region.y0,
    column0: region.x0,
    pixelSizeUm,
    channels,
  };
}

/** The region in pixels of the level. */
function levelWindow({ region, reduce, levelPx }: Pixels): PixelRect {
  return {
    x0: region.x0 * reduce,
    y0: region.y0 * reduce,
    x1: Math.min(region.x1 * reduce, levelPx[0]),
    y1: Math.min(region.y1 * reduce, levelPx[1]),
  };
}

/**
 * Means of blocks of `size` x `size` pixels; those at the right and lower end may be smaller. Sums are in float64 and of one
 * order, so a block has one value whatever lies around it.
 */
export function blockMeans(pixels: Float32Array, width: number, height: number, size: number): Float32Array {
  const columns = Math.ceil(width / size);
  const rows = Math.ceil(height / size);
  const out = new Float32Array(columns * rows);
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    const last = Math.min((row + 1) * size, height);
    for (let y = row * size; y < last; y++) {
      for (let column = 0, at = y * width; column < columns; column++) {
        const end = y * width + Math.min((column + 1) * size, width);
        let sum = 0;
        for (; at < end; at++) sum += pixels[at];
        sums[column] += sum;
      }
    }
    const high = last - row * size;
    for (let column = 0; column < columns; column++)
      out[row * columns + column] =
        sums[column] / (high * (Math.min((column + 1) * size, width) - column * size));
  }
  return out;
}

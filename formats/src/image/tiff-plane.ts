import { blockLayout, decodeTiffBlock, type PixelArray, pixelArray } from './tiff-block.ts';
import {
  asImageError,
  imageInvalid,
  type PixelType,
  type TiffFile,
  type TiffPage,
} from './tiff-directory.ts';

export interface PlaneReader {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dataType: PixelType;
  /** Pixels of columns `[x0, x1)` and rows `[y0, y1)`, row by row. The window must lie inside the plane. */
  readWindow(x0: number, y0: number, x1: number, y1: number): Promise<PixelArray>;
  close(): Promise<void>;
}

/** Largest decoded block; whole slides saved as one compressed strip would otherwise need all memory. */
const MAX_BLOCK_BYTES = 512 * 2 ** 20;
/** Uncompressed strips are read in pieces of about this size. */
const PIECE_BYTES = 4 * 2 ** 20;
/** Decoded blocks that straddle two windows are kept up to this size. */
const CACHE_BYTES = 256 * 2 ** 20;
/** Windows are expected in steps of this many pixels (the chunk of an image in the output). */
const WINDOW_PX = 1024;

/** Cuts the strips of an uncompressed page into pieces, so that a page of one strip is not read at once. */
export function splitStrips(page: TiffPage): TiffPage {
  const rowBytes = (page.widthPx * page.bits * (page.planar ? 1 : page.samples)) / 8;
  const rows = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  if (page.tiled || page.compression !== 1 || page.planar || page.bits < 8 || rows >= page.blockHeightPx)
    return page;
  // A page that claims more than its file holds is not worth a list of its pieces.
  if (Number(page.byteCounts[0]) < rowBytes * Math.min(page.blockHeightPx, page.heightPx)) return page;
  const offsets: number[] = [];
  const byteCounts: number[] = [];
  // Pieces may not straddle strips: take the largest divisor-like height that keeps every piece inside one.
  let height = rows;
  while (page.blockHeightPx % height !== 0) height--;
  for (let y = 0; y < page.heightPx; y += height) {
    const strip = Math.floor(y / page.blockHeightPx);
    offsets.push(Number(page.offsets[strip]) + (y - strip * page.blockHeightPx) * rowBytes);
    byteCounts.push(Math.min(height, page.heightPx - y) * rowBytes);
  }
  return { ...page, blockHeightPx: height, blocksDown: offsets.length, offsets, byteCounts };
}

/** Reader of one sample of one page; takes over `file` and closes it. */
export function readPlane(path: string, file: TiffFile, given: TiffPage, sample: number): PlaneReader {
  const page = splitStrips(given);
  const stride = page.planar ? 1 : page.samples;
  const rowSamples = page.blockWidthPx * stride;
  const bytesPerSample = Math.max(1, page.bits / 8);
  const blockBytes = rowSamples * page.blockHeightPx * bytesPerSample;
  if (blockBytes > MAX_BLOCK_BYTES) {
    throw imageInvalid(
      path,
      `its blocks are too large to decode (${blockBytes} bytes); save it in tiles of 1024 pixels`,
    );
  }
  const layout = blockLayout(page, file.littleEndian);

  const blockRows = (by: number): number =>
    page.tiled ? page.blockHeightPx : Math.min(page.blockHeightPx, page.heightPx - by * page.blockHeightPx);

  async function decodeBlock(bx: number, by: number): Promise<PixelArray> {
    const plane = page.planar ? sample * page.blocksAcross * page.blocksDown : 0;
    const index = plane + by * page.blocksAcross + bx;
    const length = Number(page.byteCounts[index]);
    const bytes =
      length === 0 ? new ArrayBuffer(0) : await file.source.read(Number(page.offsets[index]), length);
    return decodeTiffBlock(layout, blockRows(by), bytes);
  }

  const aligned = WINDOW_PX % page.blockWidthPx === 0 && WINDOW_PX % page.blockHeightPx === 0;
  const rowsOfBlocks = Math.ceil(WINDOW_PX / page.blockHeightPx) + 1;
  const wanted = aligned ? 1 : page.blocksAcross * rowsOfBlocks;
  const capacity = Math.max(1, Math.min(wanted, Math.floor(CACHE_BYTES / blockBytes)));
  const cache = new Map<number, PixelArray>();

  async function block(bx: number, by: number): Promise<PixelArray> {
    const key = by * page.blocksAcross + bx;
    const kept = cache.get(key);
    if (kept !== undefined) return kept;
    const pixels = await asImageError(path, `decoding block ${bx}, ${by}`, () => decodeBlock(bx, by));
    if (cache.size >= capacity) cache.delete(cache.keys().next().value as number);
    cache.set(key, pixels);
    return pixels;
  }

  /** Copies the part of a block that lies in the window. */
  function copy(
    from: PixelArray,
    bx: number,
    by: number,
    into: PixelArray,
    window: [number, number, number, number],
  ): void {
    const [x0, y0, x1, y1] = window;
    const left = bx * page.blockWidthPx;
    const top = by * page.blockHeightPx;
    const firstX = Math.max(x0, left);
    const lastX = Math.min(x1, left + page.blockWidthPx);
    const lastY = Math.min(y1, top + blockRows(by));
    const skip = page.planar ? 0 : sample;
    for (let y = Math.max(y0, top); y < lastY; y++) {
      const source = (y - top) * rowSamples + (firstX - left) * stride + skip;
      const target = (y - y0) * (x1 - x0) + firstX - x0;
      if (stride === 1) into.set(from.subarray(source, source + lastX - firstX), target);
      else for (let i = 0; i < lastX - firstX; i++) into[target + i] = from[source + i * stride];
    }
  }

  function assertUnsigned(pixels: PixelArray): void {
    const negative = 2 ** (page.bits - 1);
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i] >= negative)
        throw imageInvalid(path, `a pixel is negative (${pixels[i] - 2 * negative})`);
    }
  }

  async function readWindow(x0: number, y0: number, x1: number, y1: number): Promise<PixelArray> {
    if (!(x0 >= 0 && y0 >= 0 && x0 <= x1 && y0 <= y1 && x1 <= page.widthPx && y1 <= page.heightPx)) {
      throw new RangeError(`window ${x0},${y0},${x1},${y1} of ${page.widthPx} x ${page.heightPx} pixels`);
    }
    const out = pixelArray(page.dataType, (x1 - x0) * (y1 - y0));
    if (out.length === 0) return out;
    for (let by = Math.floor(y0 / page.blockHeightPx); by * page.blockHeightPx < y1; by++) {
      for (let bx = Math.floor(x0 / page.blockWidthPx); bx * page.blockWidthPx < x1; bx++) {
        copy(await block(bx, by), bx, by, out, [x0, y0, x1, y1]);
      }
    }
    if (page.signed) assertUnsigned(out);
    return out;
  }

  return {
    widthPx: page.widthPx,
    heightPx: page.heightPx,
    dataType: page.dataType,
    readWindow,
    close: () => file.close(),
  };
}

import type { PixelArray } from '../image/tiff-block.ts';
import { bytesOf } from './arrays.ts';
import { decompressChunk } from './encoders.ts';
import type { PartialStore } from './store.ts';

/** Levels of a raster and their chunks: what images and labels share. */

/** Edge of a chunk; also the window in which sources are read. */
export const CHUNK_PX = 1024;
/** Levels are added until the longer side is at most this. */
const SMALLEST_LEVEL_PX = 512;

export interface Level {
  path: string;
  widthPx: number;
  heightPx: number;
}

/** Full resolution, and levels of half the size of the one before. */
export function levelsOf(root: string, widthPx: number, heightPx: number): Level[] {
  const levels: Level[] = [{ path: `${root}/s0`, widthPx, heightPx }];
  let [width, height] = [widthPx, heightPx];
  while (Math.max(width, height) > SMALLEST_LEVEL_PX) {
    // Rounded up, so that an odd last row or column is kept rather than cut off.
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
    levels.push({ path: `${root}/s${levels.length}`, widthPx: width, heightPx: height });
  }
  return levels;
}

/** Chunks of all levels have the same shape unless the image is smaller than one. */
export function chunkShape({ widthPx, heightPx }: Level): { width: number; height: number } {
  return { width: Math.min(CHUNK_PX, widthPx), height: Math.min(CHUNK_PX, heightPx) };
}

/** Place of a chunk: the channel where there are channels, row and column. */
export type ChunkAt = readonly number[];

const chunkName = (level: Level, at: ChunkAt): string => `${level.path}/c/${at.join('/')}`;

/** Writes one chunk, padded to full size; a chunk of zeros is left out, since absent means fill value 0. */
export async function writeChunk(
  store: PartialStore,
  level: Level,
  at: ChunkAt,
  pixels: PixelArray,
  width: number,
): Promise<void> {
  if (pixels.every((value) => value === 0)) return;
  const shape = chunkShape(level);
  let full = pixels;
  if (pixels.length !== shape.width * shape.height) {
    full = new (pixels.constructor as Uint8ArrayConstructor)(shape.width * shape.height) as PixelArray;
    for (let y = 0; y * width < pixels.length; y++)
      full.set(pixels.subarray(y * width, (y + 1) * width), y * shape.width);
  }
  await store.write(chunkName(level, at), await store.encoders.compress(bytesOf(full)));
}

/** A quarter of a chunk that is being filled from a chunk of the level before. */
export interface Quarter {
  from: { pixels: PixelArray; width: number; validWidth: number; validHeight: number };
  to: { pixels: PixelArray; width: number; left: number; top: number };
}

/**
 * Writes a level from the one before, chunk by chunk. @param channels places of the channels, `[[]]` for a raster without.
 * @param newPixels makes an array of zeros. @param halve puts squares of 2 x 2 pixels into one.
 */
export async function writeReduced(
  store: PartialStore,
  [from, to]: readonly [Level, Level],
  channels: readonly ChunkAt[],
  newPixels: (length: number) => PixelArray,
  halve: (quarter: Quarter) => void,
): Promise<void> {
  const source = chunkShape(from);
  for (const channel of channels) {
    for (let cy = 0; cy * CHUNK_PX < to.heightPx; cy++) {
      for (let cx = 0; cx * CHUNK_PX < to.widthPx; cx++) {
        const width = Math.min(CHUNK_PX, to.widthPx - cx * CHUNK_PX);
        const pixels = newPixels(width * Math.min(CHUNK_PX, to.heightPx - cy * CHUNK_PX));
        for (const [dy, dx] of QUARTERS) {
          const [sy, sx] = [2 * cy + dy, 2 * cx + dx];
          const bytes = await store.read(chunkName(from, [...channel, sy, sx]));
          if (bytes === null) continue;
          const decoded = (await decompressChunk(bytes)).slice();
          halve({
            from: {
              pixels: new (pixels.constructor as Uint16ArrayConstructor)(decoded.buffer) as PixelArray,
              width: source.width,
              validWidth: Math.min(source.width, from.widthPx - sx * CHUNK_PX),
              validHeight: Math.min(source.height, from.heightPx - sy * CHUNK_PX),
            },
            to: { pixels, width, left: (dx * CHUNK_PX) / 2, top: (dy * CHUNK_PX) / 2 },
          });
        }
        await writeChunk(store, to, [...channel, cy, cx], pixels, width);
      }
    }
  }
}

const QUARTERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

/** The datasets of a raster's `multiscales`; scales by axis, 1 for channels. */
export const datasetsOf = (levels: readonly Level[], hasChannels: boolean) =>
  levels.map(({ path, widthPx, heightPx }) => ({
    path: path.slice(path.lastIndexOf('/') + 1),
    coordinateTransformations: [
      {
        type: 'scale',
        scale: [...(hasChannels ? [1] : []), levels[0].heightPx / heightPx, levels[0].widthPx / widthPx],
      },
    ],
  }));

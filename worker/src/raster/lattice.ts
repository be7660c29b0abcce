import { SpatileError } from '@spatile/formats/errors';
import type { RectUm } from '@spatile/formats/space';

/**
 * A window of the slide-wide pixel lattice: pixel (i, j) covers `[origin + i*size, origin + (i+1)*size)`. Columns and rows
 * are counted from the slide's origin, so a pixel has the same name in every tile.
 */
export interface PixelWindow {
  readonly originX: number;
  readonly originY: number;
  readonly sizeUm: number;
  /** First column and row, and how many. */
  readonly column0: number;
  readonly row0: number;
  readonly width: number;
  readonly height: number;
}

/** Most pixels of a window: 4 GiB of labels, and indices that fit 32 bits. */
const MAX_PIXELS = 2 ** 30;

export const columnOf = (window: PixelWindow, x: number): number =>
  Math.floor((x - window.originX) / window.sizeUm);
export const rowOf = (window: PixelWindow, y: number): number =>
  Math.floor((y - window.originY) / window.sizeUm);

/**
 * All pixels that meet a rectangle in microns. Errors: `RUN_CORRUPT` for a rectangle, origin or pixel that is no number,
 * `MEMORY_LIMIT` above 2^30 pixels.
 */
export function windowOf(
  rect: RectUm,
  originUm: readonly [number, number],
  sizeUm: number,
  where: string,
): PixelWindow {
  const [originX, originY] = originUm;
  const numbers = [rect.x0, rect.y0, rect.x1, rect.y1, originX, originY, sizeUm];
  if (!numbers.every(Number.isFinite) || !(sizeUm > 0) || rect.x1 < rect.x0 || rect.y1 < rect.y0) {
    throw new SpatileError(
      'RUN_CORRUPT',
      `${where}: region, origin and pixel size make no raster (${numbers.join(', ')}); expected finite numbers and a positive pixel; delete the run directory and start again`,
    );
  }
  const column0 = Math.floor((rect.x0 - originX) / sizeUm);
  const row0 = Math.floor((rect.y0 - originY) / sizeUm);
  const width = Math.ceil((rect.x1 - originX) / sizeUm) - column0;
  const height = Math.ceil((rect.y1 - originY) / sizeUm) - row0;
  checkPixels(width * height, where);
  return { originX, originY, sizeUm, column0, row0, width, height };
}

/** Refuses rasters that no worker could hold (`MEMORY_LIMIT`), before anything is allocated. */
export function checkPixels(pixels: number, where: string): void {
  if (pixels <= MAX_PIXELS) return;
  throw new SpatileError(
    'MEMORY_LIMIT',
    `${where}: the raster is too large (${pixels} pixels); expected at most ${MAX_PIXELS}; choose larger pixels or smaller tiles`,
    { fields: { pixels } },
  );
}

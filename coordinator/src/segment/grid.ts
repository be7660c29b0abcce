import { SpatileError } from '@spatile/formats/errors';
import type { PixelRect } from '@spatile/formats/image/packed';
import { pixelSizeOf, type SlideImage } from '@spatile/formats/image/slide-image';
import { type Affine, invertAffine, type RectUm } from '@spatile/formats/space';

/** The grid that is worked on: whole blocks of `reduce` x `reduce` pixels of one level, from the image's corner. */
export interface Grid {
  level: number;
  reduce: number;
  pixelSizeUm: number;
  widthPx: number;
  heightPx: number;
  /** Maps grid pixels to microns. */
  toUm: Affine;
}

/** Tile edges are multiples of so many grid pixels: pooling in networks sees the same pixels in every tile. */
export const LATTICE_PX = 16;
/** A level may be so much coarser than wanted. */
const COARSER = 1.25;
/** Pixels that cannot show a nucleus. */
const COARSEST_UM = 2.5;

/**
 * The grid whose pixels are nearest to `workUm`: of the coarsest level that is fine enough, and whole blocks of its pixels.
 * Errors: `IMAGE_INVALID` when even full resolution is too coarse for nuclei.
 */
export function chooseGrid(image: SlideImage, workUm: number): Grid {
  const full = pixelSizeOf(image.pixelToUm);
  if (!(full > 0) || full > COARSEST_UM) {
    throw new SpatileError(
      'IMAGE_INVALID',
      `image ${image.name}: its pixels are too large to show nuclei (${full} um); expected at most ${COARSEST_UM} um; check the pixel size`,
    );
  }
  let level = 0;
  image.levels.forEach(({ factor }, i) => {
    if (full * factor <= COARSER * workUm && factor > image.levels[level].factor) level = i;
  });
  return gridOf(image, level, Math.max(1, Math.round(workUm / (full * image.levels[level].factor))));
}

/** What a rectangle of the grid covers of the slide; what encloses it, for images that are turned. */
export function slideArea({ toUm: [a, b, c, d, e, f] }: Pick<Grid, 'toUm'>, rect: PixelRect): RectUm {
  const corners = [rect.x0, rect.x1].flatMap((x) => [rect.y0, rect.y1].map((y) => [x, y]));
  const xs = corners.map(([x, y]) => a * x + b * y + c);
  const ys = corners.map(([x, y]) => d * x + e * y + f);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

/** The grid of blocks of a level. */
export function gridOf(image: SlideImage, level: number, reduce: number): Grid {
  const { factor, widthPx, heightPx } = image.levels[level];
  const scale = factor * reduce;
  const [a, b, c, d, e, f] = image.pixelToUm;
  return {
    level,
    reduce,
    pixelSizeUm: pixelSizeOf(image.pixelToUm) * scale,
    widthPx: Math.ceil(widthPx / reduce),
    heightPx: Math.ceil(heightPx / reduce),
    toUm: [a * scale, b * scale, c, d * scale, e * scale, f, 0, 0, 1],
  };
}

/**
 * The part of the grid that a rectangle in microns covers, out to the lattice; null when the two do not meet.
 */
export function regionOf({ toUm, widthPx, heightPx }: Grid, rect: RectUm): PixelRect | null {
  const [a, b, c, d, e, f] = invertAffine(toUm);
  const corners = [
    [rect.x0, rect.y0],
    [rect.x1, rect.y0],
    [rect.x0, rect.y1],
    [rect.x1, rect.y1],
  ].map(([x, y]) => [a * x + b * y + c, d * x + e * y + f]);
  const along = (axis: number, most: number): [number, number] => {
    const values = corners.map((corner) => corner[axis]);
    return [
      Math.max(0, Math.floor(Math.min(...values) / LATTICE_PX) * LATTICE_PX),
      Math.min(most, Math.ceil(Math.max(...values) / LATTICE_PX) * LATTICE_PX),
    ];
  };
  const [x0, x1] = along(0, widthPx);
  const [y0, y1] = along(1, heightPx);
  return x0 < x1 && y0 < y1 ? { x0, y0, x1, y1 } : null;
}

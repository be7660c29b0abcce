import type { PixelRect } from '@spatile/formats/image/packed';
import { type Grid, gridOf } from './grid.ts';
import type { SegmentSetup } from './setup.ts';

/** Pixels of the level that contrast is learnt from, at most, microns: nuclei of 8 um still show. */
const COARSE_UM = 2;
/** Edge of a pilot window in pixels, and how many there are at most. */
const WINDOW_PX = 1024;
const MAX_WINDOWS = 64;

/**
 * Windows that the contrast of a slide is learnt from: of the coarsest level on which nuclei show, or of the working grid where
 * there is no pyramid; all of the region, or windows evenly spaced over it.
 */
export function chooseFit(
  { image, grid }: Pick<SegmentSetup, 'image' | 'grid'>,
  region: PixelRect,
): { grid: Grid; windows: PixelRect[] } {
  let chosen = grid;
  for (let level = 0; level < image.levels.length; level++) {
    const coarse = gridOf(image, level, 1);
    if (coarse.pixelSizeUm <= COARSE_UM && coarse.pixelSizeUm > chosen.pixelSizeUm) chosen = coarse;
  }
  const ratio = chosen.pixelSizeUm / grid.pixelSizeUm;
  const area = {
    x0: Math.floor(region.x0 / ratio),
    y0: Math.floor(region.y0 / ratio),
    x1: Math.min(chosen.widthPx, Math.ceil(region.x1 / ratio)),
    y1: Math.min(chosen.heightPx, Math.ceil(region.y1 / ratio)),
  };
  const all: PixelRect[] = [];
  for (let y = area.y0; y < area.y1; y += WINDOW_PX)
    for (let x = area.x0; x < area.x1; x += WINDOW_PX)
      all.push({ x0: x, y0: y, x1: Math.min(area.x1, x + WINDOW_PX), y1: Math.min(area.y1, y + WINDOW_PX) });
  const wanted = Math.min(MAX_WINDOWS, all.length);
  return {
    grid: chosen,
    windows: Array.from({ length: wanted }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / wanted)]),
  };
}

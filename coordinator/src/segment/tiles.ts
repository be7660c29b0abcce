import type { PixelRect } from '@spatile/formats/image/packed';
import { LATTICE_PX } from './grid.ts';

export interface SegmentPlanTile {
  id: string;
  core: PixelRect;
  /** Core and halo, within the image. */
  region: PixelRect;
}

/** Cuts a region into cores of about equal size on the lattice, at most `edgePx` wide, by rows; the region begins on the lattice. */
export function cutTiles(
  region: PixelRect,
  [width, height]: [number, number],
  edgePx: number,
  haloPx: number,
): SegmentPlanTile[] {
  const xs = cuts(region.x0, region.x1, edgePx);
  const ys = cuts(region.y0, region.y1, edgePx);
  const digits = Math.max(4, String((xs.length - 1) * (ys.length - 1)).length);
  const tiles: SegmentPlanTile[] = [];
  for (let row = 0; row + 1 < ys.length; row++) {
    for (let column = 0; column + 1 < xs.length; column++) {
      const core = { x0: xs[column], y0: ys[row], x1: xs[column + 1], y1: ys[row + 1] };
      tiles.push({
        id: `s${String(tiles.length).padStart(digits, '0')}`,
        core,
        region: {
          x0: Math.max(0, core.x0 - haloPx),
          y0: Math.max(0, core.y0 - haloPx),
          x1: Math.min(width, core.x1 + haloPx),
          y1: Math.min(height, core.y1 + haloPx),
        },
      });
    }
  }
  return tiles;
}

/** Edges from `from` to `to`, evenly spaced on the lattice. */
function cuts(from: number, to: number, edge: number): number[] {
  const pieces = Math.max(1, Math.ceil((to - from) / edge));
  const step = Math.ceil((to - from) / pieces / LATTICE_PX) * LATTICE_PX;
  const out = [from];
  for (let at = from + step; at < to; at += step) out.push(at);
  return [...out, to];
}

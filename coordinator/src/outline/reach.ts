import { signedRingArea } from '@spatile/formats/geometry/ring';
import { boxOf, runSpans } from '@spatile/formats/tile/runs';
import type { TileState } from '@spatile/formats/tile/state';
import type { SlideContext } from '../run/slide.ts';

/** Decimals of the reach in microns: more would be noise. */
const ROUNDING = 1000;

/**
 * How far cells of a slide reach beyond their nuclei: the median over cells of the distance r at which a nucleus of area A and
 * perimeter P, grown by r, is as large as the columns that hold a voxel of the cell (A + P r + pi r^2, Steiner's formula;
 * 0 for cells smaller than their nucleus). Memory grows with cells.
 */
export class ReachSurvey {
  private readonly slide: Pick<SlideContext, 'cells'>;
  private readonly found: number[] = [];

  constructor(slide: Pick<SlideContext, 'cells'>) {
    this.slide = slide;
  }

  /** Adds the cells of one tile. */
  add({ runs }: Pick<TileState, 'runs'>, voxelUm: number): void {
    for (const [cell, span] of runSpans(runs)) {
      const rings = this.slide.cells.nucleus[cell - 1];
      if (rings.length === 0) continue;
      const area = rings.reduce((sum, ring) => sum + Math.abs(signedRingArea(ring)), 0);
      const perimeter = rings.reduce((sum, ring) => sum + lengthOf(ring), 0);
      const more = columnsOf(runs, span) * voxelUm * voxelUm - area;
      const root = Math.sqrt(perimeter * perimeter + 4 * Math.PI * Math.max(0, more));
      this.found.push((root - perimeter) / (2 * Math.PI));
    }
  }

  /** Microns; 0 without any nucleus. */
  median(): number {
    if (this.found.length === 0) return 0;
    this.found.sort((a, b) => a - b);
    return Math.round(ROUNDING * this.found[Math.floor(this.found.length / 2)]) / ROUNDING;
  }
}

function lengthOf(ring: Float64Array): number {
  let length = 0;
  for (let i = 2; i + 1 < ring.length; i += 2) {
    const [dx, dy] = [ring[i] - ring[i - 2], ring[i + 1] - ring[i - 1]];
    length += Math.sqrt(dx * dx + dy * dy);
  }
  return length;
}

/** Columns in which a span of runs has a voxel in any layer. Memory: a byte for each column of their bounding box. */
function columnsOf(runs: TileState['runs'], span: [number, number]): number {
  const [x0, y0, x1, y1] = boxOf(runs, span);
  const width = x1 - x0;
  const occupied = new Uint8Array(width * (y1 - y0));
  let columns = 0;
  for (let i = span[0]; i < span[1]; i++) {
    const first = (runs.y[i] - y0) * width + runs.x[i] - x0;
    for (let at = first; at < first + runs.length[i]; at++) {
      columns += 1 - occupied[at];
      occupied[at] = 1;
    }
  }
  return columns;
}

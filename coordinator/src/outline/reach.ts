import { signedRingArea } from '@spatile/formats/geometry/ring';
import type { SettledCells } from '@spatile/formats/tile/settled';
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

  /** Adds cells of one tile, with the columns in which they have a voxel. */
  add({ cell, columns }: Pick<SettledCells, 'cell' | 'columns'>, voxelUm: number): void {
    for (let i = 0; i < cell.length; i++) {
      const rings = this.slide.cells.nucleus[cell[i] - 1];
      if (rings.length === 0) continue;
      const area = rings.reduce((sum, ring) => sum + Math.abs(signedRingArea(ring)), 0);
      const perimeter = rings.reduce((sum, ring) => sum + lengthOf(ring), 0);
      const more = columns[i] * voxelUm * voxelUm - area;
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

import { DENSITY_BINS, DENSITY_STEPS } from '@spatile/formats/tile/proseg';
import type { TileGrid } from './grid.ts';

/** L1 distance in voxels from an occupied column within which a column belongs to the model (1.4 step 7). */
const REACH = 3;

/** 1 for the columns of the fine grid that belong to the model. */
export function modelledColumns(grid: TileGrid, x: Uint16Array, y: Uint16Array): Uint8Array {
  const { width, height } = grid;
  let inside = new Uint8Array(width * height);
  for (let i = 0; i < x.length; i++) inside[y[i] * width + x[i]] = 1;
  for (let step = 0; step < REACH; step++) inside = dilated(inside, width, height);
  return inside;
}

function dilated(inside: Uint8Array<ArrayBuffer>, width: number, height: number): Uint8Array<ArrayBuffer> {
  const out = inside.slice();
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const at = j * width + i;
      if (inside[at] === 0) continue;
      if (i > 0) out[at - 1] = 1;
      if (i + 1 < width) out[at + 1] = 1;
      if (j > 0) out[at - width] = 1;
      if (j + 1 < height) out[at + width] = 1;
    }
  }
  return out;
}

/** Bin of a density: the number of cuts it reaches. */
export function densityBin(density: number, cuts: readonly number[]): number {
  let bin = 0;
  while (bin < cuts.length && density >= cuts[bin]) bin++;
  return bin;
}

/**
 * What one transcript adds to the density of a place `dxUm`, `dyUm` from it, before scaling. Its own weight is taken out of the
 * density that decides its background: else the densest bins are just the columns that hold a transcript, their background
 * comes out as high as the expression of cells, and most transcripts of cells pass as background (Slivnyak's theorem: to a
 * Poisson process, the density around a point without the point is that of any place).
 */
export function ownWeight(
  dxUm: number,
  dyUm: number,
  bandwidthUm: number,
  exp: (x: number) => number,
): number {
  return exp(-(dxUm * dxUm + dyUm * dyUm) / (2 * bandwidthUm * bandwidthUm));
}

/** Visits the modelled columns of the core with their index on the fine grid. */
function eachCoreColumn(grid: TileGrid, modelled: Uint8Array, visit: (at: number) => void): void {
  for (let j = grid.core.y0; j < grid.core.y1; j++) {
    for (let i = grid.core.x0; i < grid.core.x1; i++)
      if (modelled[j * grid.width + i] === 1) visit(j * grid.width + i);
  }
}

/** Histogram of the density over the modelled columns of the core. */
export function densityHistogram(grid: TileGrid, modelled: Uint8Array, density: Float32Array): Uint32Array {
  const histogram = new Uint32Array(DENSITY_BINS);
  eachCoreColumn(grid, modelled, (at) => {
    histogram[Math.min(DENSITY_BINS - 1, Math.floor(density[at] * DENSITY_STEPS))]++;
  });
  return histogram;
}

/** A_d: modelled columns of the core by density bin. */
export function modelledArea(
  grid: TileGrid,
  modelled: Uint8Array,
  bins: Uint8Array,
  densityBins: number,
): Uint32Array {
  const area = new Uint32Array(densityBins);
  eachCoreColumn(grid, modelled, (at) => {
    area[bins[at]]++;
  });
  return area;
}

import { DENSITY_BINS, DENSITY_STEPS } from '@spatile/formats/tile/proseg';
import { weightedSums } from '../../../kernels/bind-density.ts';
import type { TileGrid } from './grid.ts';

/** Bandwidth at which the density is the plain sum of weights (1.4 step 7). */
export const UNIT_BANDWIDTH_UM = 0.5;

/** L1 distance in voxels from an occupied column within which a column belongs to the model (1.4 step 7). */
const REACH = 3;

/** Transcripts of `source` (indices into `x` and `y`) by column of the fine grid, row-major `height` x `width`. */
export function columnCounts(
  { width, height }: TileGrid,
  source: Uint32Array,
  x: Uint16Array,
  y: Uint16Array,
): Float32Array {
  const counts = new Float32Array(width * height);
  for (let k = 0; k < source.length; k++) counts[y[source[k]] * width + x[source[k]]]++;
  return counts;
}

/** 1 for the columns of the fine grid that belong to the model: those near the transcripts of `source` (indices into `x` and `y`). */
export function modelledColumns(
  grid: TileGrid,
  source: Uint32Array,
  x: Uint16Array,
  y: Uint16Array,
): Uint8Array {
  const { width, height } = grid;
  let inside = new Uint8Array(width * height);
  for (let k = 0; k < source.length; k++) inside[y[source[k]] * width + x[source[k]]] = 1;
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

/** Gaussian weights below a thousandth are cut off: beyond 3.717 bandwidths. */
const CUT = 3.7169221888498383;

/**
 * Local density at the centres of columns (1.4 step 7): the sum over transcripts of Gaussian weights of x and y, each cut at
 * a thousandth. Transcripts count at the centre of their column, so that one pass along rows and one along columns do; a sum
 * is taken in the order of distances, so that it does not depend on where the grid begins.
 *
 * @param counts transcripts by column, row-major `height` x `width`; not changed.
 * @param exp exponential of the same bits everywhere.
 */
export async function localDensity(
  counts: Float32Array,
  width: number,
  height: number,
  voxelUm: number,
  bandwidthUm: number,
  exp: (x: number) => number,
): Promise<Float32Array> {
  const reach = Math.min(Math.floor((CUT * bandwidthUm) / voxelUm), Math.max(width, height) - 1);
  const weights = Float64Array.from({ length: reach + 1 }, (_, k) =>
    exp(-0.5 * ((k * voxelUm) / bandwidthUm) ** 2),
  );
  return weightedSums(counts, width, height, weights);
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

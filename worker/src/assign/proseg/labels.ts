import { setGrid } from '../../../kernels/bind.ts';
import type { Sampler } from './sampler.ts';
import type { StartColumns } from './start.ts';

/**
 * Labels without the rim: u16 in order (layer, row, column) at a voxel edge of `edge` fine voxels. This is what chains and
 * changes of resolution carry.
 */
export interface LabelVolume {
  edge: number;
  label: Uint16Array;
}

/** Number of voxels at an edge. */
export function voxelCount({ grid }: Sampler, edge: number): number {
  return (grid.width / edge) * (grid.height / edge) * grid.layers;
}

/** Coarse start columns spread over all layers. */
export function spread(columns: StartColumns, layers: number, edge: number): LabelVolume {
  const size = columns.label.length;
  const label = new Uint16Array(size * layers);
  for (let l = 0; l < layers; l++) label.set(columns.label, l * size);
  return { edge, label };
}

/** Each voxel copied to its sub-voxels along x and y. */
export function refined({ grid }: Sampler, coarse: LabelVolume): LabelVolume {
  const f = coarse.edge;
  const width = grid.width / f;
  const height = grid.height / f;
  const label = new Uint16Array(grid.width * grid.height * grid.layers);
  for (let l = 0; l < grid.layers; l++) {
    for (let j = 0; j < grid.height; j++) {
      const from = (l * height + Math.floor(j / f)) * width;
      const to = (l * grid.height + j) * grid.width;
      for (let i = 0; i < grid.width; i++) label[to + i] = coarse.label[from + Math.floor(i / f)];
    }
  }
  return { edge: 1, label };
}

/**
 * Puts labels and prior into the kernel at their resolution, counts them, and puts every transcript at its observed voxel.
 * `prior`: coarse columns (labels and classes of the prior only).
 */
export function enterLabels(sampler: Sampler, volume: LabelVolume, prior: StartColumns): void {
  const { bound, arrays, grid } = sampler;
  const { edge, label } = volume;
  const width = grid.width / edge;
  const height = grid.height / edge;
  const um = grid.voxelUm * edge;
  setGrid(bound, { width, height, voxelVolume: (um * um) / grid.layers, volumeFactor: edge * edge });
  sampler.edge = edge;
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  const fold = grid.coarseFactor / edge;
  arrays.priorClass.fill(0);
  for (let j = 0; j < height; j++) {
    const row = (j + 1) * stride + 1;
    const from = Math.floor(j / fold) * prior.width;
    for (let l = 0; l < grid.layers; l++) {
      const start = (l * height + j) * width;
      arrays.label.set(label.subarray(start, start + width), l * plane + row);
    }
    for (let i = 0; i < width; i++) {
      const column = from + Math.floor(i / fold);
      arrays.priorLabel[row + i] = prior.priorLabel[column];
      arrays.priorClass[row + i] = prior.priorClass[column];
    }
  }
  bound.kernel.recount(bound.tile);
  resetPlaces(sampler);
}

/** Every transcript back to its observed voxel at the current resolution. */
function resetPlaces({ bound, arrays, edge }: Sampler): void {
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  const { current, observedX, observedY, observedL } = arrays;
  for (let i = 0; i < current.length; i++) {
    const x = Math.floor(observedX[i] / edge);
    const y = Math.floor(observedY[i] / edge);
    current[i] = observedL[i] * plane + (y + 1) * stride + x + 1;
  }
  bound.kernel.bucketTranscripts(bound.tile);
}

/** The kernel's labels without the rim. */
export function readLabels({ bound, arrays, grid, edge }: Sampler): LabelVolume {
  const width = grid.width / edge;
  const height = grid.height / edge;
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  const label = new Uint16Array(width * height * grid.layers);
  for (let l = 0; l < grid.layers; l++) {
    for (let j = 0; j < height; j++) {
      const from = l * plane + (j + 1) * stride + 1;
      label.set(arrays.label.subarray(from, from + width), (l * height + j) * width);
    }
  }
  return { edge, label };
}

/** Displacement of every model transcript from its observed voxel, in fine voxels. Only at the fine resolution. */
export interface Displacements {
  dx: Int8Array;
  dy: Int8Array;
  dl: Int8Array;
}

export function readPlaces({ bound, arrays }: Sampler): Displacements {
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  const { current, observedX, observedY, observedL } = arrays;
  const n = current.length;
  const out = { dx: new Int8Array(n), dy: new Int8Array(n), dl: new Int8Array(n) };
  for (let i = 0; i < n; i++) {
    const l = Math.floor(current[i] / plane);
    const y = Math.floor((current[i] - l * plane) / stride);
    out.dx[i] = current[i] - l * plane - y * stride - 1 - observedX[i];
    out.dy[i] = y - 1 - observedY[i];
    out.dl[i] = l - observedL[i];
  }
  return out;
}

/** Puts transcripts at their displaced voxels; those that would leave the region stay at the observed one. */
export function writePlaces({ bound, arrays, grid }: Sampler, places: Displacements): void {
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  const { current, observedX, observedY, observedL } = arrays;
  for (let i = 0; i < current.length; i++) {
    const x = observedX[i] + places.dx[i];
    const y = observedY[i] + places.dy[i];
    const l = observedL[i] + places.dl[i];
    if (x < 0 || x >= grid.width || y < 0 || y >= grid.height || l < 0 || l >= grid.layers) continue;
    current[i] = l * plane + (y + 1) * stride + x + 1;
  }
  bound.kernel.bucketTranscripts(bound.tile);
}

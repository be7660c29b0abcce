import type { TileGrid } from './grid.ts';
import type { Sampler } from './sampler.ts';

/** Most samples in which every voxel is looked at. */
export const VOXEL_SAMPLES = 10;

/**
 * How often each fine voxel had which label, for the two labels met first (a voxel that had more counts the others as none of
 * these). Memory: 6 bytes per voxel.
 */
export class VoxelWatch {
  samples = 0;
  readonly #grid: TileGrid;
  readonly #stride: number;
  readonly #label: [Uint16Array, Uint16Array];
  readonly #count: [Uint8Array, Uint8Array];

  constructor(grid: TileGrid, recorded: number) {
    const voxels = grid.width * grid.height * grid.layers;
    this.#grid = grid;
    this.#stride = Math.ceil(recorded / VOXEL_SAMPLES);
    this.#label = [new Uint16Array(voxels), new Uint16Array(voxels)];
    this.#count = [new Uint8Array(voxels), new Uint8Array(voxels)];
  }

  /** Looks at all voxels when it is the turn of this recorded sample. */
  record({ arrays, bound }: Sampler, sample: number): void {
    if (sample % this.#stride !== 0) return;
    this.samples++;
    const { width, height, layers } = this.#grid;
    const [first, second] = this.#label;
    const [ones, twos] = this.#count;
    const { label } = arrays;
    const [stride, plane] = [bound.integer('stride'), bound.integer('plane')];
    for (let l = 0, at = 0; l < layers; l++) {
      for (let y = 0; y < height; y++) {
        const from = l * plane + (y + 1) * stride + 1;
        for (let x = 0; x < width; x++, at++) {
          const now = label[from + x];
          if (ones[at] === 0) first[at] = now;
          if (first[at] === now) ones[at]++;
          else if (twos[at] === 0 || second[at] === now) {
            second[at] = now;
            twos[at]++;
          }
        }
      }
    }
  }

  /**
   * By local cell (0..cells): the mean share of samples in which a voxel that is the cell's in `label` (layers x height x width,
   * the final labels) was another's or nobody's; 0 for cells without a voxel.
   */
  flips(label: Uint16Array, cells: number): Float32Array {
    const voxels = new Uint32Array(cells + 1);
    const kept = new Float64Array(cells + 1);
    const [first, second] = this.#label;
    const [ones, twos] = this.#count;
    for (let at = 0; at < label.length; at++) {
      const cell = label[at];
      voxels[cell]++;
      if (first[at] === cell) kept[cell] += ones[at];
      else if (second[at] === cell) kept[cell] += twos[at];
    }
    return Float32Array.from(voxels, (n, c) => (n === 0 || c === 0 ? 0 : 1 - kept[c] / (n * this.samples)));
  }
}

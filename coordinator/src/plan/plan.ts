import type { RectUm } from '@spatile/formats/space';

/** One tile: a half-open core; halos are per stage. */
export interface Tile {
  /** `t0000`, ... in order of (y, x) of the core. */
  id: string;
  core: RectUm;
  /** Kept transcripts whose bin lies in the core. */
  transcripts: number;
  /** Seeds in the core. */
  cells: number;
  /** Estimated worker memory of the assign or outline stage, whichever needs more, bytes. */
  memoryBytes: number;
}

/** Frozen before any tile is computed; part of the run's identity. */
export interface TilePlan {
  /** Every core edge is `origin + k * latticeUm`. */
  gridOriginUm: [number, number];
  latticeUm: number;
  extent: RectUm;
  haloUm: number;
  tiles: Tile[];
}

/** Tile edges lie on multiples of about this many microns (rounded to coarse voxels). */
const LATTICE_TARGET_UM = 16;

/** Lattice of tile edges: the multiple of the coarse voxel next to 16 um. */
export function latticeFor(voxelUm: number, coarseFactor: number): number {
  const coarse = voxelUm * coarseFactor;
  return coarse * Math.max(1, Math.round(LATTICE_TARGET_UM / coarse));
}

/** `value` rounded up to the lattice. */
export function ceilTo(value: number, stepUm: number): number {
  return Math.ceil(value / stepUm - 1e-9) * stepUm;
}

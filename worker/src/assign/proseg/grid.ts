import { SpatileError } from '@spatile/formats/errors';
import type { AssignTile } from '@spatile/formats/tile/assign';
import type { ModelFrame } from '@spatile/formats/tile/proseg';

/** The fine voxels of a tile's region on the slide-wide lattice. */
export interface TileGrid {
  /** Slide-wide column and row of the region's first fine voxel; multiples of `coarseFactor`. */
  firstColumn: number;
  firstRow: number;
  /** Fine voxels; multiples of `coarseFactor`. */
  width: number;
  height: number;
  layers: number;
  coarseFactor: number;
  voxelUm: number;
  originUm: [number, number];
  /** The core in fine columns and rows of the region, half-open. */
  core: { x0: number; y0: number; x1: number; y1: number };
}

/** Coordinates of whole voxels come as products and sums of decimals: a thousandth of a voxel is rounding. */
const ROUNDING = 1e-3;

/** The grid of a tile. Errors: `INTERNAL` when its edges are not on the coarse lattice, `MEMORY_LIMIT` when it has too many voxels. */
export function tileGrid(tile: AssignTile, model: ModelFrame): TileGrid {
  const { region, core, gridOriginUm, tile: id } = tile.meta;
  const h = model.voxelUm;
  const f = model.coarseFactor;
  const line = (um: number, origin: number): number => {
    const at = (um - origin) / (h * f);
    if (!(Math.abs(at - Math.round(at)) < ROUNDING)) {
      throw new SpatileError(
        'INTERNAL',
        `tile ${id}: an edge is off the voxel lattice (${um} um); expected a multiple of ${h * f} um from ${origin}; report this as a bug`,
      );
    }
    return Math.round(at) * f;
  };
  const x0 = line(region.x0, gridOriginUm[0]);
  const y0 = line(region.y0, gridOriginUm[1]);
  const width = line(region.x1, gridOriginUm[0]) - x0;
  const height = line(region.y1, gridOriginUm[1]) - y0;
  if (!(width > 0 && height > 0 && width <= 65535 && height <= 65535)) {
    throw new SpatileError(
      'MEMORY_LIMIT',
      `tile ${id}: its region is ${width} x ${height} voxels; expected 1 to 65535 along each side; lower plan.tileSizeUm or raise assign.proseg.voxelUm`,
    );
  }
  return {
    firstColumn: x0,
    firstRow: y0,
    width,
    height,
    layers: model.layers,
    coarseFactor: f,
    voxelUm: h,
    originUm: gridOriginUm,
    core: {
      x0: line(core.x0, gridOriginUm[0]) - x0,
      y0: line(core.y0, gridOriginUm[1]) - y0,
      x1: line(core.x1, gridOriginUm[0]) - x0,
      y1: line(core.y1, gridOriginUm[1]) - y0,
    },
  };
}

/** Observed fine voxel of every transcript of the tile (controls too): column and row in the region, and layer. */
export interface ObservedVoxels {
  x: Uint16Array;
  y: Uint16Array;
  l: Uint8Array;
}

/**
 * Where each transcript was observed. Points on the region's far edge fall to its last voxel.
 * Errors: `COORDINATES_INVALID` for coordinates that are not numbers, `INTERNAL` for points outside the region.
 */
export function observedVoxels(tile: AssignTile, grid: TileGrid, model: ModelFrame): ObservedVoxels {
  const { x, y, z } = tile.transcripts;
  const n = x.length;
  const out = { x: new Uint16Array(n), y: new Uint16Array(n), l: new Uint8Array(n) };
  const { plane, xRefUm, yRefUm, lowUm, highUm } = model.z;
  const span = highUm - lowUm;
  for (let i = 0; i < n; i++) {
    const column = Math.floor((x[i] - grid.originUm[0]) / grid.voxelUm) - grid.firstColumn;
    const row = Math.floor((y[i] - grid.originUm[1]) / grid.voxelUm) - grid.firstRow;
    if (!(column >= -1 && column <= grid.width && row >= -1 && row <= grid.height)) throw outside(tile, i);
    out.x[i] = Math.min(grid.width - 1, Math.max(0, column));
    out.y[i] = Math.min(grid.height - 1, Math.max(0, row));
    if (grid.layers === 1 || !(span > 0)) continue;
    const height = z[i] - (plane[0] + plane[1] * (x[i] - xRefUm) + plane[2] * (y[i] - yRefUm));
    const depth = (Math.min(highUm, Math.max(lowUm, height)) - lowUm) / span;
    out.l[i] = Math.min(grid.layers - 1, Math.floor(depth * grid.layers));
  }
  return out;
}

function outside(tile: AssignTile, i: number): SpatileError {
  const { x, y, row } = tile.transcripts;
  const finite = Number.isFinite(x[i]) && Number.isFinite(y[i]);
  return new SpatileError(
    finite ? 'INTERNAL' : 'COORDINATES_INVALID',
    `tile ${tile.meta.tile}: transcript row ${row[i]} is not in the region (${x[i]}, ${y[i]}); expected finite coordinates inside the tile; report this as a bug`,
  );
}

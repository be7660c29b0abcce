import type { Columns, Frame } from '@spatile/formats/tile/frame';

/**
 * The settled state of one tile: a verdict for every transcript of its core (in the order of its partition file) and the
 * voxels of the cells it owns. Derived from committed results alone, so it can be made again at any time.
 */
export interface TileState {
  verdicts: {
    cell: Uint32Array;
    probability: Float32Array;
    dx: Int8Array;
    dy: Int8Array;
    dl: Int8Array;
  };
  runs: { cell: Uint32Array; layer: Uint16Array; y: Int32Array; x: Int32Array; length: Uint32Array };
  /** Owned cells that have a voxel, ascending. */
  cells: { cell: Uint32Array; component: Uint16Array };
  /** Row-major cells x latent width; empty for geometric methods. */
  loadings: { value: Float32Array };
}

export interface VoxelGrid {
  voxelUm: number;
  layers: number;
  layerUm: number;
}

export const TILE_STATE = 'tile-state';

export function tileStateFrame(tile: string, grid: VoxelGrid, state: TileState): Frame {
  return {
    kind: TILE_STATE,
    meta: { tile, ...grid },
    tables: { ...state } as unknown as Record<string, Columns>,
  };
}

export function tileStateFrom(frame: Frame): { state: TileState; grid: VoxelGrid } {
  const { voxelUm, layers, layerUm } = frame.meta as unknown as VoxelGrid;
  return { state: frame.tables as unknown as TileState, grid: { voxelUm, layers, layerUm } };
}

/** The runs of the cells that `keep` accepts. */
export function filterRuns(runs: TileState['runs'], keep: (cell: number) => boolean): TileState['runs'] {
  const at: number[] = [];
  for (let i = 0; i < runs.cell.length; i++) if (keep(runs.cell[i])) at.push(i);
  return {
    cell: Uint32Array.from(at, (i) => runs.cell[i]),
    layer: Uint16Array.from(at, (i) => runs.layer[i]),
    y: Int32Array.from(at, (i) => runs.y[i]),
    x: Int32Array.from(at, (i) => runs.x[i]),
    length: Uint32Array.from(at, (i) => runs.length[i]),
  };
}

/** Several lists of runs as one, sorted by (cell, layer, y, x). */
export function mergeRuns(lists: TileState['runs'][]): TileState['runs'] {
  const n = lists.reduce((sum, list) => sum + list.cell.length, 0);
  const all: TileState['runs'] = {
    cell: new Uint32Array(n),
    layer: new Uint16Array(n),
    y: new Int32Array(n),
    x: new Int32Array(n),
    length: new Uint32Array(n),
  };
  let offset = 0;
  for (const list of lists) {
    all.cell.set(list.cell, offset);
    all.layer.set(list.layer, offset);
    all.y.set(list.y, offset);
    all.x.set(list.x, offset);
    all.length.set(list.length, offset);
    offset += list.cell.length;
  }
  const order = Uint32Array.from(all.cell, (_, i) => i).sort(
    (a, b) =>
      all.cell[a] - all.cell[b] || all.layer[a] - all.layer[b] || all.y[a] - all.y[b] || all.x[a] - all.x[b],
  );
  return {
    cell: Uint32Array.from(order, (i) => all.cell[i]),
    layer: Uint16Array.from(order, (i) => all.layer[i]),
    y: Int32Array.from(order, (i) => all.y[i]),
    x: Int32Array.from(order, (i) => all.x[i]),
    length: Uint32Array.from(order, (i) => all.length[i]),
  };
}

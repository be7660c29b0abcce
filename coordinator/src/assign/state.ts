import { SpatileError } from '@spatile/formats/errors';
import type { Columns, Frame } from '@spatile/formats/tile/frame';
import { copyRuns, emptyRuns, runSpans, sliceRuns } from './runs.ts';

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

/** The runs of the cells that `keep` accepts. Runs are grouped by cell, so it is asked once for each. */
export function filterRuns(runs: TileState['runs'], keep: (cell: number) => boolean): TileState['runs'] {
  return sliceRuns(
    runs,
    [...runSpans(runs)].filter(([cell]) => keep(cell)).map(([, span]) => span),
  );
}

/**
 * Several lists of runs as one, sorted by (cell, layer, y, x). Each list is sorted so already; the runs of one cell are in one
 * list, since every cell has one owner (`INTERNAL` otherwise).
 */
export function mergeRuns(lists: TileState['runs'][]): TileState['runs'] {
  const n = lists.reduce((sum, list) => sum + list.cell.length, 0);
  const out = emptyRuns(n);
  const spans = lists.flatMap((list) => [...runSpans(list)].map(([cell, span]) => ({ cell, list, span })));
  spans.sort((a, b) => a.cell - b.cell);
  let at = 0;
  spans.forEach(({ cell, list, span }, i) => {
    if (i > 0 && spans[i - 1].cell === cell)
      throw new SpatileError(
        'INTERNAL',
        `settled state: cell ${cell} has voxels from two tiles; expected one owner; please report this`,
      );
    copyRuns(list, span, out, at);
    at += span[1] - span[0];
  });
  return out;
}

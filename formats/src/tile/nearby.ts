import { mergeRuns, runSpans, sliceRuns, touchesBox, type VoxelBox } from './runs.ts';
import type { TileState } from './state.ts';

/** What the settled state knows of a cell, beside its voxels. */
export interface NearbyCell {
  cell: number;
  component: number;
  /** Number of the owner tile. */
  tile: number;
  /** Empty for geometric methods. */
  loadings: Float32Array;
}

/** Cells of a tile with their voxels: all of them, or some. */
export type TileCells = Pick<TileState, 'runs' | 'cells'> & {
  tile: number;
  /** Row-major cells x latent width; empty for geometric methods. */
  loadings: { value: Float32Array };
};

/** A cell as a border unit left it. */
export interface ChangedCell {
  /** The voxels are those of `span` in `runs`. */
  runs: TileState['runs'];
  span: [number, number];
  component: number;
  loadings: Float32Array;
}

/**
 * The settled cells that have a voxel in a box, ascending, and all their voxels.
 *
 * @param sources each cell in one of them.
 * @param changed cells as they are by now, where they are no longer as the sources say (null: gone).
 */
export function cellsNear(
  sources: readonly TileCells[],
  inside: VoxelBox,
  changed: ReadonlyMap<number, ChangedCell | null> = new Map(),
): { runs: TileState['runs']; cells: NearbyCell[] } {
  const found: NearbyCell[] = [];
  const lists: TileState['runs'][] = [];
  for (const { tile, runs, cells, loadings } of sources) {
    const latent = cells.cell.length === 0 ? 0 : loadings.value.length / cells.cell.length;
    const spans = runSpans(runs);
    const chosen: [number, number][] = [];
    cells.cell.forEach((cell, k) => {
      const now = changed.get(cell);
      if (now === null) return;
      if (now !== undefined) {
        if (!touchesBox(now.runs, now.span, inside)) return;
        lists.push(sliceRuns(now.runs, [now.span]));
        found.push({ cell, component: now.component, tile, loadings: now.loadings });
        return;
      }
      const span = spans.get(cell);
      if (span === undefined || !touchesBox(runs, span, inside)) return;
      chosen.push(span);
      found.push({
        cell,
        component: cells.component[k],
        tile,
        loadings: loadings.value.subarray(k * latent, (k + 1) * latent),
      });
    });
    lists.push(sliceRuns(runs, chosen));
  }
  found.sort((a, b) => a.cell - b.cell);
  return { runs: mergeRuns(lists), cells: found };
}

import { growRect, type RectUm } from '@spatile/formats/space';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import type { ChangedCell } from './border-changes.ts';
import { runSpans, sliceRuns, touchesBox, voxelBox } from './runs.ts';
import { mergeRuns, type TileState } from './state.ts';
import type { StoredState } from './states.ts';

/** What the settled state knows of a cell, beside its voxels. */
export interface NearbyCell {
  cell: number;
  component: number;
  /** Number of the owner tile. */
  tile: number;
  /** Empty for geometric methods. */
  loadings: Float32Array;
}

/** Gives the settled state of a tile; null for a tile without one. */
export type ReadState = (tile: number) => Promise<StoredState | null>;

/**
 * The settled cells that have a voxel in a rectangle (microns), ascending, and all their voxels. The cells' owners lie no
 * farther from it than the halo is wide: no cell has a voxel farther from the core of its owner.
 *
 * @param voxelUm edge of the voxels of the settled state, microns.
 * @param changed cells as they are by now, where they are no longer as the states say (null: gone).
 */
export async function cellsNear(
  slide: SlideContext,
  regions: RegionReader,
  read: ReadState,
  region: RectUm,
  voxelUm: number,
  changed: ReadonlyMap<number, ChangedCell | null> = new Map(),
): Promise<{ runs: TileState['runs']; cells: NearbyCell[] }> {
  const inside = voxelBox(region, slide.plan.gridOriginUm, voxelUm);
  const found: NearbyCell[] = [];
  const lists: TileState['runs'][] = [];
  for (const tile of regions.tilesIn(growRect(region, slide.plan.haloUm))) {
    const entry = await read(tile);
    if (entry === null) continue;
    const { runs, cells, loadings } = entry.state;
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

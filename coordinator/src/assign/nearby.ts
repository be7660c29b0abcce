import { growRect, type RectUm } from '@spatile/formats/space';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import { runSpans, sliceRuns, touchesBox, voxelBox } from './runs.ts';
import { mergeRuns, type TileState } from './state.ts';
import type { TileStates } from './states.ts';

/** What the settled state knows of a cell, beside its voxels. */
export interface NearbyCell {
  cell: number;
  component: number;
  /** Number of the owner tile. */
  tile: number;
  /** Empty for geometric methods. */
  loadings: Float32Array;
}

/**
 * The settled cells that have a voxel in a rectangle (microns), ascending, and all their voxels. The cells' owners lie no
 * farther from it than the halo is wide: no cell has a voxel farther from the core of its owner.
 *
 * @param voxelUm edge of the voxels of the settled state, microns.
 */
export async function cellsNear(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  region: RectUm,
  voxelUm: number,
): Promise<{ runs: TileState['runs']; cells: NearbyCell[] }> {
  const inside = voxelBox(region, slide.plan.gridOriginUm, voxelUm);
  const found: NearbyCell[] = [];
  const lists: TileState['runs'][] = [];
  for (const tile of regions.tilesIn(growRect(region, slide.plan.haloUm))) {
    const entry = await states.read(tile);
    if (entry === null) continue;
    const { runs, cells, loadings } = entry.state;
    const latent = cells.cell.length === 0 ? 0 : loadings.value.length / cells.cell.length;
    const spans = runSpans(runs);
    const chosen: [number, number][] = [];
    cells.cell.forEach((cell, k) => {
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

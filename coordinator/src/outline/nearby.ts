import { growRect, type RectUm } from '@spatile/formats/space';
import { cellsNear, type TileCells } from '@spatile/formats/tile/nearby';
import { voxelBox } from '@spatile/formats/tile/runs';
import type { StoredState } from '../assign/states.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/** Gives the settled state of a tile; null for a tile without one. */
export type ReadState = (tile: number) => Promise<StoredState | null>;

const NO_LOADINGS = { value: new Float32Array(0) };

/**
 * The settled cells that have a voxel in a rectangle (microns), ascending, and all their voxels. The cells' owners lie no
 * farther from it than the halo is wide: no cell has a voxel farther from the core of its owner.
 *
 * @param voxelUm edge of the voxels of the settled state, microns.
 */
export async function settledCellsNear(
  slide: SlideContext,
  regions: RegionReader,
  read: ReadState,
  region: RectUm,
  voxelUm: number,
): Promise<ReturnType<typeof cellsNear>> {
  const sources: TileCells[] = [];
  for (const tile of regions.tilesIn(growRect(region, slide.plan.haloUm))) {
    const entry = await read(tile);
    if (entry === null) continue;
    const { runs, cells } = entry.state;
    sources.push({ tile, runs, cells, loadings: NO_LOADINGS });
  }
  return cellsNear(sources, voxelBox(region, slide.plan.gridOriginUm, voxelUm));
}

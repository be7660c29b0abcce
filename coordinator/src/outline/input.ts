import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';
import { outlineTileFrame } from '@spatile/formats/tile/outline';
import { coreTable, verdictsOf } from '../assign/border-input.ts';
import { cellsNear, type ReadState } from '../assign/nearby.ts';
import { boxOf } from '../assign/runs.ts';
import type { TileStates } from '../assign/states.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/** Input of the outline stage of one tile: all voxels of its cells and of the cells that may share a column with them. */
export async function outlineInput(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  tile: number,
): Promise<Frame> {
  const own = (await states.read(tile))!;
  const { voxelUm, layers, layerUm } = own.grid;
  const [originX, originY] = slide.plan.gridOriginUm;
  const box = boxOf(own.state.runs, [0, own.state.runs.cell.length]);
  const { core, id } = slide.plan.tiles[tile];
  // The halo beyond the tile's own cells lets neighbours be judged as their owners judge them (`OutlineTileMeta.region`).
  const occupied: RectUm = {
    x0: Math.min(core.x0, originX + box[0] * voxelUm),
    y0: Math.min(core.y0, originY + box[1] * voxelUm),
    x1: Math.max(core.x1, originX + box[2] * voxelUm),
    y1: Math.max(core.y1, originY + box[3] * voxelUm),
  };
  const region = growRect(occupied, slide.plan.haloUm);
  const read: ReadState = (near) => states.read(near);
  const nearby = await cellsNear(slide, regions, read, region, voxelUm);
  const rows = await regions.rows(region);
  const verdicts = await verdictsOf(read, rows);
  const x = new Float32Array(rows.at.length);
  const y = new Float32Array(rows.at.length);
  rows.at.forEach((at, i) => {
    const from = rows.partitions.get(rows.tile[i])!;
    x[i] = from.x[at];
    y[i] = from.y[at];
  });
  return outlineTileFrame({
    meta: { tile: id, core, region, gridOriginUm: slide.plan.gridOriginUm, voxelUm, layers, layerUm },
    transcripts: { x, y, cell: verdicts.cell },
    runs: nearby.runs,
    cells: {
      cell: Uint32Array.from(nearby.cells, (entry) => entry.cell),
      tile: Uint32Array.from(nearby.cells, (entry) => entry.tile),
    },
    cores: coreTable(
      slide,
      regions,
      nearby.cells.map((entry) => entry.tile),
      region,
    ),
    owned: { cell: own.state.cells.cell },
  });
}

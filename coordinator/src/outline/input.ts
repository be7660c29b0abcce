import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';
import { type OutlineTile, outlineTileFrame } from '@spatile/formats/tile/outline';
import { boxOf } from '@spatile/formats/tile/runs';
import type { TileStates } from '../assign/states.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import { type ReadState, settledCellsNear } from './nearby.ts';

/**
 * Input of the outline stage of one tile, where outlines come from voxels alone: all voxels of its cells and of the cells that may
 * share a column with them, and the transcripts, which decide about shared columns.
 */
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
  const nearby = await settledCellsNear(slide, regions, read, region, voxelUm);
  const numbers = Uint32Array.from(nearby.cells, (entry) => entry.cell);
  return outlineTileFrame({
    meta: {
      tile: id,
      core,
      region,
      gridOriginUm: slide.plan.gridOriginUm,
      voxelUm,
      layers,
      layerUm,
      layerShapes: slide.config.output.layers,
    },
    transcripts: await transcriptsIn(regions, read, region),
    runs: nearby.runs,
    cells: {
      cell: numbers,
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

async function transcriptsIn(
  regions: RegionReader,
  read: ReadState,
  region: RectUm,
): Promise<OutlineTile['transcripts']> {
  const rows = await regions.rows(region);
  const verdicts = new Map<number, Uint32Array>();
  for (const tile of rows.partitions.keys()) {
    const entry = await read(tile);
    if (entry !== null) verdicts.set(tile, entry.state.verdicts.cell);
  }
  const n = rows.at.length;
  const out = { x: new Float32Array(n), y: new Float32Array(n), cell: new Uint32Array(n) };
  rows.at.forEach((at, i) => {
    const from = rows.partitions.get(rows.tile[i])!;
    out.x[i] = from.x[at];
    out.y[i] = from.y[at];
    out.cell[i] = verdicts.get(rows.tile[i])?.[at] ?? 0;
  });
  return out;
}

/** Cores of the owner tiles and of the tiles that meet the region, ascending by tile number. */
function coreTable(
  slide: SlideContext,
  regions: RegionReader,
  owners: number[],
  region: RectUm,
): OutlineTile['cores'] {
  const tiles = [...new Set([...owners, ...regions.tilesIn(region)])].sort((a, b) => a - b);
  const edge = (name: keyof RectUm): Float64Array =>
    Float64Array.from(tiles, (tile) => slide.plan.tiles[tile].core[name]);
  return { tile: Uint32Array.from(tiles), x0: edge('x0'), y0: edge('y0'), x1: edge('x1'), y1: edge('y1') };
}

import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';
import { outlineTileFrame } from '@spatile/formats/tile/outline';
import { boxOf, coreTable, runSpans, sliceRuns, verdictsOf } from '../assign/border-input.ts';
import { mergeRuns, type TileState } from '../assign/state.ts';
import type { TileStates } from '../assign/states.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

type Box = [number, number, number, number];

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
  const box = joinedBox(own.state.runs);
  const { core, id } = slide.plan.tiles[tile];
  // The halo beyond the tile's own cells lets neighbours be judged as their owners judge them (`OutlineTileMeta.region`).
  const occupied: RectUm = {
    x0: Math.min(core.x0, originX + box[0] * voxelUm),
    y0: Math.min(core.y0, originY + box[1] * voxelUm),
    x1: Math.max(core.x1, originX + box[2] * voxelUm),
    y1: Math.max(core.y1, originY + box[3] * voxelUm),
  };
  const region = growRect(occupied, slide.plan.haloUm);
  const nearby = await cellsNear(slide, regions, states, tile, region, voxelUm);
  const rows = await regions.rows(region);
  const verdicts = await verdictsOf(states, rows);
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
    cells: { cell: nearby.cell, tile: nearby.tile },
    cores: coreTable(slide, regions, [...nearby.tile], region),
    owned: { cell: own.state.cells.cell },
  });
}

async function cellsNear(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  own: number,
  region: RectUm,
  voxelUm: number,
) {
  const [originX, originY] = slide.plan.gridOriginUm;
  const inside: Box = [
    Math.floor((region.x0 - originX) / voxelUm),
    Math.floor((region.y0 - originY) / voxelUm),
    Math.ceil((region.x1 - originX) / voxelUm),
    Math.ceil((region.y1 - originY) / voxelUm),
  ];
  const margin = slide.plan.haloUm;
  const wide = {
    x0: region.x0 - margin,
    y0: region.y0 - margin,
    x1: region.x1 + margin,
    y1: region.y1 + margin,
  };
  const found: { cell: number; tile: number }[] = [];
  const lists: TileState['runs'][] = [];
  for (const tile of regions.tilesIn(wide)) {
    const entry = await states.read(tile);
    if (entry === null) continue;
    const spans = runSpans(entry.state.runs);
    const chosen: [number, number][] = [];
    for (const [cell, span] of spans) {
      const box = boxOf(entry.state.runs, span);
      if (
        tile !== own &&
        (box[0] >= inside[2] || box[2] <= inside[0] || box[1] >= inside[3] || box[3] <= inside[1])
      )
        continue;
      chosen.push(span);
      found.push({ cell, tile });
    }
    lists.push(sliceRuns(entry.state.runs, chosen));
  }
  found.sort((a, b) => a.cell - b.cell);
  return {
    runs: mergeRuns(lists),
    cell: Uint32Array.from(found, (f) => f.cell),
    tile: Uint32Array.from(found, (f) => f.tile),
  };
}

function joinedBox(runs: TileState['runs']): Box {
  return boxOf(runs, [0, runs.cell.length]);
}

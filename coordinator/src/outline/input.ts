import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';
import { type OutlineTile, outlineTileFrame } from '@spatile/formats/tile/outline';
import { coreTable, verdictsOf } from '../assign/border-input.ts';
import { cellsNear, type ReadState } from '../assign/nearby.ts';
import { boxOf } from '../assign/runs.ts';
import type { TileStates } from '../assign/states.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/**
 * Input of the outline stage of one tile: all voxels of its cells and of the cells that may share a column with them; with
 * `reachUm` also their nuclei, else the transcripts, which decide about shared columns there.
 */
export async function outlineInput(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  tile: number,
  reachUm: number | null,
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
      ...(reachUm === null ? {} : { reachUm }),
    },
    transcripts: reachUm === null ? await transcriptsIn(regions, read, region) : NO_TRANSCRIPTS,
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
    ...(reachUm === null ? {} : nucleiOf(slide, numbers)),
  });
}

const NO_TRANSCRIPTS: OutlineTile['transcripts'] = {
  x: new Float32Array(0),
  y: new Float32Array(0),
  cell: new Uint32Array(0),
};

async function transcriptsIn(
  regions: RegionReader,
  read: ReadState,
  region: RectUm,
): Promise<OutlineTile['transcripts']> {
  const rows = await regions.rows(region);
  const verdicts = await verdictsOf(read, rows);
  const x = new Float32Array(rows.at.length);
  const y = new Float32Array(rows.at.length);
  rows.at.forEach((at, i) => {
    const from = rows.partitions.get(rows.tile[i])!;
    x[i] = from.x[at];
    y[i] = from.y[at];
  });
  return { x, y, cell: verdicts.cell };
}

function nucleiOf(
  { cells }: SlideContext,
  numbers: Uint32Array,
): Required<Pick<OutlineTile, 'nuclei' | 'nucleusVertices'>> {
  const cell: number[] = [];
  const start: number[] = [];
  const count: number[] = [];
  const rings: Float64Array[] = [];
  let vertices = 0;
  for (const number of numbers) {
    for (const ring of cells.nucleus[number - 1]) {
      cell.push(number);
      start.push(vertices);
      count.push(ring.length / 2);
      rings.push(ring);
      vertices += ring.length / 2;
    }
  }
  const x = new Float64Array(vertices);
  const y = new Float64Array(vertices);
  rings.forEach((ring, r) => {
    for (let v = 0; v < ring.length; v += 2) {
      x[start[r] + v / 2] = ring[v];
      y[start[r] + v / 2] = ring[v + 1];
    }
  });
  return {
    nuclei: {
      cell: Uint32Array.from(cell),
      start: Uint32Array.from(start),
      count: Uint32Array.from(count),
    },
    nucleusVertices: { x, y },
  };
}

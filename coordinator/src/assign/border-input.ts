import type { RectUm } from '@spatile/formats/space';
import type { Columns } from '@spatile/formats/tile/frame';
import type { BorderState } from '@spatile/formats/tile/proseg';
import { prefixed } from '@spatile/formats/tile/proseg';
import type { RegionReader, RegionRows } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import type { BorderUnit } from '../seams/border.ts';
import { mergeRuns, type TileState } from './state.ts';
import type { TileStates } from './states.ts';

/** Cells of the tiles around a rectangle that have a voxel inside, with everything the state knows of them. */
interface NearbyCells {
  runs: TileState['runs'];
  cell: number[];
  component: number[];
  tile: number[];
  loadings: Float32Array[];
  /** Bounding box of all voxels of each cell, voxel indices (x0, y0, x1, y1), half-open. */
  box: [number, number, number, number][];
  latent: number;
}

/** The settled state of a border unit's region, as the tables of `BorderState`. */
export async function borderState(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  unit: BorderUnit,
  rows: RegionRows,
): Promise<{ tables: Record<string, Columns>; active: Set<number> }> {
  const nearby = await cellsIn(slide, regions, states, unit.region);
  const order = nearby.cell.map((_, i) => i).sort((a, b) => nearby.cell[a] - nearby.cell[b]);
  const active = order.map((i) => (isActive(slide, nearby, i, unit) ? 1 : 0));
  const state: BorderState = {
    transcripts: await verdictsOf(states, rows),
    runs: nearby.runs,
    cells: {
      cell: Uint32Array.from(order, (i) => nearby.cell[i]),
      component: Uint16Array.from(order, (i) => nearby.component[i]),
      active: Uint8Array.from(active),
      tile: Uint32Array.from(order, (i) => nearby.tile[i]),
    },
    loadings: { value: concatenate(order.map((i) => nearby.loadings[i])) },
    cores: coreTable(slide, regions, nearby.tile, unit.region),
  };
  return {
    tables: prefixed('state', state as unknown as Record<string, Columns>),
    active: new Set(order.filter((_, k) => active[k] === 1).map((i) => nearby.cell[i])),
  };
}

/** Active = has a voxel or its seed in the strip, and lies in the region with all its voxels. */
function isActive(slide: SlideContext, nearby: NearbyCells, i: number, unit: BorderUnit): boolean {
  const grid = slide.plan.gridOriginUm;
  const h = slide.config.assign.proseg.voxelUm;
  const [vx0, vy0, vx1, vy1] = nearby.box[i];
  const box: RectUm = {
    x0: grid[0] + vx0 * h,
    y0: grid[1] + vy0 * h,
    x1: grid[0] + vx1 * h,
    y1: grid[1] + vy1 * h,
  };
  const { region, strip } = unit;
  if (box.x0 < region.x0 || box.y0 < region.y0 || box.x1 > region.x1 || box.y1 > region.y1) return false;
  if (nearby.runs.cell.length === 0) return false;
  const seedX = slide.cells.seedX[nearby.cell[i] - 1];
  const seedY = slide.cells.seedY[nearby.cell[i] - 1];
  const seedInside = seedX >= strip.x0 && seedX < strip.x1 && seedY >= strip.y0 && seedY < strip.y1;
  return seedInside || (box.x0 < strip.x1 && box.x1 > strip.x0 && box.y0 < strip.y1 && box.y1 > strip.y0);
}

async function cellsIn(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  region: RectUm,
): Promise<NearbyCells> {
  const grid = slide.plan.gridOriginUm;
  const h = slide.config.assign.proseg.voxelUm;
  const inside: [number, number, number, number] = [
    Math.round((region.x0 - grid[0]) / h),
    Math.round((region.y0 - grid[1]) / h),
    Math.round((region.x1 - grid[0]) / h),
    Math.round((region.y1 - grid[1]) / h),
  ];
  const margin = slide.plan.haloUm;
  const wide = {
    x0: region.x0 - margin,
    y0: region.y0 - margin,
    x1: region.x1 + margin,
    y1: region.y1 + margin,
  };
  const out: NearbyCells = {
    runs: mergeRuns([]),
    cell: [],
    component: [],
    tile: [],
    loadings: [],
    box: [],
    latent: 0,
  };
  const lists: TileState['runs'][] = [];
  for (const tile of regions.tilesIn(wide)) {
    const entry = await states.read(tile);
    if (entry === null) continue;
    const { runs, cells, loadings } = entry.state;
    const latent = cells.cell.length === 0 ? 0 : loadings.value.length / cells.cell.length;
    const spans = runSpans(runs);
    const chosen: [number, number][] = [];
    cells.cell.forEach((cell, k) => {
      const span = spans.get(cell);
      if (span === undefined) return;
      const box = boxOf(runs, span);
      if (box[0] >= inside[2] || box[2] <= inside[0] || box[1] >= inside[3] || box[3] <= inside[1]) return;
      if (!touches(runs, span, inside)) return;
      chosen.push(span);
      out.cell.push(cell);
      out.component.push(cells.component[k]);
      out.tile.push(tile);
      out.loadings.push(loadings.value.subarray(k * latent, (k + 1) * latent));
      out.box.push(box);
    });
    lists.push(sliceRuns(runs, chosen));
  }
  out.runs = mergeRuns(lists);
  return out;
}

/** First and past-the-last run of each cell (runs are sorted by cell). */
export function runSpans(runs: TileState['runs']): Map<number, [number, number]> {
  const spans = new Map<number, [number, number]>();
  for (let i = 0; i < runs.cell.length; ) {
    let end = i + 1;
    while (end < runs.cell.length && runs.cell[end] === runs.cell[i]) end++;
    spans.set(runs.cell[i], [i, end]);
    i = end;
  }
  return spans;
}

export function boxOf(
  runs: TileState['runs'],
  [from, to]: [number, number],
): [number, number, number, number] {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = from; i < to; i++) {
    x0 = Math.min(x0, runs.x[i]);
    x1 = Math.max(x1, runs.x[i] + runs.length[i]);
    y0 = Math.min(y0, runs.y[i]);
    y1 = Math.max(y1, runs.y[i] + 1);
  }
  return [x0, y0, x1, y1];
}

function touches(
  runs: TileState['runs'],
  [from, to]: [number, number],
  [x0, y0, x1, y1]: [number, number, number, number],
): boolean {
  for (let i = from; i < to; i++) {
    if (runs.y[i] >= y0 && runs.y[i] < y1 && runs.x[i] < x1 && runs.x[i] + runs.length[i] > x0) return true;
  }
  return false;
}

export function sliceRuns(runs: TileState['runs'], spans: [number, number][]): TileState['runs'] {
  const n = spans.reduce((sum, [from, to]) => sum + to - from, 0);
  const out: TileState['runs'] = {
    cell: new Uint32Array(n),
    layer: new Uint16Array(n),
    y: new Int32Array(n),
    x: new Int32Array(n),
    length: new Uint32Array(n),
  };
  let at = 0;
  for (const [from, to] of spans) {
    out.cell.set(runs.cell.subarray(from, to), at);
    out.layer.set(runs.layer.subarray(from, to), at);
    out.y.set(runs.y.subarray(from, to), at);
    out.x.set(runs.x.subarray(from, to), at);
    out.length.set(runs.length.subarray(from, to), at);
    at += to - from;
  }
  return out;
}

/** Verdicts of the rows of a region, gathered from the states of the tiles they lie in. */
export async function verdictsOf(states: TileStates, rows: RegionRows): Promise<BorderState['transcripts']> {
  const n = rows.at.length;
  const out: BorderState['transcripts'] = {
    cell: new Uint32Array(n),
    probability: new Float32Array(n),
    dx: new Int8Array(n),
    dy: new Int8Array(n),
    dl: new Int8Array(n),
  };
  const verdicts = new Map<number, TileState['verdicts']>();
  for (const tile of rows.partitions.keys()) {
    const entry = await states.read(tile);
    if (entry !== null) verdicts.set(tile, entry.state.verdicts);
  }
  for (let i = 0; i < n; i++) {
    const from = verdicts.get(rows.tile[i]);
    if (from === undefined) continue;
    const at = rows.at[i];
    out.cell[i] = from.cell[at];
    out.probability[i] = from.probability[at];
    out.dx[i] = from.dx[at];
    out.dy[i] = from.dy[at];
    out.dl[i] = from.dl[at];
  }
  return out;
}

/** Cores of the owner tiles and of the tiles that meet the region, ascending by tile number. */
export function coreTable(
  slide: SlideContext,
  regions: RegionReader,
  owners: number[],
  region: RectUm,
): BorderState['cores'] {
  const tiles = [...new Set([...owners, ...regions.tilesIn(region)])].sort((a, b) => a - b);
  const core = (tile: number): RectUm => slide.plan.tiles[tile].core;
  return {
    tile: Uint32Array.from(tiles),
    x0: Float64Array.from(tiles, (tile) => core(tile).x0),
    y0: Float64Array.from(tiles, (tile) => core(tile).y0),
    x1: Float64Array.from(tiles, (tile) => core(tile).x1),
    y1: Float64Array.from(tiles, (tile) => core(tile).y1),
  };
}

function concatenate(parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

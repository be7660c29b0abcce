import { type RectUm, rectContains } from '@spatile/formats/space';
import type { Columns } from '@spatile/formats/tile/frame';
import type { BorderState } from '@spatile/formats/tile/proseg';
import { prefixed } from '@spatile/formats/tile/proseg';
import type { RegionReader, RegionRows } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import type { BorderUnit } from '../seams/border.ts';
import { type BorderOutcome, changedCells, overlayClaims } from './border-changes.ts';
import { cellsNear, type ReadState } from './nearby.ts';
import { boxOf, runSpans, touchesBox, type VoxelBox, voxelBox } from './runs.ts';
import type { TileState } from './state.ts';

/**
 * The state of a border unit's region, as the tables of `BorderState`, and the cells that are active there.
 *
 * @param read the settled states before any border unit.
 * @param rows the region's transcripts, ascending by input row.
 * @param earlier what the units of earlier phases said that this one meets, in the order of the phases.
 */
export async function borderState(
  slide: SlideContext,
  regions: RegionReader,
  read: ReadState,
  unit: BorderUnit,
  rows: RegionRows,
  earlier: readonly BorderOutcome[],
): Promise<{ tables: Record<string, Columns>; active: Set<number> }> {
  const { gridOriginUm } = slide.plan;
  const { voxelUm } = slide.config.assign.proseg;
  const inside = voxelBox(unit.region, gridOriginUm, voxelUm);
  const strip = voxelBox(unit.strip, gridOriginUm, voxelUm);
  const nearby = await cellsNear(slide, regions, read, unit.region, voxelUm, changedCells(earlier));
  const cell = Uint32Array.from(nearby.cells, (entry) => entry.cell);
  const spans = runSpans(nearby.runs);
  const isActive = (k: number): boolean => {
    const span = spans.get(k)!;
    if (!within(boxOf(nearby.runs, span), inside)) return false;
    return (
      rectContains(unit.strip, slide.cells.seedX[k - 1], slide.cells.seedY[k - 1]) ||
      touchesBox(nearby.runs, span, strip)
    );
  };
  const active = Uint8Array.from(cell, (k) => (isActive(k) ? 1 : 0));
  const transcripts = await verdictsOf(read, rows);
  overlayClaims(transcripts, inputRows(rows), earlier);
  const state: BorderState = {
    transcripts,
    runs: nearby.runs,
    cells: {
      cell,
      component: Uint16Array.from(nearby.cells, (entry) => entry.component),
      active,
      tile: Uint32Array.from(nearby.cells, (entry) => entry.tile),
    },
    loadings: { value: concatenated(nearby.cells.map((entry) => entry.loadings)) },
    cores: coreTable(
      slide,
      regions,
      nearby.cells.map((entry) => entry.tile),
      unit.region,
    ),
  };
  return {
    tables: prefixed('state', state as unknown as Record<string, Columns>),
    active: new Set(cell.filter((_, i) => active[i] === 1)),
  };
}

/** Whether a box lies in another. */
function within(box: VoxelBox, outer: VoxelBox): boolean {
  return box[0] >= outer[0] && box[1] >= outer[1] && box[2] <= outer[2] && box[3] <= outer[3];
}

/** Input rows of the transcripts of a region, ascending. */
function inputRows(rows: RegionRows): Uint32Array {
  return Uint32Array.from(rows.at, (at, i) => rows.partitions.get(rows.tile[i])!.row[at]);
}

/** Verdicts of the rows of a region, gathered from the states of the tiles they lie in. */
export async function verdictsOf(read: ReadState, rows: RegionRows): Promise<BorderState['transcripts']> {
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
    const entry = await read(tile);
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

function concatenated(parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

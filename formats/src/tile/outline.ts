import type { RectUm } from '../space.ts';
import type { Frame, StoredPiece } from './frame.ts';
import { pickTables, presentIn, presentTables } from './tables.ts';

/**
 * What goes into and comes out of the outline stage of one tile: settled voxels of cells in, their measures and polygons out.
 * Cells, voxels and runs are named as in `assign.ts`.
 */

export interface OutlineTileMeta {
  tile: string;
  core: RectUm;
  /**
   * Must hold every voxel of the owned cells with all cells and transcripts there. Polygons of neighbouring tiles agree when
   * it also holds the cells that share a column with the owned ones, and those that share one with these: the planned
   * halo around the voxels of the owned cells does.
   */
  region: RectUm;
  gridOriginUm: [number, number];
  /** Edge of the voxels in microns. */
  voxelUm: number;
  layers: number;
  /** Height of one layer in microns; 0 without z. */
  layerUm: number;
  /** Outlines are drawn from voxels and nuclei together, given how far cells of the slide reach beyond nuclei; absent: by voxels alone. */
  reachUm?: number;
  /** Whether every layer is outlined too. */
  layerShapes?: boolean;
}

export interface OutlineTile {
  meta: OutlineTileMeta;
  /** Transcripts observed in `region` with their settled cell (0 = background). Microns. */
  transcripts: { x: Float32Array; y: Float32Array; cell: Uint32Array };
  /**
   * All voxels of the cells that have one in the region, as runs along x. Runs of different cells may overlap: a voxel
   * goes to the cell whose owner tile's core holds its centre, else to the lower cell.
   */
  runs: { cell: Uint32Array; layer: Uint16Array; y: Int32Array; x: Int32Array; length: Uint32Array };
  /** Cells of `runs`, ascending, with the number of their owner tile. */
  cells: { cell: Uint32Array; tile: Uint32Array };
  /** Cores by tile number, for every owner of `cells`. Microns. */
  cores: { tile: Uint32Array; x0: Float64Array; y0: Float64Array; x1: Float64Array; y1: Float64Array };
  /** Cells this tile reports, ascending. */
  owned: { cell: Uint32Array };
  /** With `reachUm`: closed rings of the nuclei of `cells`, even-odd per cell; vertices in microns. */
  nuclei?: { cell: Uint32Array; start: Uint32Array; count: Uint32Array };
  nucleusVertices?: { x: Float64Array; y: Float64Array };
}

export interface OutlineResult {
  meta: {
    tile: string;
    voxelUm: number;
    /** Numbers for the report. */
    diagnostics: Record<string, number>;
  };
  /** Owned cells that have a voxel, ascending. */
  cells: {
    cell: Uint32Array;
    /** Area of the polygon. */
    areaUm2: Float64Array;
    voxels: Uint32Array;
    /** voxels x voxelUm^2 x layerUm; 0 without z. */
    volumeUm3: Float64Array;
    /** Length of all rings, holes included. */
    perimeterUm: Float64Array;
    /** Centre of mass of the polygon, microns. */
    centroidX: Float64Array;
    centroidY: Float64Array;
    /** Polygons of the cell (4-connected parts); 0 when another cell has every one of its columns. */
    parts: Uint16Array;
  };
  /** Closed rings (first vertex = last) sorted by (cell, part), the exterior before its holes. Shoelace area of exteriors > 0, of holes < 0. */
  rings: { cell: Uint32Array; part: Uint16Array; start: Uint32Array; count: Uint32Array; hole: Uint8Array };
  /** With `layerShapes`: the same in every layer, sorted by (layer, cell, part). */
  layerRings?: {
    layer: Uint16Array;
    cell: Uint32Array;
    part: Uint16Array;
    start: Uint32Array;
    count: Uint32Array;
    hole: Uint8Array;
  };
  /** Microns. */
  vertices: { x: Float64Array; y: Float64Array };
}

export const OUTLINE_TILE = 'outline-tile';
export const OUTLINE_RESULT = 'outline-result';

const TILE_COLUMNS = {
  transcripts: ['x', 'y', 'cell'],
  runs: ['cell', 'layer', 'y', 'x', 'length'],
  cells: ['cell', 'tile'],
  cores: ['tile', 'x0', 'y0', 'x1', 'y1'],
  owned: ['cell'],
};
const OPTIONAL_TILE = { nuclei: ['cell', 'start', 'count'], nucleusVertices: ['x', 'y'] };
const OPTIONAL_RESULT = { layerRings: ['layer', 'cell', 'part', 'start', 'count', 'hole'] };
const RESULT_COLUMNS = {
  cells: ['cell', 'areaUm2', 'voxels', 'volumeUm3', 'perimeterUm', 'centroidX', 'centroidY', 'parts'],
  rings: ['cell', 'part', 'start', 'count', 'hole'],
  vertices: ['x', 'y'],
};

export function outlineTileFrame(tile: OutlineTile): Frame {
  const { meta, ...tables } = tile;
  return { kind: OUTLINE_TILE, meta: { ...meta }, tables: presentTables(tables) };
}

/** Where the voxels of an outline task lie that are pieces as they were settled, in `meta.sources`. */
export interface OutlineSources {
  /** Number of the tile itself. */
  own: number;
  tiles: OutlineSource[];
}

export interface OutlineSource {
  /** Number in the plan. */
  tile: number;
  core: RectUm;
  /** Names of pieces (`settled.ts`). */
  voxels: string[];
}

type Nuclei = Required<Pick<OutlineTile, 'nuclei' | 'nucleusVertices'>>;

/** An outline task whose voxels ride along as stored. `nuclei` may be of more cells than those with a voxel in the region. */
export function outlineSourcesFrame(
  meta: OutlineTileMeta,
  nuclei: Nuclei,
  sources: OutlineSources,
  stored: Record<string, StoredPiece>,
): Frame {
  return {
    kind: OUTLINE_TILE,
    meta: { ...meta, sources },
    tables: presentTables(nuclei),
    stored,
    bare: true,
  };
}

/** The nuclei of such a task, of some cells. Errors: `RUN_CORRUPT` when a table or column is missing. */
export function outlineNucleiFrom(frame: Frame, wanted: (cell: number) => boolean): Nuclei {
  const { nuclei, nucleusVertices } = pickTables(frame, OPTIONAL_TILE) as unknown as Nuclei;
  const kept = Uint8Array.from(nuclei.cell, (cell) => (wanted(cell) ? 1 : 0));
  const keep = (column: Uint32Array): Uint32Array => column.filter((_, r) => kept[r] === 1);
  return {
    nuclei: { cell: keep(nuclei.cell), start: keep(nuclei.start), count: keep(nuclei.count) },
    nucleusVertices,
  };
}

export function outlineTileFrom(frame: Frame): OutlineTile {
  return {
    meta: frame.meta,
    ...pickTables(frame, { ...TILE_COLUMNS, ...presentIn(frame, OPTIONAL_TILE) }),
  } as unknown as OutlineTile;
}

export function outlineResultFrame(result: OutlineResult): Frame {
  const { meta, ...tables } = result;
  return { kind: OUTLINE_RESULT, meta: { ...meta }, tables: presentTables(tables) };
}

export function outlineResultFrom(frame: Frame): OutlineResult {
  return {
    meta: frame.meta,
    ...pickTables(frame, { ...RESULT_COLUMNS, ...presentIn(frame, OPTIONAL_RESULT) }),
  } as unknown as OutlineResult;
}

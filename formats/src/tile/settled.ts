import { type Columns, type Frame, openPiece } from './frame.ts';
import type { PartPlace } from './parts.ts';
import type { TileState, VoxelGrid } from './state.ts';
import { pickTables } from './tables.ts';

/**
 * What a tile of the `proseg` method has come to when it and all border units around it are settled: a frame of pieces. Strays
 * are not yet taken out.
 */

export const SETTLED_TILE = 'settled-tile';
export const SETTLED_VERDICTS = 'settled-verdicts';
export const SETTLED_CELLS = 'settled-cells';
export const SETTLED_COUNTS = 'settled-counts';
export const SETTLED_VOXELS = 'settled-voxels';
/** Names of pieces. */
export const VERDICTS_PIECE = 'verdicts';
export const CELLS_PIECE = 'cells';
export const COUNTS_PIECE = 'counts';

export interface SettledMeta {
  tile: string;
  grid: VoxelGrid;
  /** Transcripts of the core. */
  transcripts: number;
  /** Pieces with voxels. */
  voxels: PartPlace[];
}

/** Verdicts of the transcripts of the core, ascending input row; `gene` is the model gene or `NO_GENE`. */
export type SettledVerdicts = TileState['verdicts'] & { gene: Uint16Array };

/** Own cells that have a voxel, ascending; `columns` in which they have one, and the bounding box of their voxels (half-open). */
export type SettledCells = TileState['cells'] & {
  columns: Uint32Array;
  x0: Int32Array;
  y0: Int32Array;
  x1: Int32Array;
  y1: Int32Array;
};

/** Gene transcripts of the core that lie in cells: what the whole slide adds up before strays are taken out. */
export interface SettledCounts {
  /** In own cells that have a voxel, by their component; ascending (component, gene). */
  kinds: { component: Uint16Array; gene: Uint16Array; count: Uint32Array };
  /** By own cell, in the order of `SettledCells`. */
  own: { transcripts: Uint32Array };
  /** In all other cells, ascending (cell, gene). */
  others: { cell: Uint32Array; gene: Uint16Array; count: Uint32Array };
}

/** Voxels of some of the own cells. */
export type SettledVoxels = Pick<TileState, 'runs' | 'cells'>;

const CELL_COLUMNS = ['cell', 'component', 'columns', 'x0', 'y0', 'x1', 'y1'];
const COUNT_COLUMNS = {
  kinds: ['component', 'gene', 'count'],
  own: ['transcripts'],
  others: ['cell', 'gene', 'count'],
};
const VOXEL_COLUMNS = { runs: ['cell', 'layer', 'y', 'x', 'length'], cells: ['cell', 'component'] };

const plain = (kind: string, tables: object): Frame => ({
  kind,
  meta: {},
  tables: tables as Record<string, Columns>,
  bare: true,
});

export const settledVerdictsFrame = (verdicts: SettledVerdicts): Frame =>
  plain(SETTLED_VERDICTS, { verdicts });
export const settledCellsFrame = (cells: SettledCells): Frame => plain(SETTLED_CELLS, { cells });
export const settledCountsFrame = (counts: SettledCounts): Frame => plain(SETTLED_COUNTS, counts);
export const settledVoxelsFrame = (voxels: SettledVoxels): Frame => plain(SETTLED_VOXELS, voxels);

export function settledTileFrame(meta: SettledMeta, pieces: Record<string, Uint8Array>): Frame {
  return { kind: SETTLED_TILE, meta: { ...meta }, tables: {}, pieces };
}

/** Errors: `RUN_CORRUPT`, as of the others. */
export function settledVerdictsIn(frame: Frame, name: string): SettledVerdicts {
  const piece = openPiece(frame, name, SETTLED_VERDICTS);
  return pickTables(piece, { verdicts: ['cell', 'probability', 'gene'] })
    .verdicts as unknown as SettledVerdicts;
}

export function settledCellsIn(frame: Frame, name: string): SettledCells {
  const piece = openPiece(frame, name, SETTLED_CELLS);
  return pickTables(piece, { cells: CELL_COLUMNS }).cells as unknown as SettledCells;
}

export function settledCountsIn(frame: Frame, name: string): SettledCounts {
  return pickTables(openPiece(frame, name, SETTLED_COUNTS), COUNT_COLUMNS) as unknown as SettledCounts;
}

export function settledVoxelsIn(frame: Frame, name: string): SettledVoxels {
  return pickTables(openPiece(frame, name, SETTLED_VOXELS), VOXEL_COLUMNS) as unknown as SettledVoxels;
}

import { type Columns, encodeFrame, type Frame, openPiece, type StoredPiece } from './frame.ts';
import type { TileState } from './state.ts';
import { pickTables } from './tables.ts';

/**
 * The pass over strays of the `proseg` method, tile by tile: settled verdicts go in as they were stored, with what the whole slide
 * knows of its kinds of cells; out comes what of them changes, which readers put over them.
 */

export const STRAYS_TILE = 'strays-tile';
export const TILE_STRAYS = 'tile-strays';
const STRAY_PROFILES = 'stray-profiles';
const STRAY_CHANGES = 'stray-changes';
const STRAYS_LOST = 'strays-lost';
/** Names of pieces. */
const PROFILES_PIECE = 'profiles';
export const CHANGES_PIECE = 'changes';
export const LOST_PIECE = 'lost';

/** What is lost is kept in units of 2^-24: sums of integers do not depend on the order of transcripts or tiles. */
export const LOST_UNITS = 2 ** 24;

/** Shares of genes by component of cells, as the slide has them. */
export interface Profiles {
  components: number;
  genes: number;
  /** Row-major components x genes. */
  share: Float64Array;
  slide: Float64Array;
  /** Share of the slide's assigned transcripts by component. */
  weight: Float64Array;
}

/** In `meta` of a `strays-tile` frame. */
export interface StraysTask {
  tile: string;
  /** Name of the piece with the settled verdicts. */
  verdicts: string;
  components: number;
  /** Genes of the model. */
  genes: number;
  /** Native ratio below which a transcript is left out; 0 keeps all. */
  limit: number;
  /** Transcripts less sure of their cell than this are left out. */
  minProbability: number;
  /** How far the cells around one are asked for, microns. */
  radiusUm: number;
}

/** Cells with a voxel whose seeds lie near those of a tile's transcripts, ascending: so by y of their seeds as well. */
export interface StrayCells {
  cell: Uint32Array;
  /** Seeds, microns. */
  x: Float64Array;
  y: Float64Array;
  component: Uint16Array;
  /** Gene transcripts, on the whole slide. */
  transcripts: Uint32Array;
}

/** Transcripts that leave their cell: places in the verdicts of the tile, ascending, and how sure it is that they lie outside. */
export interface StrayChanges {
  at: Uint32Array;
  probability: Float32Array;
}

/** Expected count that cells lose of model genes, in `LOST_UNITS`; ascending (cell, gene), no pair twice. */
export interface LostCounts {
  cell: Uint32Array;
  gene: Uint16Array;
  lost: Float64Array;
}

const plain = (kind: string, tables: Record<string, object>): Frame => ({
  kind,
  meta: {},
  tables: tables as Record<string, Columns>,
  bare: true,
});

/** Profiles as the piece that all tasks of a run share. */
export const encodeProfiles = ({ share, slide, weight }: Profiles): Uint8Array =>
  encodeFrame(
    plain(STRAY_PROFILES, { share: { value: share }, slide: { value: slide }, weight: { value: weight } }),
  );

export function straysTileFrame(
  task: StraysTask,
  cells: StrayCells,
  profiles: Uint8Array,
  stored: Record<string, StoredPiece>,
): Frame {
  return {
    ...plain(STRAYS_TILE, { cells }),
    meta: { ...task },
    pieces: { [PROFILES_PIECE]: profiles },
    stored,
  };
}

/** Errors: `RUN_CORRUPT` when a part is missing or damaged, as of the others. */
export function straysTaskFrom(frame: Frame): { task: StraysTask; cells: StrayCells; profiles: Profiles } {
  const task = frame.meta as unknown as StraysTask;
  const wanted = { share: ['value'], slide: ['value'], weight: ['value'] };
  const { share, slide, weight } = pickTables(openPiece(frame, PROFILES_PIECE, STRAY_PROFILES), wanted);
  return {
    task,
    cells: pickTables(frame, { cells: ['cell', 'x', 'y', 'component', 'transcripts'] })
      .cells as unknown as StrayCells,
    profiles: {
      components: task.components,
      genes: task.genes,
      share: share.value as Float64Array,
      slide: slide.value as Float64Array,
      weight: weight.value as Float64Array,
    },
  };
}

export function tileStraysFrame(tile: string, changes: StrayChanges, lost: LostCounts): Frame {
  const pieces = {
    [CHANGES_PIECE]: encodeFrame(plain(STRAY_CHANGES, { changes })),
    [LOST_PIECE]: encodeFrame(plain(STRAYS_LOST, { lost })),
  };
  return { kind: TILE_STRAYS, meta: { tile }, tables: {}, pieces };
}

export function strayChangesIn(frame: Frame, name: string): StrayChanges {
  const piece = openPiece(frame, name, STRAY_CHANGES);
  return pickTables(piece, { changes: ['at', 'probability'] }).changes as unknown as StrayChanges;
}

export function lostCountsIn(frame: Frame, name: string): LostCounts {
  const piece = openPiece(frame, name, STRAYS_LOST);
  return pickTables(piece, { lost: ['cell', 'gene', 'lost'] }).lost as unknown as LostCounts;
}

/** Settled verdicts, strays taken out. */
export function withoutStrays(
  { cell, probability }: TileState['verdicts'],
  changes: StrayChanges,
): TileState['verdicts'] {
  const out = { cell: cell.slice(), probability: probability.slice() };
  changes.at.forEach((at, i) => {
    out.cell[at] = 0;
    out.probability[at] = changes.probability[i];
  });
  return out;
}

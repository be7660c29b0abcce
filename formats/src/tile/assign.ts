import type { RectUm } from '../space.ts';
import type { Columns, Frame, StoredPiece } from './frame.ts';
import { GENES_PIECE, ROWS_PIECE } from './rows.ts';
import { pickTables, presentIn, presentTables } from './tables.ts';

/**
 * What goes into and comes out of the assign stage of one tile. Both are frames (`frame.ts`); the types here name their
 * tables and columns. A worker handler is a pure function from one frame to another: everything it may use is inside.
 *
 * Cells are numbered 1..C over the slide by rank of (seed y, seed x, prior id); 0 is background. Transcripts are named by
 * their 0-based input row. Voxels are named by integer column, row and layer on the slide-wide grid of `voxelUm` whose
 * origin is `gridOriginUm` (voxel (i, j) covers `[origin + i*h, origin + (i+1)*h)`).
 */

/** `gene` of a transcript that is a control: it never enters the model, it only takes the label of the place where it lies. */
export const CONTROL_GENE = 0xffffffff;

/** `kind` of a ring of the prior segmentation. */
export const OUTLINE_NUCLEUS = 0;
export const OUTLINE_CELL = 1;

export interface AssignTileMeta {
  tile: string;
  /** The half-open core; a multiple of the coarse voxel from the grid origin. */
  core: RectUm;
  /** Core and halo, on the coarse-voxel lattice too. */
  region: RectUm;
  gridOriginUm: [number, number];
  /** The run's seed: keys all random numbers together with domain and item (`methods/assignment.md` 2.6). */
  seed: number;
  /** Number of model genes G. */
  genes: number;
  /** Whether the slide has z; without it `z` is all 0 and there is one layer. */
  hasZ: boolean;
}

export interface AssignTile {
  meta: AssignTileMeta;
  /** Kept transcripts observed in `region`, ascending `row`. */
  transcripts: {
    row: Uint32Array;
    /** Microns. */
    x: Float32Array;
    y: Float32Array;
    z: Float32Array;
    /** Model gene index (0 = most frequent gene of the slide) or `CONTROL_GENE`. */
    gene: Uint32Array;
    /** Slide cell the prior segmentation puts this transcript in (from per-transcript ids), 0 = none. */
    prior: Uint32Array;
    /** 1 = the instrument says it lies in a nucleus; 0 = no or unknown. */
    nuclear: Uint8Array;
  };
  /** Cells whose seed or outline touches `region`, ascending `cell`. */
  cells: {
    cell: Uint32Array;
    seedX: Float64Array;
    seedY: Float64Array;
    /** 1 = the seed lies in `core`: this tile reports the cell. */
    owned: Uint8Array;
  };
  /** Rings of the prior segmentation of these cells; empty when the prior is per transcript only. Even-odd union per cell and kind. */
  rings: {
    cell: Uint32Array;
    /** `OUTLINE_NUCLEUS` or `OUTLINE_CELL`. */
    kind: Uint8Array;
    /** First vertex in `vertices` and number of vertices (closed: first = last). */
    start: Uint32Array;
    count: Uint32Array;
  };
  vertices: { x: Float64Array; y: Float64Array };
}

/** One tile's verdicts. */
export interface AssignResult {
  meta: {
    tile: string;
    method: string;
    /** Edge of the voxels of `runs` in microns, and number of layers. */
    voxelUm: number;
    layers: number;
    /** Height of one layer in microns (z span / layers); 0 without z. */
    layerUm: number;
    /** Numbers for the report (acceptance rates, log likelihood per transcript, ...). No times: results are reproducible. */
    diagnostics: Record<string, number>;
  };
  /**
   * Every transcript observed in the core (cell 0 = background), and every transcript of the halo that an owned cell claims.
   * Ascending `row`.
   */
  claims: {
    row: Uint32Array;
    cell: Uint32Array;
    /** Posterior share of the recorded samples (or 1 for geometric methods) in [0, 1] of the verdict in `cell`. */
    probability: Float32Array;
    /** Where the sampler last had it, in voxels from its observed voxel (0 for geometric methods). */
    dx: Int8Array;
    dy: Int8Array;
    dl: Int8Array;
  };
  /** Voxels of the owned cells as runs along x: `length` voxels from column `x` in row `y` of layer `layer`. Sorted by (cell, layer, y, x). */
  runs: { cell: Uint32Array; layer: Uint16Array; y: Int32Array; x: Int32Array; length: Uint32Array };
  /** Owned cells that have a voxel, ascending. `component` is the mixture component (0 for geometric methods). */
  cells: { cell: Uint32Array; component: Uint16Array };
  /** Cell loadings, row-major cells x `latent` (one column `value`), in the order of `cells`; empty for geometric methods. */
  loadings: { value: Float32Array };
  /** In the order of `cells`; absent for methods that draw no samples. */
  posterior?: CellPosterior;
  /** Of the cells of `cells`, sorted by (cell, gene); absent for methods that draw no samples, and when not asked for. */
  expected?: ExpectedCounts;
  /** Thin trace of the chain; absent for methods without one. */
  trace?: ChainTrace;
}

/** What the samples say of whole cells. */
export interface CellPosterior {
  /** Transcripts of the cell: mean over the samples, and variance. */
  expected: Float32Array;
  variance: Float32Array;
  /** Mean share of samples in which a voxel that ended up the cell's was not the cell's, in [0, 1]. */
  flips: Float32Array;
}

/** Expected counts by cell and model gene. */
export interface ExpectedCounts {
  cell: Uint32Array;
  gene: Uint16Array;
  mean: Float32Array;
  variance: Float32Array;
}

/** Points along a chain. */
export interface ChainTrace {
  iteration: Uint32Array;
  /** 0 coarse voxels, 1 fine voxels, 2 hill climb. */
  phase: Uint8Array;
  /** Per transcript of the core. */
  logLikelihood: Float32Array;
  /** Share of the core's transcripts expected to be of their cell. */
  foreground: Float32Array;
  /** Share of label proposals taken since the point before. */
  labelAcceptance: Float32Array;
}

export const ASSIGN_TILE = 'assign-tile';
export const ASSIGN_RESULT = 'assign-result';

const TILE_COLUMNS = {
  transcripts: ['row', 'x', 'y', 'z', 'gene', 'prior', 'nuclear'],
  cells: ['cell', 'seedX', 'seedY', 'owned'],
  rings: ['cell', 'kind', 'start', 'count'],
  vertices: ['x', 'y'],
};
const OPTIONAL_COLUMNS = {
  posterior: ['expected', 'variance', 'flips'],
  expected: ['cell', 'gene', 'mean', 'variance'],
  trace: ['iteration', 'phase', 'logLikelihood', 'foreground', 'labelAcceptance'],
};
const RESULT_COLUMNS = {
  claims: ['row', 'cell', 'probability', 'dx', 'dy', 'dl'],
  runs: ['cell', 'layer', 'y', 'x', 'length'],
  cells: ['cell', 'component'],
  loadings: ['value'],
};

/** What rides along with a tile: settings, model, chain state. */
export interface TileExtras {
  meta?: Record<string, unknown>;
  tables?: Record<string, Columns>;
  pieces?: Record<string, Uint8Array>;
  stored?: Record<string, StoredPiece>;
}

/** A tile with its transcripts as a table. */
export function assignTileFrame(tile: AssignTile, extra?: TileExtras): Frame {
  const { meta, ...tables } = tile;
  return {
    kind: ASSIGN_TILE,
    meta: { ...extra?.meta, tile: meta },
    tables: { ...(tables as unknown as Record<string, Columns>), ...extra?.tables },
    ...(extra?.pieces && { pieces: extra.pieces }),
  };
}

/** The tile of a frame with its transcripts as a table. Errors: `RUN_CORRUPT` when a table or column is missing. */
export function assignTileFrom(frame: Frame): AssignTile {
  return {
    meta: frame.meta.tile as AssignTileMeta,
    ...pickTables(frame, TILE_COLUMNS),
  } as unknown as AssignTile;
}

/** A tile whose transcripts are as stored: blocks that hold those of its region, and others (`rows.ts`). */
export interface StoredTile extends Omit<AssignTile, 'transcripts'> {
  /** By names for people. */
  blocks: Record<string, StoredPiece>;
  /** `encodeGenes` of the slide. */
  genes: Uint8Array;
}

/** A tile with its transcripts as pieces; workers put it together (`worker/src/assign/tile.ts`). */
export function storedTileFrame({ meta, blocks, genes, ...tables }: StoredTile, extra?: TileExtras): Frame {
  return {
    kind: ASSIGN_TILE,
    meta: { ...extra?.meta, tile: meta },
    tables: { ...(tables as unknown as Record<string, Columns>), ...extra?.tables },
    pieces: { ...extra?.pieces, [GENES_PIECE]: genes },
    stored: {
      ...extra?.stored,
      ...Object.fromEntries(Object.entries(blocks).map(([name, block]) => [ROWS_PIECE + name, block])),
    },
    bare: true,
  };
}

/** What a frame says of a tile beside its transcripts. Errors: `RUN_CORRUPT` when a table or column is missing. */
export function tileSurroundings(frame: Frame): Omit<AssignTile, 'transcripts'> {
  const { transcripts: _, ...columns } = TILE_COLUMNS;
  return {
    meta: frame.meta.tile as AssignTileMeta,
    ...pickTables(frame, columns),
  } as unknown as Omit<AssignTile, 'transcripts'>;
}

export function assignResultFrame(result: AssignResult): Frame {
  const { meta, ...tables } = result;
  return { kind: ASSIGN_RESULT, meta: { ...meta }, tables: presentTables(tables) };
}

export function assignResultFrom(frame: Frame): AssignResult {
  return {
    meta: frame.meta,
    ...pickTables(frame, { ...RESULT_COLUMNS, ...presentIn(frame, OPTIONAL_COLUMNS) }),
  } as unknown as AssignResult;
}

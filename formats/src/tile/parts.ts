import type { RectUm } from '../space.ts';
import type { AssignResult } from './assign.ts';
import type { Claims, FarClaims } from './claims.ts';
import { type Columns, type Frame, openPiece } from './frame.ts';
import type { VoxelBox } from './runs.ts';
import type { TileState } from './state.ts';
import { pickTables, presentIn, presentTables } from './tables.ts';

/**
 * Results of the `proseg` method as their readers want them: a frame of pieces, each a frame by itself, which are forwarded as
 * they were stored. A tile has one piece for each of nine squares (its middle, its edges, its corners), so that neighbours get
 * what lies near their border alone, and one with its claims beyond the core. A border unit has one piece (`outcome`). What the
 * samples say (`sampled`) is for the output.
 */

/** Number of a gene in a part's claims: none (a control). */
export const NO_GENE = 0xffff;

/** Claims and cells of a tile that lie in one of its squares: claims by their place, cells by where they reach. */
export interface TilePart {
  /** Of transcripts of the core, ascending `row`, as `ownClaims` gives them; `gene` is the model gene or `NO_GENE`. */
  claims: Claims & { gene: Uint16Array };
  runs: TileState['runs'];
  cells: TileState['cells'];
  /** Row-major cells x latent width. */
  loadings: { value: Float32Array };
}

/** Where the content of a part lies. */
export interface PartPlace {
  /** Name of the piece. */
  name: string;
  /** Bounding box of the transcripts, microns, edges included; null without any. */
  placesUm: RectUm | null;
  /** Bounding box of the voxels; null without any. */
  voxels: VoxelBox | null;
}

export const TILE_PART = 'tile-part';
export const FAR_CLAIMS = 'far-claims';
export const BORDER_OUTCOME = 'border-outcome';
export const SAMPLED = 'sampled';
/** Names of pieces. */
export const FAR_PIECE = 'far';
export const OUTCOME_PIECE = 'outcome';
export const SAMPLED_PIECE = 'sampled';

const CLAIM_COLUMNS = ['row', 'cell', 'probability', 'dx', 'dy', 'dl'];
const SHAPES = {
  runs: ['cell', 'layer', 'y', 'x', 'length'],
  cells: ['cell', 'component'],
  loadings: ['value'],
};
const SAMPLED_OPTIONAL = {
  posterior: ['expected', 'variance', 'flips'],
  expected: ['cell', 'gene', 'mean', 'variance'],
  trace: ['iteration', 'phase', 'logLikelihood', 'foreground', 'labelAcceptance'],
};

export function tilePartFrame(part: TilePart): Frame {
  return { kind: TILE_PART, meta: {}, tables: { ...part } as unknown as Record<string, Columns>, bare: true };
}

/** A part that rides along in a task. Errors: `RUN_CORRUPT`. */
export function tilePartIn(frame: Frame, name: string): TilePart {
  const piece = openPiece(frame, name, TILE_PART);
  return pickTables(piece, { claims: [...CLAIM_COLUMNS, 'gene'], ...SHAPES }) as unknown as TilePart;
}

export function farClaimsFrame(claims: FarClaims): Frame {
  return { kind: FAR_CLAIMS, meta: {}, tables: { claims: { ...claims } }, bare: true };
}

/** Claims beyond a core that ride along in a task. Errors: `RUN_CORRUPT`. */
export function farClaimsIn(frame: Frame, name: string): FarClaims {
  const piece = openPiece(frame, name, FAR_CLAIMS);
  return pickTables(piece, { claims: [...CLAIM_COLUMNS, 'x', 'y'] }).claims as unknown as FarClaims;
}

/** What a border unit said. */
export interface BorderOutcome {
  result: Pick<AssignResult, 'claims' | 'runs' | 'cells' | 'loadings'>;
  /** Cells that it could change, and the numbers of the tiles that own them: one of them may have lost its last voxel. */
  active: ReadonlyMap<number, number>;
}

export function borderOutcomeFrame(
  result: BorderOutcome['result'],
  active: { cell: Uint32Array; tile: Uint32Array },
): Frame {
  const { claims, runs, cells, loadings } = result;
  const tables = { claims, runs, cells, loadings, active };
  return { kind: BORDER_OUTCOME, meta: {}, tables: tables as unknown as Record<string, Columns>, bare: true };
}

/** The outcome of a border unit that rides along in a task. Errors: `RUN_CORRUPT`. */
export function borderOutcomeIn(frame: Frame, name: string): BorderOutcome {
  const tables = pickTables(openPiece(frame, name, BORDER_OUTCOME), {
    claims: CLAIM_COLUMNS,
    ...SHAPES,
    active: ['cell', 'tile'],
  });
  const { active, ...result } = tables;
  const owners = active.tile as Uint32Array;
  return {
    result: result as unknown as BorderOutcome['result'],
    active: new Map(Array.from(active.cell as Uint32Array, (cell, i) => [cell, owners[i]])),
  };
}

/** What the samples say of the cells of a tile or border unit. */
export type Sampled = Pick<AssignResult, 'cells' | 'posterior' | 'expected' | 'trace'>;

export function sampledFrame({ cells, posterior, expected, trace }: Sampled): Frame {
  return {
    kind: SAMPLED,
    meta: {},
    tables: presentTables({ cells, posterior, expected, trace }),
    bare: true,
  };
}

/** What the samples say, of a piece. Errors: `RUN_CORRUPT`. */
export function sampledIn(frame: Frame, name: string): Sampled {
  const piece = openPiece(frame, name, SAMPLED);
  const wanted = { cells: SHAPES.cells, ...presentIn(piece, SAMPLED_OPTIONAL) };
  return pickTables(piece, wanted) as unknown as Sampled;
}

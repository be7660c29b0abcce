import { SpatileError } from '../errors.ts';
import { type Columns, encodeFrame, type Frame, openPiece } from './frame.ts';
import { pickTables } from './tables.ts';

/**
 * Transcripts as they lie in the run directory and go to workers: those of one square of a tile are a block, a frame of its own
 * that is stored, cut out and passed on as bytes. Blocks name features of the slide; a small piece beside them says which gene
 * of the model each is.
 */

/** Transcripts observed in one square, ascending `row`. */
export interface BlockRows {
  /** 0-based input row. */
  row: Uint32Array;
  /** Microns; z is 0 where the slide has none. */
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  /** Index into the slide's features (genes by name, then controls by name). */
  feature: Uint32Array;
  /** Slide cell of the prior by the vendor's per-transcript id, 0 = none. */
  prior: Uint32Array;
  /** 1 = in a nucleus says the instrument. */
  nuclear: Uint8Array;
}

/** The columns of a block and their types. */
export const BLOCK_COLUMNS = {
  row: Uint32Array,
  x: Float32Array,
  y: Float32Array,
  z: Float32Array,
  feature: Uint32Array,
  prior: Uint32Array,
  nuclear: Uint8Array,
} as const;

const NAMES = Object.keys(BLOCK_COLUMNS) as (keyof BlockRows)[];
const BLOCK = 'transcript-block';
const GENES = 'model-genes';

/** How the names of blocks begin among the pieces of a frame, and the name of the piece of genes. */
export const ROWS_PIECE = 'rows.';
export const GENES_PIECE = 'genes';

export const encodeBlock = (rows: BlockRows): Uint8Array =>
  encodeFrame({ kind: BLOCK, meta: {}, tables: { rows: { ...rows } as unknown as Columns }, bare: true });

/**
 * A block among the pieces of a frame. Errors: `RUN_CORRUPT` when it is missing or damaged, or when a column has another type or
 * length than the others.
 */
export function openBlock(frame: Frame, name: string): BlockRows {
  const block = pickTables(openPiece(frame, name, BLOCK), { rows: NAMES }).rows as unknown as BlockRows;
  const wrong = NAMES.find(
    (column) =>
      !(block[column] instanceof BLOCK_COLUMNS[column]) || block[column].length !== block.row.length,
  );
  if (wrong === undefined) return block;
  throw new SpatileError(
    'RUN_CORRUPT',
    `frame ${frame.kind}, piece ${name}: column ${wrong} is not what a block holds (${block[wrong].length} values as ${block[wrong].constructor.name}); expected ${block.row.length} as ${BLOCK_COLUMNS[wrong].name}; use workers of the coordinator's version`,
  );
}

/** The piece that says of each feature of the slide which model gene it is (or `CONTROL_GENE`). */
export const encodeGenes = (modelGene: Uint32Array): Uint8Array =>
  encodeFrame({ kind: GENES, meta: {}, tables: { genes: { model: modelGene } } });

/** Errors: `RUN_CORRUPT` when the piece is missing or damaged. */
export const openGenes = (frame: Frame): Uint32Array =>
  pickTables(openPiece(frame, GENES_PIECE, GENES), { genes: ['model'] }).genes.model as Uint32Array;

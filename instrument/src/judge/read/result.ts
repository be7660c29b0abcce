import type { RunFacts } from './run-facts.ts';

/** Programs whose output the judge reads. `spatialdata` and `table` are those of no known program. */
export type Program =
  | 'spatile'
  | 'proseg'
  | 'baysor'
  | 'xenium'
  | 'merscope'
  | 'cosmx'
  | 'spatialdata'
  | 'table';

/** Verdicts on some transcripts, in any order. */
export interface AssignmentBatch {
  length: number;
  transcriptId: BigUint64Array;
  /** Any number from 1 that names a cell; 0 = background. */
  cell: Uint32Array;
}

/** Verdicts with what was observed, for judging without truth. */
export interface GeneBatch {
  length: number;
  /** As in `AssignmentBatch`. */
  cell: Uint32Array;
  /** Index into `GeneVerdicts.names`. */
  gene: Uint32Array;
  /** Call quality; null when the result does not tell it. */
  qv: Float32Array | null;
}

export interface GeneVerdicts {
  /** Grows while batches are read. */
  names: readonly string[];
  batches: () => AsyncIterable<GeneBatch>;
}

/** A cell as drawn: one or more polygons, each an outer ring and its holes; x, y pairs in microns, not closed. */
export interface CellOutline {
  /** The number that `AssignmentBatch.cell` gives the same cell. */
  cell: number;
  polygons: Float64Array[][];
}

/** What any program said about a slide, in one shape. Both ways to read stream and can be taken more than once. */
export interface JudgedResult {
  program: Program;
  /** Last part of the path. */
  name: string;
  /** Quality cut-off and tile cores, when the result tells them. */
  facts: RunFacts;
  assignments: () => AsyncIterable<AssignmentBatch>;
  /** Flat outlines; null when the result has none. */
  outlines: (() => AsyncIterable<CellOutline>) | null;
  /** Verdicts with genes; absent or null when neither the result nor a bundle tells the gene of a transcript. */
  genes?: GeneVerdicts | null;
}

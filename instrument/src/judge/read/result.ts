import type { RunFacts } from './run-facts.ts';

/** Programs whose output the judge reads. */
export type Program = 'spatile' | 'proseg' | 'baysor' | 'xenium' | 'table';

/** Verdicts on some transcripts, in any order. */
export interface AssignmentBatch {
  length: number;
  transcriptId: BigUint64Array;
  /** Any number from 1 that names a cell; 0 = background. */
  cell: Uint32Array;
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
}

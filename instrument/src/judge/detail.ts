import type { MarkerCoexpression } from './coexpression.ts';

/** Edge of the squares in which accuracy is mapped. */
export const DETAIL_BIN_UM = 50;

/**
 * Per cell and per area what a verdict says about one result: what pictures are drawn from. Memory grows with cells and
 * area. Arrays by true cell have `cells + 1` entries, entry t being true cell t; entry 0 says nothing. NaN = not judged.
 */
export interface EvaluationDetail {
  cells: TrueCellDetail;
  grid: AccuracyGrid;
  types: TypeDetail | null;
  /** Exclusive markers in the result's cells and in the true ones; null when the panel has no markers of two types. */
  coexpression: { result: MarkerCoexpression; truth: MarkerCoexpression } | null;
}

export interface TrueCellDetail {
  /** Judged transcripts (genes of sufficient quality) that come from the cell. */
  transcripts: Uint32Array;
  /** Mean place of birth of these, microns; NaN without any. */
  x: Float64Array;
  y: Float64Array;
  /** Cell matched by transcripts, as `AssignmentBatch.cell` numbers it; 0 = none. */
  match: Uint32Array;
  /** Of the transcripts of the true cell and its match: Jaccard index and F1; 0 without a match, NaN without transcripts. */
  jaccard: Float64Array;
  f1: Float64Array;
  /** Cell matched by outlines at IoU 0.5 (0 = none), and the largest IoU with any outline; null without outlines. */
  outlineMatch: Uint32Array | null;
  iou: Float64Array | null;
}

/** Row by row from the least x and y: bin (column, row) is entry `row * columns + column`. */
export interface AccuracyGrid {
  binUm: number;
  x0: number;
  y0: number;
  columns: number;
  rows: number;
  /** Judged transcripts born here: from cells, put in any cell, from cells and in the matched one. */
  fromCells: Uint32Array;
  assigned: Uint32Array;
  home: Uint32Array;
  /** From background, and of them left out of cells. */
  background: Uint32Array;
  backgroundKept: Uint32Array;
  /** 2 home / (fromCells + assigned); NaN where both are 0. */
  f1: Float64Array;
}

/** Types of cells as simulated and as called from the transcripts of the matched cell. */
export interface TypeDetail {
  names: string[];
  /** By true cell: index into `names`; -1 = not judged (too few transcripts). */
  truth: Int32Array;
  /** By true cell: index into `names`; -1 = no matched cell, or not judged. */
  called: Int32Array;
  /** True cells of type i called j at `i * (names.length + 1) + j`; j = `names.length` is no matched cell. */
  confusion: Uint32Array;
}

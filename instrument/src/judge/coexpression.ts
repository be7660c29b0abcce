/** A gene that one cell type alone expresses. */
export interface Marker {
  gene: string;
  type: string;
}

/** Marker transcripts by cell: cell i has entries `[start[i], start[i + 1])`, each a marker (index) and its count > 0. */
export interface MarkerCounts {
  start: Uint32Array;
  marker: Uint32Array;
  count: Uint32Array;
}

/** How often cells hold markers of two types that exclude each other. */
export interface MarkerCoexpression {
  /** Cells with a marker, and pairs of markers of different types of which some cell holds at least one. */
  cells: number;
  pairs: number;
  /** Mean over pairs of cells with both / cells with either; 0 to 1, less is better; null without pairs. */
  hard: number | null;
  /** Mean over pairs of sum of min(a, b) / sum of max(a, b) over cells; 0 to 1, less is better; null without pairs. */
  soft: number | null;
  types: string[];
  /** Mean of the hard rate over the pairs of types i and j at `i * types.length + j`; NaN without pairs. */
  byTypes: Float64Array;
}

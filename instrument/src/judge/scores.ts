import type { Contingency } from './contingency.ts';
import { type MarkerFacts, type MarkerScores, markerScores } from './marker-facts.ts';
import { type DrawnCalls, type DrawnScores, drawnScores } from './outlines/drawn-calls.ts';
import type { OutlineMatch } from './outlines/match.ts';
import { type OverlapFacts, type OverlapScores, overlapScores } from './outlines/overlap.ts';
import { type OutlineScores, outlineScores } from './outlines/scores.ts';
import { isCellIn, type Region } from './region.ts';
import { meanWhere } from './statistics.ts';
import { type TranscriptScores, transcriptScores } from './transcript-scores.ts';
import type { TypeCalls } from './types/calls.ts';
import { type TypeScores, typeScores } from './types/scores.ts';

/** Every score of a result, by name; null where nothing could be counted. Each is explained where it is made. */
export interface Scores
  extends TranscriptScores,
    DrawnScores,
    OverlapScores,
    OutlineScores,
    TypeScores,
    MarkerScores {
  /** Mean over cells of the correlation of expression (see `expression.ts`); at most 1, may fall below 0. */
  expressionCorrelation: number | null;
}

/** What is known of a result, all places together. */
export interface JudgedFacts {
  table: Contingency;
  /** Predicted cell of true cell t; 0 = none. */
  match: Uint32Array;
  /** Correlation of expression of true cell t; NaN = not judged. */
  correlation: Float64Array;
  markers: MarkerFacts;
  outlines: OutlineMatch | null;
  /** Transcripts by the outlines they were born on; null without outlines on either side. */
  drawn: DrawnCalls | null;
  overlap: OverlapFacts | null;
  types: TypeCalls | null;
}

export function scoresOf(facts: JudgedFacts, region: Region): Scores {
  const { table, match, correlation, markers, outlines, drawn, overlap, types } = facts;
  const isHere = (t: number): boolean => t > 0 && isCellIn(table.ofTrue, t, region);
  return {
    ...transcriptScores(table, match, region),
    ...drawnScores(drawn, region),
    ...overlapScores(overlap, region),
    ...outlineScores(outlines, region),
    expressionCorrelation: meanWhere(correlation, isHere),
    ...typeScores(types, isHere),
    ...markerScores(markers, table, region),
  };
}

import type { GroupedRows } from '../contingency.ts';
import { isFlagIn, type Region } from '../region.ts';
import { ratio } from '../statistics.ts';
import type { Truth } from '../truth.ts';

/** Transcripts born where true cells overlap, near tile borders (1) and away from them (0). */
export type OverlapFacts = Record<'fromCells' | 'assigned' | 'home', [away: number, near: number]>;

/** As `recall`, `precision` and `f1`, over the transcripts born on ground that two or more true cells share. */
export interface OverlapScores {
  overlapTranscripts: number | null;
  overlapRecall: number | null;
  overlapPrecision: number | null;
  overlapF1: number | null;
}

/** Counts the judged rows on shared ground; `isShared`: 1 by row that was born there. */
export function overlapFacts(
  isShared: Uint8Array,
  truth: Truth,
  rows: GroupedRows,
  predicted: Uint32Array,
  match: Uint32Array,
  border: Uint8Array,
): OverlapFacts {
  const facts: OverlapFacts = { fromCells: [0, 0], assigned: [0, 0], home: [0, 0] };
  for (const row of rows.order) {
    if (isShared[row] === 0) continue;
    const [t, q, near] = [truth.cell[row], predicted[row], border[row]];
    if (t > 0) facts.fromCells[near]++;
    if (q > 0) facts.assigned[near]++;
    if (t > 0 && q > 0 && match[t] === q) facts.home[near]++;
  }
  return facts;
}

export function overlapScores(facts: OverlapFacts | null, region: Region): OverlapScores {
  if (facts === null) {
    return { overlapTranscripts: null, overlapRecall: null, overlapPrecision: null, overlapF1: null };
  }
  const sum = (counts: [number, number]): number =>
    counts.reduce((total, n, near) => total + (isFlagIn(near, region) ? n : 0), 0);
  const [fromCells, assigned, home] = [sum(facts.fromCells), sum(facts.assigned), sum(facts.home)];
  return {
    overlapTranscripts: fromCells,
    overlapRecall: ratio(home, fromCells),
    overlapPrecision: ratio(home, assigned),
    overlapF1: ratio(2 * home, fromCells + assigned),
  };
}

import type { AssignmentBatch } from './read/result.ts';
import type { Truth } from './truth.ts';

/** How the transcripts of a result compare with those of the truth. */
export interface Conservation {
  /** Truth transcripts, and those of sufficient quality. */
  truth: number;
  passed: number;
  /** Of the passed: in the result once, not at all, more than once. */
  once: number;
  missing: number;
  duplicated: number;
  /** Rows of the result whose transcript is not in the truth, or is there but has too low a quality. */
  unknown: number;
  belowQuality: number;
  /** Every passed transcript exactly once and none unknown. */
  conserved: boolean;
}

/** Of the transcripts of sufficient quality born in a part of the slide: in the result once, not at all, more than once. */
export type PlaceConservation = Pick<Conservation, 'passed' | 'once' | 'missing' | 'duplicated'>;

export interface Joined {
  /** By truth row: predicted cell, 1.. in the order of their first row; 0 = background or missing. */
  predicted: Uint32Array;
  predictedCells: number;
  /** The result's own number of predicted cell q at q - 1. */
  numberOf: Uint32Array;
  /** By truth row: 1 = counts for the scores (a gene of sufficient quality). */
  judged: Uint8Array;
  conservation: Conservation;
  /** Near tile borders; what is left of `conservation` lies away from them. */
  nearBorders: PlaceConservation;
}

/**
 * Brings a result's verdicts to the rows of the truth. Of a transcript that comes twice the first verdict counts; else the
 * order of the result's rows changes nothing, since cells are numbered anew by the truth's rows. `border`: 1 by row that was
 * born near a tile border.
 */
export async function joinToTruth(
  batches: AsyncIterable<AssignmentBatch>,
  truth: Truth,
  minQv: number,
  border: Uint8Array,
): Promise<Joined> {
  const n = truth.ids.size;
  const predicted = new Uint32Array(n);
  const seen = new Uint8Array(n);
  let unknown = 0;
  for await (const { length, transcriptId, cell } of batches) {
    const words = new Uint32Array(transcriptId.buffer, transcriptId.byteOffset, 2 * length);
    for (let i = 0; i < length; i++) {
      const row = truth.ids.rowOf(words, i);
      if (row < 0) {
        unknown++;
        continue;
      }
      if (seen[row] === 0) predicted[row] = cell[i];
      if (seen[row] < 2) seen[row]++;
    }
  }
  const judged = new Uint8Array(n);
  const counts = { truth: n, passed: 0, once: 0, missing: 0, duplicated: 0, unknown, belowQuality: 0 };
  const nearBorders = { passed: 0, once: 0, missing: 0, duplicated: 0 };
  for (let row = 0; row < n; row++) {
    if (!(truth.qv[row] >= minQv)) {
      if (seen[row] > 0) counts.belowQuality++;
      continue;
    }
    const found = (['missing', 'once', 'duplicated'] as const)[seen[row]];
    counts.passed++;
    counts[found]++;
    nearBorders.passed += border[row];
    nearBorders[found] += border[row];
    judged[row] = truth.feature[row] < truth.genes ? 1 : 0;
  }
  const numberOf = renumber(predicted);
  const conserved = counts.once === counts.passed && unknown === 0;
  return {
    predicted,
    predictedCells: numberOf.length,
    numberOf,
    judged,
    conservation: { ...counts, conserved },
    nearBorders,
  };
}

/** Numbers cells 1.. in the order of their first row, in place; gives the numbers they had. */
function renumber(cells: Uint32Array): Uint32Array {
  const denseOf = new Map<number, number>([[0, 0]]);
  cells.forEach((cell, row) => {
    if (!denseOf.has(cell)) denseOf.set(cell, denseOf.size);
    cells[row] = denseOf.get(cell)!;
  });
  return Uint32Array.from([...denseOf.keys()].slice(1));
}

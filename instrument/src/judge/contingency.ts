import type { Counts } from './region.ts';

/**
 * How true and predicted cells share transcripts: a sparse matrix by true cell (0 = background, then 1..cells), columns
 * ascending within a row, and its sums. Each count is kept over all transcripts and over those born near a tile border.
 */
export interface Contingency {
  trueCells: number;
  predictedCells: number;
  /** Row t is `[start[t], start[t + 1])`. */
  start: Uint32Array;
  /** Predicted cell; 0 = background. */
  column: Uint32Array;
  count: Counts;
  /** Of them, transcripts that leaked out of their cell. */
  leaked: Counts;
  ofTrue: Counts;
  ofPredicted: Counts;
}

/** Rows by label: those of label l are `order[start[l] .. start[l + 1])`, ascending. */
export interface GroupedRows {
  order: Uint32Array;
  start: Uint32Array;
}

const counts = (n: number): Counts => ({ all: new Uint32Array(n), border: new Uint32Array(n) });

/** Tallies pairs of labels over the rows grouped by true cell. `leaked` and `border` are 0 or 1 by row. */
export function tallyPairs(
  { order, start: group }: GroupedRows,
  predicted: Uint32Array,
  predictedCells: number,
  leaked: Uint8Array,
  border: Uint8Array,
): Contingency {
  const trueCells = group.length - 2;
  const start = startsOfPairs({ order, start: group }, predicted, predictedCells);
  const pairs = start[trueCells + 1];
  const table: Contingency = {
    trueCells,
    predictedCells,
    start,
    column: new Uint32Array(pairs),
    count: counts(pairs),
    leaked: counts(pairs),
    ofTrue: counts(trueCells + 1),
    ofPredicted: counts(predictedCells + 1),
  };
  const place = new Uint32Array(predictedCells + 1);
  for (let t = 0; t <= trueCells; t++) {
    const met = new Set<number>();
    for (let k = group[t]; k < group[t + 1]; k++) met.add(predicted[order[k]]);
    let pair = start[t];
    for (const q of Uint32Array.from(met).sort()) {
      table.column[pair] = q;
      place[q] = pair++;
    }
    for (let k = group[t]; k < group[t + 1]; k++) {
      const row = order[k];
      const q = predicted[row];
      add(table.count, place[q], border[row]);
      add(table.ofTrue, t, border[row]);
      add(table.ofPredicted, q, border[row]);
      if (leaked[row] === 1) add(table.leaked, place[q], border[row]);
    }
  }
  return table;
}

function add(counts: Counts, i: number, border: number): void {
  counts.all[i]++;
  counts.border[i] += border;
}

/** Where the pairs of each true cell start: how many predicted cells each one meets, summed. */
function startsOfPairs(
  { order, start: group }: GroupedRows,
  predicted: Uint32Array,
  predictedCells: number,
): Uint32Array {
  const start = new Uint32Array(group.length);
  const lastMet = new Uint32Array(predictedCells + 1);
  for (let t = 0; t + 1 < group.length; t++) {
    start[t + 1] = start[t];
    for (let k = group[t]; k < group[t + 1]; k++) {
      const q = predicted[order[k]];
      if (lastMet[q] !== t + 1) start[t + 1]++;
      lastMet[q] = t + 1;
    }
  }
  return start;
}

/** Groups the chosen rows (1) by label with a counting sort. */
export function groupRows(label: Uint32Array, labels: number, chosen: Uint8Array): GroupedRows {
  const start = new Uint32Array(labels + 2);
  for (let row = 0; row < label.length; row++) if (chosen[row] === 1) start[label[row] + 1]++;
  for (let l = 0; l <= labels; l++) start[l + 1] += start[l];
  const order = new Uint32Array(start[labels + 1]);
  const fill = start.slice();
  for (let row = 0; row < label.length; row++) if (chosen[row] === 1) order[fill[label[row]]++] = row;
  return { order, start };
}

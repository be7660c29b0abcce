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

export interface Counts {
  all: Uint32Array;
  border: Uint32Array;
}

const counts = (n: number): Counts => ({ all: new Uint32Array(n), border: new Uint32Array(n) });

/**
 * Tallies pairs of labels. `order` lists the rows to count, grouped by true cell: row group t is
 * `order[groupStart[t] .. groupStart[t + 1])`. `leaked` and `border` are 0 or 1 by row.
 */
export function tallyPairs(
  order: Uint32Array,
  groupStart: Uint32Array,
  predicted: Uint32Array,
  predictedCells: number,
  leaked: Uint8Array,
  border: Uint8Array,
): Contingency {
  const trueCells = groupStart.length - 2;
  const start = new Uint32Array(trueCells + 2);
  const pairs: { column: number; all: number; border: number; leaked: number; leakedBorder: number }[] = [];
  const ofTrue = counts(trueCells + 1);
  const ofPredicted = counts(predictedCells + 1);
  const scratch = Array.from({ length: 4 }, () => new Uint32Array(predictedCells + 1));
  for (let t = 0; t <= trueCells; t++) {
    const met: number[] = [];
    for (let k = groupStart[t]; k < groupStart[t + 1]; k++) {
      const row = order[k];
      const q = predicted[row];
      if (scratch[0][q]++ === 0) met.push(q);
      scratch[1][q] += border[row];
      scratch[2][q] += leaked[row];
      scratch[3][q] += leaked[row] & border[row];
    }
    for (const q of met.sort((a, b) => a - b)) {
      const [all, near, away, awayNear] = scratch.map((values) => values[q]);
      pairs.push({ column: q, all, border: near, leaked: away, leakedBorder: awayNear });
      ofTrue.all[t] += all;
      ofTrue.border[t] += near;
      ofPredicted.all[q] += all;
      ofPredicted.border[q] += near;
      for (const values of scratch) values[q] = 0;
    }
    start[t + 1] = pairs.length;
  }
  return {
    trueCells,
    predictedCells,
    start,
    column: Uint32Array.from(pairs, (pair) => pair.column),
    count: { all: Uint32Array.from(pairs, (p) => p.all), border: Uint32Array.from(pairs, (p) => p.border) },
    leaked: {
      all: Uint32Array.from(pairs, (p) => p.leaked),
      border: Uint32Array.from(pairs, (p) => p.leakedBorder),
    },
    ofTrue,
    ofPredicted,
  };
}

/** Groups the chosen rows by label with a counting sort: rows of label l are `order[start[l] .. start[l + 1])`, ascending. */
export function groupRows(
  label: Uint32Array,
  labels: number,
  chosen: Uint8Array,
): { order: Uint32Array; start: Uint32Array } {
  const start = new Uint32Array(labels + 2);
  for (let row = 0; row < label.length; row++) if (chosen[row] === 1) start[label[row] + 1]++;
  for (let l = 0; l <= labels; l++) start[l + 1] += start[l];
  const order = new Uint32Array(start[labels + 1]);
  const fill = start.slice();
  for (let row = 0; row < label.length; row++) if (chosen[row] === 1) order[fill[label[row]]++] = row;
  return { order, start };
}

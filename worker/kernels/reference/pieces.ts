/**
 * The plain twin of `pixel-pieces.ts`.
 *
 * Leaves of every label its largest 8-connected piece, drops what is smaller than `minPixels`, and numbers what is left
 * from 1 in the order of the labels. Of pieces of one size the one that begins in the upper row, then further left, stays.
 *
 * `labels`: rows x columns, 0 background; changed in place. `scores`: score of label i + 1, one per label.
 * Cost: two passes over the pixels; memory by runs of equal labels in a row.
 */
export function tidy(
  labels: Int32Array,
  rows: number,
  columns: number,
  scores: ArrayLike<number>,
  minPixels: number,
): { labels: Int32Array; scores: number[] } {
  const runs = runsOf(labels, rows, columns);
  join(runs, labels, rows, columns);
  const size = new Int32Array(runs.start.length);
  for (let i = 0; i < size.length; i++) size[rootOf(runs.root, i)] += runs.end[i] - runs.start[i];
  const best = new Int32Array(scores.length + 1).fill(-1);
  for (let i = 0; i < size.length; i++) {
    if (runs.root[i] !== i || size[i] < minPixels) continue;
    const label = labels[runs.start[i]];
    if (best[label] < 0 || size[i] > size[best[label]]) best[label] = i;
  }
  const kept: number[] = [];
  const number = new Int32Array(runs.start.length);
  for (let label = 1; label < best.length; label++) {
    if (best[label] < 0) continue;
    kept.push(scores[label - 1]);
    number[best[label]] = kept.length;
  }
  for (let i = 0; i < size.length; i++) labels.fill(number[rootOf(runs.root, i)], runs.start[i], runs.end[i]);
  return { labels, scores: kept };
}

/** Runs of one label in a row, in reading order: first place, place behind the last, and the first run of their piece. */
interface Runs {
  start: Int32Array;
  end: Int32Array;
  root: Int32Array;
  /** First run of each row, and one entry more. */
  ofRow: Int32Array;
}

function runsOf(labels: Int32Array, rows: number, columns: number): Runs {
  let count = 0;
  for (let at = 0, x = 0; at < labels.length; at++, x = x === columns - 1 ? 0 : x + 1)
    if (labels[at] !== 0 && (x === 0 || labels[at - 1] !== labels[at])) count++;
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  const ofRow = new Int32Array(rows + 1);
  let n = 0;
  for (let y = 0; y < rows; y++) {
    ofRow[y] = n;
    const last = (y + 1) * columns;
    for (let at = y * columns; at < last; ) {
      const label = labels[at];
      let behind = at + 1;
      while (behind < last && labels[behind] === label) behind++;
      if (label !== 0) {
        start[n] = at;
        end[n++] = behind;
      }
      at = behind;
    }
  }
  ofRow[rows] = n;
  return { start, end, root: Int32Array.from(start, (_, i) => i), ofRow };
}

/** Joins runs of one label that touch in neighbouring rows, corners included; a piece's root is its first run. */
function join({ start, end, root, ofRow }: Runs, labels: Int32Array, rows: number, columns: number): void {
  for (let y = 1; y < rows; y++) {
    let above = ofRow[y - 1];
    for (let i = ofRow[y]; i < ofRow[y + 1]; i++) {
      const from = start[i] - columns - 1;
      const to = end[i] - columns + 1;
      while (above < ofRow[y] && end[above] <= from) above++;
      for (let j = above; j < ofRow[y] && start[j] < to; j++) {
        if (labels[start[j]] !== labels[start[i]]) continue;
        const [a, b] = [rootOf(root, i), rootOf(root, j)];
        if (a < b) root[b] = a;
        else root[a] = b;
      }
    }
  }
}

function rootOf(root: Int32Array, i: number): number {
  let at = i;
  while (root[at] !== at) {
    root[at] = root[root[at]];
    at = root[at];
  }
  return at;
}

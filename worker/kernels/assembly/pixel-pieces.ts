/**
 * Pieces of labels (i32, row-major, 0 background), found by runs: stretches of one label in a row, in reading order. Corners
 * join, so a piece is 8-connected.
 */

/** How many runs of labels other than 0 an image has. */
export function countRuns(labels: usize, rows: i32, columns: i32): i32 {
  let n = 0;
  const zero = i32x4.splat(0);
  for (let y = 0; y < rows; y++) {
    const row = labels + (<usize>(y * columns) << 2);
    n += i32(load<i32>(row) != 0);
    let x = 1;
    for (; x + 4 <= columns; x += 4) {
      const here = v128.load(row + (<usize>x << 2));
      const begins = i32x4.ne(here, v128.load(row + (<usize>x << 2) - 4));
      n += popcnt(i32x4.bitmask(v128.and(begins, i32x4.ne(here, zero))));
    }
    for (; x < columns; x++) {
      const label = load<i32>(row + (<usize>x << 2));
      n += i32(label != 0 && load<i32>(row + (<usize>x << 2) - 4) != label);
    }
  }
  return n;
}

/**
 * Leaves of every label its largest piece, or the first of equal ones, drops pieces below `least` pixels and numbers what is
 * left from 1 in the order of the labels. Returns how many are left.
 *
 * `n`: as `countRuns` says. Scratch: `runs` i32 x 4 per run, `ofRow` i32 x (rows + 1), `best` i32 x (most + 1), where `most` is
 * the largest label; `best` holds at the end the new number of each label, 0 for those that are gone.
 */
export function tidy(labels: usize, rows: i32, columns: i32, runs: usize, n: i32, ofRow: usize, best: usize, most: i32, least: f64): i32 {
  findRuns(labels, rows, columns, runs, ofRow);
  for (let y = 1; y < rows; y++) joinRow(labels, columns, runs, ofRow + (<usize>y << 2));
  for (let i = 0; i < n; i++) {
    const size = runs + (<usize>rootOf(runs, i) << 4);
    const run = runs + (<usize>i << 4);
    store<i32>(size, load<i32>(size, 12) + load<i32>(run, 4) - load<i32>(run), 12);
  }
  chooseLargest(labels, runs, n, best, most, least);
  const kept = numberLabels(runs, best, most);
  for (let i = 0; i < n; i++) {
    const run = runs + (<usize>i << 4);
    const first = load<i32>(run);
    const root = rootOf(runs, i);
    const label = load<i32>(labels + (<usize>first << 2));
    // The size of a piece that stays has become less than 0; of those that go the label is background.
    const name = load<i32>(runs + (<usize>root << 4), 12) < 0 ? load<i32>(best + (<usize>label << 2)) : 0;
    if (name == label) continue;
    for (let at = first; at < load<i32>(run, 4); at++) store<i32>(labels + (<usize>at << 2), name);
  }
  return kept;
}

/** Writes the runs: first place, place behind the last, first run of the piece, 0; and the first run of each row. */
function findRuns(labels: usize, rows: i32, columns: i32, runs: usize, ofRow: usize): void {
  let n = 0;
  for (let y = 0; y < rows; y++) {
    store<i32>(ofRow + (<usize>y << 2), n);
    const end = (y + 1) * columns;
    let at = y * columns;
    while (at < end) {
      at = skip(labels, at, end, 0);
      if (at == end) break;
      const run = runs + (<usize>n << 4);
      store<i32>(run, at);
      at = skip(labels, at + 1, end, load<i32>(labels + (<usize>at << 2)));
      store<i32>(run, at, 4);
      store<i32>(run, n, 8);
      store<i32>(run, 0, 12);
      n++;
    }
  }
  store<i32>(ofRow + (<usize>rows << 2), n);
}

/** First place from `at` on whose label is another, at most `end`. */
// @ts-ignore: decorator
@inline
function skip(labels: usize, at: i32, end: i32, label: i32): i32 {
  const same = i32x4.splat(label);
  for (; at + 4 <= end; at += 4) {
    const others = i32x4.bitmask(i32x4.ne(v128.load(labels + (<usize>at << 2)), same));
    if (others != 0) return at + ctz(others);
  }
  while (at < end && load<i32>(labels + (<usize>at << 2)) == label) at++;
  return at;
}

/** Joins the runs of a row to those of the row above that they touch; the root of a piece is its first run. */
function joinRow(labels: usize, columns: i32, runs: usize, ofRow: usize): void {
  const own = load<i32>(ofRow);
  const end = load<i32>(ofRow, 4);
  let above = load<i32>(ofRow - 4);
  for (let i = own; i < end; i++) {
    const run = runs + (<usize>i << 4);
    const label = load<i32>(labels + (<usize>load<i32>(run) << 2));
    const from = load<i32>(run) - columns - 1;
    const to = load<i32>(run, 4) - columns + 1;
    while (above < own && load<i32>(runs + (<usize>above << 4), 4) <= from) above++;
    for (let j = above; j < own; j++) {
      const first = load<i32>(runs + (<usize>j << 4));
      if (first >= to) break;
      if (load<i32>(labels + (<usize>first << 2)) != label) continue;
      const a = rootOf(runs, i);
      const b = rootOf(runs, j);
      store<i32>(runs + (<usize>max(a, b) << 4), min(a, b), 8);
    }
  }
}

// @ts-ignore: decorator
@inline
function rootOf(runs: usize, i: i32): i32 {
  let at = i;
  let up = load<i32>(runs + (<usize>at << 4), 8);
  while (up != at) {
    const next = load<i32>(runs + (<usize>up << 4), 8);
    store<i32>(runs + (<usize>at << 4), next, 8);
    at = next;
    up = load<i32>(runs + (<usize>at << 4), 8);
  }
  return at;
}

/** The root of the largest piece of every label in `best`, -1 for labels without one. */
function chooseLargest(labels: usize, runs: usize, n: i32, best: usize, most: i32, least: f64): void {
  memory.fill(best, 0xff, <usize>(most + 1) << 2);
  for (let i = 0; i < n; i++) {
    const run = runs + (<usize>i << 4);
    const size = load<i32>(run, 12);
    if (load<i32>(run, 8) != i || f64(size) < least) continue;
    const at = best + (<usize>load<i32>(labels + (<usize>load<i32>(run) << 2)) << 2);
    const other = load<i32>(at);
    if (other < 0 || size > load<i32>(runs + (<usize>other << 4), 12)) store<i32>(at, i);
  }
}

/** Puts new numbers in place of roots and marks the pieces that stay. */
function numberLabels(runs: usize, best: usize, most: i32): i32 {
  let kept = 0;
  store<i32>(best, 0);
  for (let label = 1; label <= most; label++) {
    const at = best + (<usize>label << 2);
    const root = load<i32>(at);
    if (root >= 0) store<i32>(runs + (<usize>root << 4), -1, 12);
    store<i32>(at, root < 0 ? 0 : ++kept);
  }
  return kept;
}

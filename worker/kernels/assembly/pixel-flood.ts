/**
 * Seeds and flooding on a surface of keys: u16 per pixel (row-major), 0 = background, else the higher the more inside.
 * Equal keys rank by place, first in scan order before later, so the results depend on the surface alone.
 */

/** Whether pixel `a` ranks above pixel `b`. */
// @ts-ignore: decorator
@inline
function above(keys: usize, a: i32, b: i32): bool {
  const ka = load<u16>(keys + (<usize>a << 1));
  const kb = load<u16>(keys + (<usize>b << 1));
  return ka > kb || (ka == kb && a < b);
}

/** Pixels that rank above their eight neighbours, in scan order; `peaks` i32. Returns how many. */
export function localMaxima(keys: usize, rows: i32, columns: i32, peaks: usize): i32 {
  let n = 0;
  for (let y = 0; y < rows; y++) {
    const y0 = max(y - 1, 0);
    const y1 = min(y + 1, rows - 1);
    for (let x = 0; x < columns; x++) {
      const at = y * columns + x;
      const key = load<u16>(keys + (<usize>at << 1));
      if (key == 0) continue;
      if (x > 0 && load<u16>(keys + (<usize>at << 1) - 2) >= key) continue;
      if (x < columns - 1 && load<u16>(keys + (<usize>at << 1) + 2) > key) continue;
      if (isPeak(keys, at, columns, y0, y1, max(x - 1, 0), min(x + 1, columns - 1))) {
        store<i32>(peaks + (<usize>n << 2), at);
        n++;
      }
    }
  }
  return n;
}

function isPeak(keys: usize, at: i32, columns: i32, y0: i32, y1: i32, x0: i32, x1: i32): bool {
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const other = y * columns + x;
      if (other != at && above(keys, other, at)) return false;
    }
  }
  return true;
}

/**
 * Keeps the peaks that stand out: from which no higher pixel is reached without descending by more than `depth` (within a box
 * of half side `reach`), and that have no higher peak within `spacing` pixels. Both are local, unlike h-maxima by
 * reconstruction. `stamp`: i32 per pixel, 0 before, anything after; `list`: scratch of (2 reach + 1)^2 i32. Returns how many.
 */
export function prominent(keys: usize, rows: i32, columns: i32, peaks: usize, n: i32, depth: i32, reach: i32, spacing: i32, stamp: usize, list: usize): i32 {
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const at = load<i32>(peaks + (<usize>i << 2));
    store<i32>(stamp + (<usize>at << 2), -1);
  }
  for (let i = 0; i < n; i++) {
    const at = load<i32>(peaks + (<usize>i << 2));
    if (crowded(keys, rows, columns, at, spacing, stamp)) continue;
    store<i32>(peaks + (<usize>kept << 2), at);
    kept++;
  }
  return keepDeep(keys, rows, columns, peaks, kept, depth, reach, stamp, list);
}

function crowded(keys: usize, rows: i32, columns: i32, at: i32, spacing: i32, stamp: usize): bool {
  const y = at / columns;
  const x = at % columns;
  const x0 = max(x - spacing, 0);
  const x1 = min(x + spacing, columns - 1);
  for (let v = max(y - spacing, 0), y1 = min(y + spacing, rows - 1); v <= y1; v++) {
    for (let u = x0; u <= x1; u++) {
      const other = v * columns + u;
      if (load<i32>(stamp + (<usize>other << 2)) != -1 || other == at) continue;
      if ((u - x) * (u - x) + (v - y) * (v - y) <= spacing * spacing && above(keys, other, at)) return true;
    }
  }
  return false;
}

function keepDeep(keys: usize, rows: i32, columns: i32, peaks: usize, n: i32, depth: i32, reach: i32, stamp: usize, list: usize): i32 {
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const at = load<i32>(peaks + (<usize>i << 2));
    if (!stands(keys, rows, columns, at, depth, reach, i + 1, stamp, list)) continue;
    store<i32>(peaks + (<usize>kept << 2), at);
    kept++;
  }
  return kept;
}

/** Whether no higher pixel is reached from `peak` over pixels at most `depth` below it. `mark` is a stamp of its own. */
function stands(keys: usize, rows: i32, columns: i32, peak: i32, depth: i32, reach: i32, mark: i32, stamp: usize, list: usize): bool {
  const py = peak / columns;
  const px = peak % columns;
  const floor = max(<i32>load<u16>(keys + (<usize>peak << 1)) - depth, 1);
  const top = max(py - reach, 0);
  const bottom = min(py + reach, rows - 1);
  const left = max(px - reach, 0);
  const right = min(px + reach, columns - 1);
  let found = 1;
  store<i32>(list, peak);
  store<i32>(stamp + (<usize>peak << 2), mark);
  for (let next = 0; next < found; next++) {
    const at = load<i32>(list + (<usize>next << 2));
    const y = at / columns;
    const x = at - y * columns;
    const x0 = max(x - 1, left);
    const x1 = min(x + 1, right);
    for (let v = max(y - 1, top), y1 = min(y + 1, bottom); v <= y1; v++) {
      for (let u = x0; u <= x1; u++) {
        const to = v * columns + u;
        if (load<i32>(stamp + (<usize>to << 2)) == mark) continue;
        if (<i32>load<u16>(keys + (<usize>to << 1)) < floor) continue;
        if (above(keys, to, peak)) return false;
        store<i32>(stamp + (<usize>to << 2), mark);
        store<i32>(list + (<usize>found << 2), to);
        found++;
      }
    }
  }
  return true;
}

/**
 * Floods the keys downwards from seeds over 4-neighbours (Meyer 1991, priority queue): a pixel goes to the seed that reaches
 * it over the highest pass, then to the one that was there first. A pixel's turn depends only on the chain of pixels that led
 * to it, never on other parts of the image; so one piece of foreground is flooded after the other, which stays in the cache.
 *
 * `seeds`: i32 places in scan order; seed i floods label i + 1. `labels`: i32, 0 before. `next`: i32 per pixel, scratch.
 * `queues`: scratch of 2 x 65536 i32. `ranks`: scratch, i32 per seed. `reachSq`: no pixel farther from its seed is taken
 * (squared, pixels).
 */
export function flood(keys: usize, rows: i32, columns: i32, seeds: usize, n: i32, reachSq: i32, labels: usize, next: usize, queues: usize, ranks: usize): void {
  memory.fill(queues, 0xff, 65536 * 8);
  for (let i = 0; i < n; i++) store<i32>(labels + (<usize>load<i32>(seeds + (<usize>i << 2)) << 2), -1 - i);
  for (let i = 0; i < n; i++) {
    const at = load<i32>(seeds + (<usize>i << 2));
    if (load<i32>(labels + (<usize>at << 2)) != -1 - i) continue;
    const found = explore(keys, rows, columns, at, labels, next, ranks);
    sort(ranks, found);
    floodPiece(keys, rows, columns, seeds, ranks, found, reachSq, labels, next, queues);
  }
  const end = labels + (<usize>(rows * columns) << 2);
  for (let at = labels; at < end; at += 16) v128.store(at, i32x4.max_s(v128.load(at), i32x4.splat(0)));
}

/** Label of a pixel of the piece that is being flooded until it is claimed. Before that: 0, or -1 - i for seed i. */
const UNCLAIMED: i32 = i32.MIN_VALUE;

/**
 * Marks the piece of foreground around a seed, run by run along the rows, and lists the seeds in it. Returns how many. `list` is
 * scratch, i32 per pixel.
 */
function explore(keys: usize, rows: i32, columns: i32, start: i32, labels: usize, list: usize, ranks: usize): i32 {
  const perColumn = 1 / f64(columns);
  let seeds = 0;
  let depth = 1;
  store<i32>(list, start);
  while (depth > 0) {
    depth--;
    const at = load<i32>(list + (<usize>depth << 2));
    if (load<i32>(labels + (<usize>at << 2)) == UNCLAIMED) continue;
    const y = rowOf(at, perColumn);
    let from = at;
    let to = at + 1;
    for (const least = y * columns; from > least && isNew(keys, labels, from - 1); from--);
    for (const end = (y + 1) * columns; to < end && isNew(keys, labels, to); to++);
    for (let k = from; k < to; k++) seeds = mark(labels, k, ranks, seeds);
    if (y > 0) depth = listRuns(keys, labels, from - columns, to - columns, list, depth);
    if (y < rows - 1) depth = listRuns(keys, labels, from + columns, to + columns, list, depth);
  }
  return seeds;
}

// @ts-ignore: decorator
@inline
function isNew(keys: usize, labels: usize, at: i32): bool {
  return load<u16>(keys + (<usize>at << 1)) != 0 && load<i32>(labels + (<usize>at << 2)) != UNCLAIMED;
}

/** Lists one pixel of every run of new foreground between two places of a row. Returns the length of the list. */
// @ts-ignore: decorator
@inline
function listRuns(keys: usize, labels: usize, from: i32, to: i32, list: usize, depth: i32): i32 {
  let before = false;
  for (let at = from; at < to; at++) {
    const fresh = isNew(keys, labels, at);
    if (fresh && !before) {
      store<i32>(list + (<usize>depth << 2), at);
      depth++;
    }
    before = fresh;
  }
  return depth;
}

/** Row of a place; exact for places below 2^31, half a pixel keeps it off whole numbers. */
// @ts-ignore: decorator
@inline
function rowOf(at: i32, perColumn: f64): i32 {
  return i32((f64(at) + 0.5) * perColumn);
}

/** Marks a pixel and lists it if it is a seed. Returns how many seeds are listed. */
// @ts-ignore: decorator
@inline
function mark(labels: usize, at: i32, ranks: usize, seeds: i32): i32 {
  const label = load<i32>(labels + (<usize>at << 2));
  store<i32>(labels + (<usize>at << 2), UNCLAIMED);
  if (label == 0) return seeds;
  store<i32>(ranks + (<usize>seeds << 2), -1 - label);
  return seeds + 1;
}

/** Sorts numbers in place by a heap. */
function sort(list: usize, n: i32): void {
  for (let root = (n >> 1) - 1; root >= 0; root--) sink(list, root, n);
  for (let end = n - 1; end > 0; end--) {
    const top = load<i32>(list);
    store<i32>(list, load<i32>(list + (<usize>end << 2)));
    store<i32>(list + (<usize>end << 2), top);
    sink(list, 0, end);
  }
}

function sink(list: usize, root: i32, n: i32): void {
  const value = load<i32>(list + (<usize>root << 2));
  for (;;) {
    let child = 2 * root + 1;
    if (child >= n) break;
    if (child + 1 < n && load<i32>(list + (<usize>child << 2), 4) > load<i32>(list + (<usize>child << 2))) child++;
    const larger = load<i32>(list + (<usize>child << 2));
    if (larger <= value) break;
    store<i32>(list + (<usize>root << 2), larger);
    root = child;
  }
  store<i32>(list + (<usize>root << 2), value);
}

function floodPiece(keys: usize, rows: i32, columns: i32, seeds: usize, ranks: usize, n: i32, reachSq: i32, labels: usize, next: usize, queues: usize): void {
  const perColumn = 1 / f64(columns);
  let level = 0;
  let waiting = n;
  for (let k = 0; k < n; k++) {
    const i = load<i32>(ranks + (<usize>k << 2));
    const at = load<i32>(seeds + (<usize>i << 2));
    const key = <i32>load<u16>(keys + (<usize>at << 1));
    store<i32>(labels + (<usize>at << 2), i + 1);
    append(queues, next, key, at);
    level = max(level, key);
  }
  for (; waiting > 0; level--) {
    const queue = queues + (<usize>level << 3);
    let at = load<i32>(queue);
    if (at < 0) continue;
    do {
      const label = load<i32>(labels + (<usize>at << 2));
      const seed = load<i32>(seeds + (<usize>(label - 1) << 2));
      const y = rowOf(at, perColumn);
      const x = at - y * columns;
      const seedY = rowOf(seed, perColumn);
      const dy = y - seedY;
      const dx = x - (seed - seedY * columns);
      let claimed = 0;
      if (y > 0) claimed += claim(keys, at - columns, level, label, dx, dy - 1, reachSq, labels, next, queues);
      if (x > 0) claimed += claim(keys, at - 1, level, label, dx - 1, dy, reachSq, labels, next, queues);
      if (x < columns - 1) claimed += claim(keys, at + 1, level, label, dx + 1, dy, reachSq, labels, next, queues);
      if (y < rows - 1) claimed += claim(keys, at + columns, level, label, dx, dy + 1, reachSq, labels, next, queues);
      waiting += claimed - 1;
      at = load<i32>(next + (<usize>at << 2));
    } while (at >= 0);
    store<i64>(queue, -1);
  }
}

/** Gives a pixel to a label if it may have it; 1 if so. */
// @ts-ignore: decorator
@inline
function claim(keys: usize, at: i32, level: i32, label: i32, dx: i32, dy: i32, reachSq: i32, labels: usize, next: usize, queues: usize): i32 {
  if (load<i32>(labels + (<usize>at << 2)) != UNCLAIMED || dx * dx + dy * dy > reachSq) return 0;
  store<i32>(labels + (<usize>at << 2), label);
  append(queues, next, min(<i32>load<u16>(keys + (<usize>at << 1)), level), at);
  return 1;
}

/** Puts a pixel at the end of the queue of its level: head and tail per level, -1 when empty. */
// @ts-ignore: decorator
@inline
function append(queues: usize, next: usize, level: i32, at: i32): void {
  const queue = queues + (<usize>level << 3);
  const tail = load<i32>(queue, 4);
  store<i32>(next + (<usize>at << 2), -1);
  if (tail < 0) store<i32>(queue, at);
  else store<i32>(next + (<usize>tail << 2), at);
  store<i32>(queue, at, 4);
}

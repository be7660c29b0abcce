/**
 * Labels that spread over pixels by the cheapest way: a step costs its length times the weight of the pixel it enters, so
 * labels fill what lies between ridges of high weight and meet on them. What a pixel gets depends on the labels within
 * reach alone, and never on the order of the queue.
 */

/** Steps along and across pixels in fifths of a pixel edge (Borgefors 1986). */
const STRAIGHT: i32 = 5;
const DIAGONAL: i32 = 7;
/** A step costs at most 7 * 255, so so many queues, used in a circle, keep costs apart. */
const QUEUES: i32 = 2048;
const FAR: i32 = i32.MAX_VALUE;

/**
 * Weights 1 to 1 + `most` of pixels by how far they stand out: (fine - coarse) as a share of (coarse + `floor`), in steps of
 * `most` per `contrast`. `fine`, `coarse` f32, the same image smoothed little and much; `weights` bytes.
 */
export function ridges(fine: usize, coarse: usize, pixels: i32, floor: f32, contrast: f32, most: i32, weights: usize): void {
  const top = <f32>most;
  for (let i: usize = 0; i < <usize>pixels; i++) {
    const mean = max<f32>(load<f32>(coarse + (i << 2)), 0);
    const share = (load<f32>(fine + (i << 2)) - mean) / ((mean + floor) * contrast);
    // Not a number compares as false.
    const step = share > 0 ? min<f32>(share * top, top) : 0;
    store<u8>(weights + i, <u8>(1 + <i32>step));
  }
}

/**
 * Spreads labels over all pixels of a weight that a way of cost `limit` or less reaches; ties go to the lower label.
 *
 * `labels` i32: 0 free, k > 0 starts here; changed in place. `weights` bytes, 0 = may not be entered. Scratch: `cost`, `next`,
 * `previous` i32 per pixel, `queues` 2048 i32. Errors: none; nothing is written outside the arrays.
 */
export function spread(labels: usize, weights: usize, rows: i32, columns: i32, limit: i32, cost: usize, next: usize, previous: usize, queues: usize): void {
  memory.fill(queues, 0xff, QUEUES * 4);
  const pixels = rows * columns;
  for (let i = 0; i < pixels; i++) {
    const own = load<i32>(labels + (<usize>i << 2)) > 0;
    store<i32>(cost + (<usize>i << 2), own ? 0 : FAR);
    if (own) link(i, queues, next, previous);
  }
  for (let d = 0; d <= limit; d++) {
    const queue = queues + (<usize>(d & (QUEUES - 1)) << 2);
    for (let at = load<i32>(queue); at >= 0; at = load<i32>(queue)) {
      unlink(at, queue, next, previous);
      const y = at / columns;
      const x = at - y * columns;
      const label = load<i32>(labels + (<usize>at << 2));
      for (let v = max(y - 1, 0), bottom = min(y + 1, rows - 1); v <= bottom; v++) {
        for (let u = max(x - 1, 0), right = min(x + 1, columns - 1); u <= right; u++) {
          const step = u == x || v == y ? STRAIGHT : DIAGONAL;
          enter(v * columns + u, d, step, label, limit, labels, weights, cost, next, previous, queues);
        }
      }
    }
  }
}

/** Gives a pixel to a label if it is the cheapest so far, or as cheap and lower. */
function enter(at: i32, from: i32, step: i32, label: i32, limit: i32, labels: usize, weights: usize, cost: usize, next: usize, previous: usize, queues: usize): void {
  const weight = <i32>load<u8>(weights + at);
  if (weight == 0) return;
  const price = from + step * weight;
  const had = load<i32>(cost + (<usize>at << 2));
  if (price > limit || price > had) return;
  if (price == had) {
    if (label < load<i32>(labels + (<usize>at << 2))) store<i32>(labels + (<usize>at << 2), label);
    return;
  }
  if (had != FAR) unlink(at, queues + (<usize>(had & (QUEUES - 1)) << 2), next, previous);
  store<i32>(cost + (<usize>at << 2), price);
  store<i32>(labels + (<usize>at << 2), label);
  link(at, queues + (<usize>(price & (QUEUES - 1)) << 2), next, previous);
}

/** Puts a pixel at the head of a queue. */
// @ts-ignore: decorator
@inline
function link(at: i32, queue: usize, next: usize, previous: usize): void {
  const head = load<i32>(queue);
  store<i32>(next + (<usize>at << 2), head);
  store<i32>(previous + (<usize>at << 2), -1);
  if (head >= 0) store<i32>(previous + (<usize>head << 2), at);
  store<i32>(queue, at);
}

/** Takes a pixel out of the queue it is in. */
// @ts-ignore: decorator
@inline
function unlink(at: i32, queue: usize, next: usize, previous: usize): void {
  const after = load<i32>(next + (<usize>at << 2));
  const before = load<i32>(previous + (<usize>at << 2));
  if (after >= 0) store<i32>(previous + (<usize>after << 2), before);
  if (before >= 0) store<i32>(next + (<usize>before << 2), after);
  else store<i32>(queue, after);
}

/**
 * Border pixels of each label from 1 on (one of the four neighbours is not of it; the edge of the image does not count), and
 * those of them that weigh at least `least`: pairs of i32 in `sums`, from label 0 on.
 */
export function rims(labels: usize, weights: usize, rows: i32, columns: i32, least: i32, sums: usize, n: i32): void {
  memory.fill(sums, 0, <usize>(n + 1) << 3);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * columns + x;
      const label = load<i32>(labels + (<usize>at << 2));
      if (label <= 0) continue;
      const place = labels + (<usize>at << 2);
      const border =
        (x > 0 && load<i32>(place - 4) != label) ||
        (x < columns - 1 && load<i32>(place + 4) != label) ||
        (y > 0 && load<i32>(place - (<usize>columns << 2)) != label) ||
        (y < rows - 1 && load<i32>(place + (<usize>columns << 2)) != label);
      if (!border) continue;
      const sum = sums + (<usize>label << 3);
      store<i32>(sum, load<i32>(sum) + 1);
      if (<i32>load<u8>(weights + at) >= least) store<i32>(sum + 4, load<i32>(sum + 4) + 1);
    }
  }
}

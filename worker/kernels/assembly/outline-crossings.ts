import { Arc, arcAt, Slots } from './outline-slots';
import { keepTraced } from './outline-lines';

/**
 * Lines that meet where they should not: two segments with a common point that is not the end of both, or two that lie on each
 * other. Segments are looked up in squares of a grid; coordinates are whole numbers of half pixels, so every test is exact.
 */

/** Edge of a square in half pixels. */
const SQUARE = 8;

/** Counts the segments by square: `cellStart`, one entry behind its place, and `entries`. */
export function countSegments(slots: usize): void {
  const s = changetype<Slots>(slots);
  const cells = s.across * s.down;
  memory.fill(s.cellStart, 0, <usize>(cells + 1) << 2);
  eachSquare(s, false);
  let sum: u32 = 0;
  for (let cell = 0; cell <= cells; cell++) {
    const at = s.cellStart + (<usize>cell << 2);
    sum += load<u32>(at);
    store<u32>(at, sum);
  }
  s.entries = <i32>sum;
}

/**
 * Gives lines that meet another the form in which they were traced; returns how many. Traced lines never meet, so that repeating
 * this, from `countSegments` on, comes to an end.
 */
export function restoreCrossing(slots: usize): i32 {
  const s = changetype<Slots>(slots);
  eachSquare(s, true);
  const cells = s.across * s.down;
  let from: u32 = 0;
  for (let cell = 0; cell < cells; cell++) {
    // Filling has moved every start to its end.
    const end = load<u32>(s.cellStart + (<usize>cell << 2));
    for (let i = from; i < end; i++) for (let j = i + 1; j < end; j++) judge(s, i, j);
    from = end;
  }
  let restored = 0;
  for (let i = 0; i < s.arcs; i++) {
    const arc = arcAt(s, i);
    if (arc.guilty == 0) continue;
    arc.guilty = 0;
    if (arc.kept == arc.traced) continue;
    keepTraced(s, arc);
    restored++;
  }
  return restored;
}

/** Counts the squares that each segment touches, one square ahead, or enters the segments in them. */
function eachSquare(s: Slots, enter: bool): void {
  for (let i = 0; i < s.arcs; i++) {
    const arc = arcAt(s, i);
    if (arc.used == 0) continue;
    for (let k = 0; k + 1 < arc.kept; k++) {
      const at = s.kept + (<usize>(arc.firstPoint + k) << 3);
      const x0 = min(load<i32>(at), load<i32>(at, 8)) / SQUARE;
      const x1 = max(load<i32>(at), load<i32>(at, 8)) / SQUARE;
      const y0 = min(load<i32>(at, 4), load<i32>(at, 12)) / SQUARE;
      const y1 = max(load<i32>(at, 4), load<i32>(at, 12)) / SQUARE;
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          const cell = s.cellStart + (<usize>(y * s.across + x) << 2);
          if (!enter) {
            store<u32>(cell, load<u32>(cell, 4) + 1, 4);
            continue;
          }
          const place = load<u32>(cell);
          store<u32>(cell, place + 1);
          store<i32>(s.entry + (<usize>place << 3), i);
          store<i32>(s.entry + (<usize>place << 3), arc.firstPoint + k, 4);
        }
      }
    }
  }
}

function judge(s: Slots, i: u32, j: u32): void {
  const a = s.entry + (<usize>i << 3);
  const b = s.entry + (<usize>j << 3);
  if (!conflict(s.kept + (<usize>load<i32>(a, 4) << 3), s.kept + (<usize>load<i32>(b, 4) << 3))) return;
  arcAt(s, load<i32>(a)).guilty = 1;
  arcAt(s, load<i32>(b)).guilty = 1;
}

/** On which side of the segment p-q the point r lies: -1, 0, 1. */
// @ts-ignore: decorator
@inline
function side(px: i32, py: i32, qx: i32, qy: i32, rx: i32, ry: i32): i32 {
  const twice = <i64>(qx - px) * <i64>(ry - py) - <i64>(qy - py) * <i64>(rx - px);
  return i32(twice > 0) - i32(twice < 0);
}

function conflict(first: usize, second: usize): bool {
  const ax = load<i32>(first);
  const ay = load<i32>(first, 4);
  const bx = load<i32>(first, 8);
  const by = load<i32>(first, 12);
  const cx = load<i32>(second);
  const cy = load<i32>(second, 4);
  const dx = load<i32>(second, 8);
  const dy = load<i32>(second, 12);
  if (max(ax, bx) < min(cx, dx) || max(cx, dx) < min(ax, bx)) return false;
  if (max(ay, by) < min(cy, dy) || max(cy, dy) < min(ay, by)) return false;
  const c = side(ax, ay, bx, by, cx, cy);
  const d = side(ax, ay, bx, by, dx, dy);
  if (c == 0 && d == 0) {
    // On one line: whether they have more than a point in common.
    const steep = abs(by - ay) > abs(bx - ax);
    return steep ? overlap(ay, by, cy, dy) : overlap(ax, bx, cx, dx);
  }
  const p = side(cx, cy, dx, dy, ax, ay);
  const q = side(cx, cy, dx, dy, bx, by);
  if (c * d > 0 || p * q > 0) return false;
  // They meet in one point; that is as it should be if it is an end of both.
  const atC = c == 0 && ((cx == ax && cy == ay) || (cx == bx && cy == by));
  const atD = d == 0 && ((dx == ax && dy == ay) || (dx == bx && dy == by));
  return !(atC || atD);
}

// @ts-ignore: decorator
@inline
function overlap(a: i32, b: i32, c: i32, d: i32): bool {
  return min(max(a, b), max(c, d)) > max(min(a, b), min(c, d));
}

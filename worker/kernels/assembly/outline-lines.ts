import { Arc, arcAt, Slots } from './outline-slots';

/**
 * Lines of arcs through the middles of the pixel edges, which cuts every corner of a pixel off, and without the points that a
 * tolerance allows (Douglas and Peucker, Cartographica 10:112, 1973). Coordinates are whole numbers of half pixels.
 */

/** Room for the points of all arcs in use, and of the longest: `points` and `longest`. */
export function countPoints(slots: usize): void {
  const s = changetype<Slots>(slots);
  s.points = 0;
  s.longest = 0;
  for (let i = 0; i < s.arcs; i++) {
    const arc = arcAt(s, i);
    arc.firstPoint = s.points;
    if (arc.used == 0) continue;
    s.points += 2 * arc.corners + 1;
    s.longest = max(s.longest, 2 * arc.corners + 1);
  }
}

/** Traces and simplifies every arc in use; `tolerance` in pixels. */
export function drawLines(slots: usize, tolerance: f64): void {
  const s = changetype<Slots>(slots);
  const limitSq = 4 * tolerance * tolerance;
  for (let i = 0; i < s.arcs; i++) {
    const arc = arcAt(s, i);
    if (arc.used == 0) continue;
    smooth(s, arc);
    simplify(s, arc, limitSq);
    // A closed line of fewer points has no area.
    if (arc.closed && arc.kept < 4) keepTraced(s, arc);
  }
}

/** Puts the line as it was traced in the place of the simplified one. */
export function keepTraced(s: Slots, arc: Arc): void {
  const at = <usize>arc.firstPoint << 3;
  memory.copy(s.kept + at, s.traced + at, <usize>arc.traced << 3);
  arc.kept = arc.traced;
}

function smooth(s: Slots, arc: Arc): void {
  const n = arc.corners;
  const first = s.corner + (<usize>arc.firstCorner << 2);
  arc.traced = 0;
  if (arc.closed == 0) add(s, arc, 2 * xOf(first), 2 * yOf(first));
  for (let k = arc.closed ? 0 : 1; k < (arc.closed ? n : n - 1); k++) {
    middle(s, arc, first, k, k == 0 ? n - 1 : k - 1);
    middle(s, arc, first, k, k == n - 1 ? 0 : k + 1);
  }
  if (arc.closed == 0) {
    const last = first + (<usize>(n - 1) << 2);
    add(s, arc, 2 * xOf(last), 2 * yOf(last));
  } else {
    const at = s.traced + (<usize>arc.firstPoint << 3);
    add(s, arc, load<i32>(at), load<i32>(at, 4));
  }
}

// @ts-ignore: decorator
@inline
function xOf(corner: usize): i32 {
  return <i32>(load<u32>(corner) & 0xffff);
}

// @ts-ignore: decorator
@inline
function yOf(corner: usize): i32 {
  return <i32>(load<u32>(corner) >> 16);
}

/** The point half a pixel from a corner towards another. */
function middle(s: Slots, arc: Arc, first: usize, from: i32, towards: i32): void {
  const a = first + (<usize>from << 2);
  const b = first + (<usize>towards << 2);
  add(s, arc, 2 * xOf(a) + sign(xOf(b) - xOf(a)), 2 * yOf(a) + sign(yOf(b) - yOf(a)));
}

// @ts-ignore: decorator
@inline
function sign(n: i32): i32 {
  return i32(n > 0) - i32(n < 0);
}

/** Adds a point that is not the last one again. */
function add(s: Slots, arc: Arc, x: i32, y: i32): void {
  const at = s.traced + (<usize>(arc.firstPoint + arc.traced) << 3);
  if (arc.traced > 0 && load<i32>(at - 8) == x && load<i32>(at - 4) == y) return;
  store<i32>(at, x);
  store<i32>(at, y, 4);
  arc.traced++;
}

/** Leaves points out so that none is farther than the limit from what stays; of a closed line the first and the farthest stay. */
function simplify(s: Slots, arc: Arc, limitSq: f64): void {
  const n = arc.traced;
  const points = s.traced + (<usize>arc.firstPoint << 3);
  memory.fill(s.keep, 0, n);
  store<u8>(s.keep, 1);
  store<u8>(s.keep + (n - 1), 1);
  let spans = 0;
  if (arc.closed) {
    const far = farthestFrom(points, n);
    store<u8>(s.keep + far, 1);
    push(s, spans++, 0, far);
    push(s, spans++, far, n - 1);
  } else push(s, spans++, 0, n - 1);
  while (spans > 0) {
    const span = s.spans + (<usize>(--spans) << 3);
    const from = load<i32>(span);
    const to = load<i32>(span, 4);
    const worst = farthest(points, from, to, limitSq);
    if (worst < 0) continue;
    store<u8>(s.keep + worst, 1);
    push(s, spans++, from, worst);
    push(s, spans++, worst, to);
  }
  let to = s.kept + (<usize>arc.firstPoint << 3);
  arc.kept = 0;
  for (let k = 0; k < n; k++) {
    if (load<u8>(s.keep + k) == 0) continue;
    store<u64>(to, load<u64>(points + (<usize>k << 3)));
    to += 8;
    arc.kept++;
  }
}

// @ts-ignore: decorator
@inline
function push(s: Slots, at: i32, from: i32, to: i32): void {
  store<i32>(s.spans + (<usize>at << 3), from);
  store<i32>(s.spans + (<usize>at << 3), to, 4);
}

function farthestFrom(points: usize, n: i32): i32 {
  let most: i64 = 0;
  let far = 0;
  for (let k = 1; k < n - 1; k++) {
    const at = points + (<usize>k << 3);
    const dx = <i64>(load<i32>(at) - load<i32>(points));
    const dy = <i64>(load<i32>(at, 4) - load<i32>(points, 4));
    const square = dx * dx + dy * dy;
    if (square <= most) continue;
    most = square;
    far = k;
  }
  return far;
}

/** The point between two others that is farthest from the segment between them, -1 if none is farther than allowed. */
function farthest(points: usize, from: i32, to: i32, limitSq: f64): i32 {
  const start = points + (<usize>from << 3);
  const end = points + (<usize>to << 3);
  const x0 = <f64>load<i32>(start);
  const y0 = <f64>load<i32>(start, 4);
  const dx = <f64>load<i32>(end) - x0;
  const dy = <f64>load<i32>(end, 4) - y0;
  const lengthSq = dx * dx + dy * dy;
  let most = limitSq;
  let worst = -1;
  for (let k = from + 1; k < to; k++) {
    const at = points + (<usize>k << 3);
    const px = <f64>load<i32>(at) - x0;
    const py = <f64>load<i32>(at, 4) - y0;
    const along: f64 = lengthSq == 0 ? 0 : max<f64>(0, min<f64>(1, (px * dx + py * dy) / lengthSq));
    const u = px - along * dx;
    const v = py - along * dy;
    const square = u * u + v * v;
    if (square > most) {
      most = square;
      worst = k;
    }
  }
  return worst;
}

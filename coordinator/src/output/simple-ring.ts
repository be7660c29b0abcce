/** Corners beyond which the general union is asked: every side is held against every other here. */
const MOST_CORNERS = 512;
/** Rounding of an orientation test: below this share of its two products the sign is not certain (Shewchuk, 1997). */
const ORIENT_ERROR = 4 * 2 ** -53;

/** 1 when c lies left of the line from a to b (y up), -1 right of it, 0 when rounding could decide. */
function orient(ring: Float64Array, a: number, b: number, c: number): number {
  const left = (ring[2 * a] - ring[2 * c]) * (ring[2 * b + 1] - ring[2 * c + 1]);
  const right = (ring[2 * a + 1] - ring[2 * c + 1]) * (ring[2 * b] - ring[2 * c]);
  const det = left - right;
  return Math.abs(det) > ORIENT_ERROR * (Math.abs(left) + Math.abs(right)) ? Math.sign(det) : 0;
}

/** Whether the segments a-b and c-d lie apart along an axis (0: x, 1: y). */
function apartAlong(ring: Float64Array, a: number, b: number, c: number, d: number, axis: 0 | 1): boolean {
  const pa = ring[2 * a + axis];
  const pb = ring[2 * b + axis];
  const pc = ring[2 * c + axis];
  const pd = ring[2 * d + axis];
  return Math.max(pa, pb) < Math.min(pc, pd) || Math.max(pc, pd) < Math.min(pa, pb);
}

/** Whether the segments a-b and c-d surely have no point in common. */
function apart(ring: Float64Array, a: number, b: number, c: number, d: number): boolean {
  return (
    apartAlong(ring, a, b, c, d, 0) ||
    apartAlong(ring, a, b, c, d, 1) ||
    orient(ring, a, b, c) * orient(ring, a, b, d) > 0 ||
    orient(ring, c, d, a) * orient(ring, c, d, b) > 0
  );
}

/**
 * The ring as the union with nothing else would give it, when that is plain: no two of its sides meet but at their common
 * corner, and no three neighbouring corners lie in line. Closed, counterclockwise (y up), from the leftmost corner (the
 * lowest of those). Null when it is not plain, too close to call in floating point, or of more than
 * 512 corners.
 *
 * @param ring interleaved x and y, closed (first = last).
 */
export function simpleRing(ring: Float64Array): Float64Array | null {
  const n = ring.length / 2 - 1;
  if (n < 3 || n > MOST_CORNERS || ring[0] !== ring[2 * n] || ring[1] !== ring[2 * n + 1]) return null;
  const next = (i: number): number => (i + 1 === n ? 0 : i + 1);
  let start = 0;
  for (let i = 0; i < n; i++) {
    if (orient(ring, i, next(i), next(next(i))) === 0) return null;
    const [x, y] = [ring[2 * i], ring[2 * i + 1]];
    if (x < ring[2 * start] || (x === ring[2 * start] && y < ring[2 * start + 1])) start = i;
  }
  for (let i = 0; i < n; i++) {
    for (let k = i + 2; k < n; k++) if (next(k) !== i && !apart(ring, i, next(i), k, next(k))) return null;
  }
  const before = start === 0 ? n - 1 : start - 1;
  const step = orient(ring, before, start, next(start)) > 0 ? 1 : n - 1;
  const out = new Float64Array(ring.length);
  for (let i = 0, at = start; i <= n; i++, at = (at + step) % n) {
    out[2 * i] = ring[2 * at];
    out[2 * i + 1] = ring[2 * at + 1];
  }
  return out;
}

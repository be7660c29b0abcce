import type { RectUm } from '../space.ts';

/**
 * Basics of rings. A ring is a `Float64Array` of x, y pairs, closed (first point repeated at the end); several rings of
 * one cell are taken by the even-odd rule, so that holes and separate pieces need no marking.
 */

/** Fewest points of a ring that can enclose an area: three corners and the first again. */
export const MIN_RING_POINTS = 4;

/** The ring with its first point repeated at the end; the same array when it already is. */
export function closeRing(ring: Float64Array): Float64Array {
  const n = ring.length;
  if (n < 2 || (ring[0] === ring[n - 2] && ring[1] === ring[n - 1])) return ring;
  const closed = new Float64Array(n + 2);
  closed.set(ring);
  closed[n] = ring[0];
  closed[n + 1] = ring[1];
  return closed;
}

/** Signed area of a closed ring in squared units: positive when x turns towards y (clockwise on a screen with y down). */
export function signedRingArea(ring: Float64Array): number {
  // Relative to the first vertex: absolute coordinates of 10^4 um would cost digits of a 10 um^2 nucleus.
  const x0 = ring[0];
  const y0 = ring[1];
  let twice = 0;
  for (let i = 2; i + 1 < ring.length; i += 2) {
    twice += (ring[i - 2] - x0) * (ring[i + 1] - y0) - (ring[i] - x0) * (ring[i - 1] - y0);
  }
  return twice / 2;
}

/** Whether a point lies inside rings by the even-odd rule; a point on an edge counts as inside on its left and upper side only. */
export function pointInRings(rings: readonly Float64Array[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 2; i + 1 < ring.length; i += 2) {
      const ay = ring[i - 1];
      const by = ring[i + 1];
      if (ay <= y === by <= y) continue;
      const ax = ring[i - 2];
      if (x < ax + ((y - ay) / (by - ay)) * (ring[i] - ax)) inside = !inside;
    }
  }
  return inside;
}

/** Smallest rectangle around all vertices; null without any vertex. */
export function ringBounds(rings: readonly Float64Array[]): RectUm | null {
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      x0 = Math.min(x0, ring[i]);
      x1 = Math.max(x1, ring[i]);
      y0 = Math.min(y0, ring[i + 1]);
      y1 = Math.max(y1, ring[i + 1]);
    }
  }
  return x0 <= x1 ? { x0, y0, x1, y1 } : null;
}

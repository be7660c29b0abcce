import { closeRing, MIN_RING_POINTS } from '../geometry/ring.ts';
import type { Tally } from './tally.ts';

/**
 * The rings that enclose something: closed, finite, with at least four points. What is dropped is counted.
 * @param rings x, y pairs in any unit, closed or not.
 */
export function usableRings(rings: readonly Float64Array[], tally: Tally): Float64Array[] {
  const usable: Float64Array[] = [];
  for (const ring of rings) {
    const closed = closeRing(ring);
    if (closed.length < 2 * MIN_RING_POINTS) tally.add('PRIOR_SHORT_RING');
    else if (!closed.every(Number.isFinite)) tally.add('PRIOR_NOT_FINITE');
    else usable.push(closed);
  }
  return usable;
}

/** The same rings with every vertex scaled, in place. */
export function scaleRings(rings: Float64Array[], factor: number): Float64Array[] {
  if (factor !== 1) for (const ring of rings) for (let i = 0; i < ring.length; i++) ring[i] *= factor;
  return rings;
}

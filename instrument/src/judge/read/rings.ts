import { pointInRings } from '@spatile/formats/geometry/ring';

/** A ring without the repetition of its first point at the end. */
export function openRing(ring: Float64Array): Float64Array {
  const n = ring.length;
  return n > 2 && ring[0] === ring[n - 2] && ring[1] === ring[n - 1] ? ring.subarray(0, n - 2) : ring;
}

/**
 * Polygons of closed rings that are taken by the even-odd rule: a ring that lies in an odd number of others is a hole of the
 * smallest outer ring around it. Rings must not cross.
 */
export function polygonsOfRings(rings: readonly Float64Array[]): Float64Array[][] {
  if (rings.length === 1) return [[openRing(rings[0])]];
  const around = rings.map((ring, i) =>
    rings.flatMap((other, j) => (j !== i && pointInRings([other], ring[0], ring[1]) ? [j] : [])),
  );
  const outer = rings.map((_, i) => i).filter((i) => around[i].length % 2 === 0);
  const holesOf = (i: number): number[] =>
    rings.flatMap((_, j) => (around[j].length === around[i].length + 1 && around[j].includes(i) ? [j] : []));
  return outer.map((i) => [i, ...holesOf(i)].map((ring) => openRing(rings[ring])));
}

import { encodePolygonWkb, type Polygon } from '@spatile/formats/geometry/wkb';
import { union } from 'polyclip-ts';
import { simpleRing } from './simple-ring.ts';

/**
 * Valid polygons of a cell's nuclei from the rings of the prior: the union of all rings, so that self-crossing vendor rings
 * and overlapping nuclei of one cell come out as simple, disjoint polygons. Null when nothing with an area is left.
 */
export function nucleusWkb(rings: Float64Array[]): Uint8Array | null {
  // Most cells have one nucleus with a plain ring, and the general union takes a millisecond for each.
  const plain = rings.length === 1 ? simpleRing(rings[0]) : null;
  if (plain !== null) return encodePolygonWkb([[plain]]);
  return unionWkb(rings);
}

/** The same by the union of any rings. */
export function unionWkb(rings: Float64Array[]): Uint8Array | null {
  const polygons = rings.map((ring) => [pairs(ring)]);
  const [first, ...rest] = polygons;
  if (first === undefined) return null;
  try {
    const merged = union(first, ...rest);
    const parts = merged.map((polygon) => polygon.map(flat)).filter((polygon) => polygon[0].length >= 8);
    return parts.length === 0 ? null : encodePolygonWkb(parts as Polygon[]);
  } catch {
    // The library gives up on some degenerate rings (all points on a line); those enclose nothing.
    return null;
  }
}

function pairs(ring: Float64Array): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, v) => [ring[2 * v], ring[2 * v + 1]]);
}

function flat(ring: [number, number][]): Float64Array {
  return Float64Array.from(ring.flat());
}

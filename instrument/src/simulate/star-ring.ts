/**
 * Star-shaped outlines: vertices at equal angles around a centre. Cells and nuclei are such rings, so a uniform point
 * inside is a triangle of the fan and a point in it.
 */
export interface StarRing {
  centreX: number;
  centreY: number;
  /** x, y pairs in microns, counter-clockwise in a frame with y up; not closed. */
  vertices: Float64Array;
  /** Running sums of the fan's triangle areas in square microns. */
  cumulativeArea: Float64Array;
  /** Square microns. */
  area: number;
  /** Largest distance of a vertex from the centre, and radius of a disc around the centre that lies inside. */
  reachUm: number;
  innerUm: number;
}

/** Ring with `radii[k]` microns at angle `2 pi k / radii.length` around a centre. */
export function starRing(centreX: number, centreY: number, radii: Float64Array): StarRing {
  const n = radii.length;
  const { cos, sin } = directions(n);
  const vertices = new Float64Array(2 * n);
  const cumulativeArea = new Float64Array(n);
  const wedge = Math.sin((2 * Math.PI) / n) / 2;
  let area = 0;
  let reachUm = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < n; k++) {
    vertices[2 * k] = centreX + radii[k] * cos[k];
    vertices[2 * k + 1] = centreY + radii[k] * sin[k];
    area += wedge * radii[k] * radii[(k + 1) % n];
    cumulativeArea[k] = area;
    reachUm = Math.max(reachUm, radii[k]);
    least = Math.min(least, radii[k]);
  }
  // No edge between two vertices at that distance comes nearer.
  const innerUm = least * Math.cos(Math.PI / n);
  return { centreX, centreY, vertices, cumulativeArea, area, reachUm, innerUm };
}

const DIRECTIONS = new Map<number, { cos: Float64Array; sin: Float64Array }>();

/** Cosines and sines of n equal steps around the circle. */
export function directions(n: number): { cos: Float64Array; sin: Float64Array } {
  let found = DIRECTIONS.get(n);
  if (!found) {
    const angle = (_: unknown, k: number): number => (2 * Math.PI * k) / n;
    const angles = Float64Array.from({ length: n }, angle);
    found = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
    DIRECTIONS.set(n, found);
  }
  return found;
}

/** Uniform point inside the ring from two uniforms in (0, 1), written to `out[0..1]`. */
export function pointInRing(ring: StarRing, u: number, v: number, out: Float64Array): void {
  const { cumulativeArea, vertices } = ring;
  const target = u * ring.area;
  let low = 0;
  let high = cumulativeArea.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulativeArea[middle] < target) low = middle + 1;
    else high = middle;
  }
  const before = low === 0 ? 0 : cumulativeArea[low - 1];
  const along = (target - before) / (cumulativeArea[low] - before);
  const outward = Math.sqrt(v);
  const a = 2 * low;
  const b = a + 2 === vertices.length ? 0 : a + 2;
  const ex = vertices[a] + along * (vertices[b] - vertices[a]);
  const ey = vertices[a + 1] + along * (vertices[b + 1] - vertices[a + 1]);
  out[0] = ring.centreX + outward * (ex - ring.centreX);
  out[1] = ring.centreY + outward * (ey - ring.centreY);
}

/** Whether a point lies in the polygon of x, y pairs (even-odd, not closed). */
export function isInside(vertices: Float64Array, x: number, y: number): boolean {
  let inside = false;
  let px = vertices[vertices.length - 2];
  let py = vertices[vertices.length - 1];
  for (let k = 0; k < vertices.length; k += 2) {
    const qx = vertices[k];
    const qy = vertices[k + 1];
    if (qy > y !== py > y && x < ((px - qx) * (y - qy)) / (py - qy) + qx) inside = !inside;
    px = qx;
    py = qy;
  }
  return inside;
}

/** `isInside` for a ring, quick where the distance from its centre decides. */
export function isInRing(ring: StarRing, x: number, y: number): boolean {
  const dx = x - ring.centreX;
  const dy = y - ring.centreY;
  const squared = dx * dx + dy * dy;
  if (squared < ring.innerUm * ring.innerUm) return true;
  return squared <= ring.reachUm * ring.reachUm && isInside(ring.vertices, x, y);
}

/** Distance in microns from a point along a direction to the polygon's nearest crossing; Infinity without one. */
export function rayToRing(vertices: Float64Array, x: number, y: number, dx: number, dy: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  let px = vertices[vertices.length - 2] - x;
  let py = vertices[vertices.length - 1] - y;
  for (let k = 0; k < vertices.length; k += 2) {
    const qx = vertices[k] - x;
    const qy = vertices[k + 1] - y;
    const sideP = dx * py - dy * px;
    const sideQ = dx * qy - dy * qx;
    if (sideP > 0 !== sideQ > 0) {
      const t = sideP / (sideP - sideQ);
      const along = dx * (px + t * (qx - px)) + dy * (py + t * (qy - py));
      if (along > 0 && along < nearest) nearest = along;
    }
    px = qx;
    py = qy;
  }
  return nearest;
}

/** Shoelace area in square microns of a simple polygon of x, y pairs (not closed). */
export function polygonArea(vertices: Float64Array): number {
  let twice = 0;
  for (let k = 0; k < vertices.length; k += 2) {
    const next = k + 2 === vertices.length ? 0 : k + 2;
    twice += vertices[k] * vertices[next + 1] - vertices[next] * vertices[k + 1];
  }
  return Math.abs(twice) / 2;
}

/** Distance in microns from a point to a polygon of x, y pairs (not closed); 0 inside. */
export function distanceToRing(ring: Float64Array, x: number, y: number): number {
  return isInside(ring, x, y) ? 0 : distanceToRim(ring, x, y);
}

/** Distance in microns from a point on either side to the polygon's outline. */
export function distanceToRim(ring: Float64Array, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  let px = ring[ring.length - 2];
  let py = ring[ring.length - 1];
  for (let k = 0; k < ring.length; k += 2) {
    const ex = ring[k] - px;
    const ey = ring[k + 1] - py;
    const squared = ex * ex + ey * ey;
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - px) * ex + (y - py) * ey) / squared));
    const dx = x - px - t * ex;
    const dy = y - py - t * ey;
    const d2 = dx * dx + dy * dy;
    if (d2 < least) least = d2;
    px = ring[k];
    py = ring[k + 1];
  }
  return Math.sqrt(least);
}

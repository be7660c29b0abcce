import { cos, sin } from '@spatile/random/elementary';

/**
 * A cell's own coordinates, microns: u along its axis, w across it. The place on the slide is (x, y) plus (u, w + bend u^2)
 * turned by the axis' direction; that map keeps areas, so what is uniform in (u, w) is uniform on the slide.
 */
export interface Frame {
  x: number;
  y: number;
  /** Direction of the axis, a unit vector. */
  cos: number;
  sin: number;
  /** Per micron; 0 = straight. */
  bend: number;
}

/**
 * Outlines of cells and nuclei: star-shaped around a centre in the coordinates of a cell's frame, so that a uniform point
 * inside is a triangle of the fan and a point in it; on the slide they may be bent and need not be star-shaped.
 */
export interface StarRing {
  /** A point inside, microns on the slide. */
  centreX: number;
  centreY: number;
  /** x, y pairs in microns on the slide, counter-clockwise in a frame with y up; not closed. */
  vertices: Float64Array;
  /** Square microns, of the polygon of the vertices. */
  area: number;
  /** Largest distance of a vertex from the centre, and radius of a disc around the centre that lies inside; microns. */
  reachUm: number;
  innerUm: number;
  fan: Fan;
  /** Whether some long edge leaves the bent border so far that `pointInRing` may give places outside the polygon. */
  isLoose: boolean;
}

/** Vertex k lies at (u + length * radii[k] * cos t, w + width * radii[k] * sin t), t = 2 pi k / n, in its cell's frame. */
interface Fan {
  frame: Frame;
  u: number;
  w: number;
  length: number;
  width: number;
  radii: Float64Array;
  steps: Directions;
  /** Running sums of the triangles' areas, up to 1. */
  cumulative: Float64Array;
}

/** Cosines and sines of equal steps around the circle. */
interface Directions {
  cos: Float64Array;
  sin: Float64Array;
}

const LOOSE_UM = 0.04;

/** Ring around the place (u, w) of a frame, see `Fan`. */
export function starRing(
  frame: Frame,
  u: number,
  w: number,
  length: number,
  width: number,
  radii: Float64Array,
): StarRing {
  const n = radii.length;
  const steps = directions(n);
  const vertices = new Float64Array(2 * n);
  const cumulative = new Float64Array(n);
  const centreX = frame.x + frame.cos * u - frame.sin * (w + frame.bend * u * u);
  const centreY = frame.y + frame.sin * u + frame.cos * (w + frame.bend * u * u);
  let sum = 0;
  let farthest = 0;
  let longest = 0;
  let before = u + length * radii[n - 1] * steps.cos[n - 1];
  for (let k = 0; k < n; k++) {
    const along = u + length * radii[k] * steps.cos[k];
    const across = w + width * radii[k] * steps.sin[k] + frame.bend * along * along;
    const x = frame.x + frame.cos * along - frame.sin * across;
    const y = frame.y + frame.sin * along + frame.cos * across;
    vertices[2 * k] = x;
    vertices[2 * k + 1] = y;
    farthest = Math.max(farthest, (x - centreX) * (x - centreX) + (y - centreY) * (y - centreY));
    longest = Math.max(longest, (along - before) * (along - before));
    before = along;
    sum += radii[k] * radii[k + 1 === n ? 0 : k + 1];
    cumulative[k] = sum;
  }
  for (let k = 0; k < n; k++) cumulative[k] /= sum;
  return {
    centreX,
    centreY,
    vertices,
    area: polygonArea(vertices),
    reachUm: Math.sqrt(farthest),
    innerUm: isInside(vertices, centreX, centreY) ? distanceToRim(vertices, centreX, centreY) : 0,
    fan: { frame, u, w, length, width, radii, steps, cumulative },
    // Halfway between two vertices a parabola leaves its chord by a quarter of bend times the squared step.
    isLoose: (Math.abs(frame.bend) * longest) / 4 > LOOSE_UM,
  };
}

const DIRECTIONS = new Map<number, Directions>();

/** Cosines and sines of n equal steps around the circle. */
export function directions(n: number): Directions {
  let found = DIRECTIONS.get(n);
  if (!found) {
    const angles = Float64Array.from({ length: n }, (_, k) => (2 * Math.PI * k) / n);
    found = { cos: angles.map(cos), sin: angles.map(sin) };
    DIRECTIONS.set(n, found);
  }
  return found;
}

/**
 * Turns two uniforms in (0, 1) in `place[0..1]` into a uniform point inside the ring. Where the frame is bent, places near
 * the rim are pulled by some hundredths of a micron, since the polygon's edges are straight; see `isLoose`.
 */
export function spreadInRing(ring: StarRing, place: Float64Array): void {
  const { frame, u, w, length, width, radii, steps, cumulative } = ring.fan;
  const p = place[0];
  const n = radii.length;
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] < p) low = middle + 1;
    else high = middle;
  }
  const before = low === 0 ? 0 : cumulative[low - 1];
  const share = (p - before) / (cumulative[low] - before);
  const outward = Math.sqrt(place[1]);
  const next = low + 1 === n ? 0 : low + 1;
  const startU = u + length * radii[low] * steps.cos[low];
  const stepU = u + length * radii[next] * steps.cos[next] - startU;
  const startW = w + width * radii[low] * steps.sin[low];
  const stepW = w + width * radii[next] * steps.sin[next] - startW;
  const along = u + outward * (startU + share * stepU - u);
  const edge = frame.bend * share * (1 - share) * stepU * stepU;
  const across =
    w + outward * (startW + share * stepW - w) + frame.bend * along * along + outward * outward * edge;
  place[0] = frame.x + frame.cos * along - frame.sin * across;
  place[1] = frame.y + frame.sin * along + frame.cos * across;
}

/** `spreadInRing` of the uniforms p and q, written to `out[0..1]`. */
export function pointInRing(ring: StarRing, p: number, q: number, out: Float64Array): void {
  out[0] = p;
  out[1] = q;
  spreadInRing(ring, out);
}

/** Hands single numbers to what takes places. */
const PLACE = new Float64Array(2);

/** Whether a point lies in the polygon of x, y pairs (even-odd, not closed). */
export function isInside(vertices: Float64Array, x: number, y: number): boolean {
  PLACE[0] = x;
  PLACE[1] = y;
  return encloses(vertices, PLACE);
}

function encloses(vertices: Float64Array, place: Float64Array): boolean {
  const x = place[0];
  const y = place[1];
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
  PLACE[0] = x;
  PLACE[1] = y;
  return holds(ring, PLACE);
}

/** `isInRing` for the place `place[0..1]`: numbers that a call hands over one by one are allocated, which is felt by the million. */
export function holds(ring: StarRing, place: Float64Array): boolean {
  const dx = place[0] - ring.centreX;
  const dy = place[1] - ring.centreY;
  const squared = dx * dx + dy * dy;
  if (squared < ring.innerUm * ring.innerUm) return true;
  return squared <= ring.reachUm * ring.reachUm && encloses(ring.vertices, place);
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

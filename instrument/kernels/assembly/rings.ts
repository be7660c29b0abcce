/**
 * A ring as `emission-kernel.ts` writes it, f64 each: the fixed numbers by name below, then radii, running sums of the
 * fan's triangles, vertices (x, y), and the vertices' places in the frame (u without the bend, w), which `prepare` finds.
 */
export const MOST_VERTICES = 32;
export const RING_NUMBERS = 16 + 7 * MOST_VERTICES;

const CENTRE_X = 0;
const CENTRE_Y = 8;
/** Squared radii of the disc inside and the disc around. */
const INNER = 16;
const REACH = 24;
export const AREA = 32;
export const IS_LOOSE = 40;
const VERTICES = 48;
const FRAME_X = 56;
const FRAME_Y = 64;
const FRAME_COS = 72;
const FRAME_SIN = 80;
const FRAME_BEND = 88;
const U = 96;
const W = 104;
const LENGTH = 112;
const WIDTH = 120;
const RADII = 128;
const SUMS = RADII + 8 * MOST_VERTICES;
const PLACES = SUMS + 8 * MOST_VERTICES;
const CORNERS_U = PLACES + 16 * MOST_VERTICES;
const CORNERS_W = CORNERS_U + 8 * MOST_VERTICES;

/** Where `spread` puts its point, microns on the slide. */
export let spreadX: f64 = 0;
export let spreadY: f64 = 0;

/** Finds the corners of a ring's fan; `steps`: cosines, then sines of equal steps around the circle. */
export function prepare(ring: usize, steps: usize): void {
  const n = <usize>load<f64>(ring, VERTICES);
  const u = load<f64>(ring, U);
  const w = load<f64>(ring, W);
  const length = load<f64>(ring, LENGTH);
  const width = load<f64>(ring, WIDTH);
  for (let k: usize = 0; k < n; k++) {
    const at = ring + (k << 3);
    const radius = load<f64>(at, RADII);
    store<f64>(at, u + length * radius * load<f64>(steps + (k << 3)), CORNERS_U);
    store<f64>(at, w + width * radius * load<f64>(steps + ((n + k) << 3)), CORNERS_W);
  }
}

/** Whether a place lies in the polygon of `n` vertices x, y (even-odd). */
export function encloses(vertices: usize, n: usize, x: f64, y: f64): bool {
  let inside = false;
  const end = vertices + (n << 4);
  let px = load<f64>(end - 16);
  let py = load<f64>(end - 8);
  for (let at = vertices; at < end; at += 16) {
    const qx = load<f64>(at);
    const qy = load<f64>(at + 8);
    if (qy > y != py > y && x < ((px - qx) * (y - qy)) / (py - qy) + qx) inside = !inside;
    px = qx;
    py = qy;
  }
  return inside;
}

/** Whether a place lies in a ring: the discs inside and around it settle most places. */
// @ts-ignore: decorator
@inline
export function holds(ring: usize, x: f64, y: f64): bool {
  const dx = x - load<f64>(ring, CENTRE_X);
  const dy = y - load<f64>(ring, CENTRE_Y);
  const squared = dx * dx + dy * dy;
  if (squared < load<f64>(ring, INNER)) return true;
  return squared <= load<f64>(ring, REACH) && encloses(ring + PLACES, <usize>load<f64>(ring, VERTICES), x, y);
}

/** Turns two uniforms in (0, 1) into a uniform point of a ring: a triangle of the fan, and a point in it. */
export function spread(ring: usize, p: f64, q: f64): void {
  const n = <i32>load<f64>(ring, VERTICES);
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isLower = load<f64>(ring + ((<usize>middle) << 3), SUMS) < p;
    low = select(middle + 1, low, isLower);
    high = select(high, middle, isLower);
  }
  const at = ring + ((<usize>low) << 3);
  const before = low == 0 ? 0 : load<f64>(at, SUMS - 8);
  const share = (p - before) / (load<f64>(at, SUMS) - before);
  const outward = sqrt<f64>(q);
  const next = low + 1 == n ? ring : at + 8;
  const startU = load<f64>(at, CORNERS_U);
  const stepU = load<f64>(next, CORNERS_U) - startU;
  const startW = load<f64>(at, CORNERS_W);
  const stepW = load<f64>(next, CORNERS_W) - startW;
  const u = load<f64>(ring, U);
  const w = load<f64>(ring, W);
  const bend = load<f64>(ring, FRAME_BEND);
  const along = u + outward * (startU + share * stepU - u);
  const edge = bend * share * (1 - share) * stepU * stepU;
  const across =
    w + outward * (startW + share * stepW - w) + bend * along * along + outward * outward * edge;
  const cos = load<f64>(ring, FRAME_COS);
  const sin = load<f64>(ring, FRAME_SIN);
  spreadX = load<f64>(ring, FRAME_X) + cos * along - sin * across;
  spreadY = load<f64>(ring, FRAME_Y) + sin * along + cos * across;
}

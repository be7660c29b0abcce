/** An outline, f64 each: frame (x, y, cos, sin, bend), half-axes, six harmonics, their largest sum, reach; see `Outline`. */
const X = 0;
const Y = 8;
const COS = 16;
const SIN = 24;
const BEND = 32;
const LENGTH = 40;
const WIDTH = 48;
const HARMONICS = 56;
const LARGEST = 104;
const REACH = 112;
export const OUTLINE_BYTES: usize = 120;

/** No outline is dented deeper than to this share of its radius. */
const DEEPEST: f64 = 0.35;
/** Borders between cells are looked for at this step, and then halved this often. */
const STEP_UM: f64 = 1.5;
const HALVINGS = 4;

/** The ray looked at: places r * (u, w) of a cell's frame, its own up to `full` when the cell is alone. */
let x: f64 = 0;
let y: f64 = 0;
let cos: f64 = 0;
let sin: f64 = 0;
let bend: f64 = 0;
let u: f64 = 0;
let w: f64 = 0;
let full: f64 = 0;

/**
 * Radii of a cell among its neighbours (f64[rays], as shares of the half-axes): the outline cut where a neighbour is
 * relatively nearer. `outlines`: the cell's own, then those of `count` neighbours, nearest first; `steps`: cosines, then
 * sines of equal steps.
 */
export function cutRadii(outlines: usize, count: i32, steps: usize, rays: i32, radii: usize): void {
  const end = outlines + <usize>(count + 1) * OUTLINE_BYTES;
  x = load<f64>(outlines, X);
  y = load<f64>(outlines, Y);
  cos = load<f64>(outlines, COS);
  sin = load<f64>(outlines, SIN);
  bend = load<f64>(outlines, BEND);
  for (let k = 0; k < rays; k++) {
    const c = load<f64>(steps + (<usize>k << 3));
    const s = load<f64>(steps + (<usize>(rays + k) << 3));
    full = shareAt(outlines, c, s);
    u = load<f64>(outlines, LENGTH) * c;
    w = load<f64>(outlines, WIDTH) * s;
    let radius = full;
    for (let other = outlines + OUTLINE_BYTES; other < end; other += OUTLINE_BYTES) {
      if (comesNear(radius, other)) radius = cutRay(radius, other);
    }
    store<f64>(radii + (<usize>k << 3), radius);
  }
}

/** Border of an outline in the direction (c, s), a unit vector, as a share of the half-axes. */
function shareAt(outline: usize, c: f64, s: f64): f64 {
  const h = outline + HARMONICS;
  const c2 = c * c - s * s;
  const s2 = 2 * s * c;
  const c3 = c2 * c - s2 * s;
  const s3 = s2 * c + c2 * s;
  const c4 = c2 * c2 - s2 * s2;
  const s4 = 2 * s2 * c2;
  const share =
    1 +
    load<f64>(h) * c2 +
    load<f64>(h, 8) * s2 +
    load<f64>(h, 16) * c3 +
    load<f64>(h, 24) * s3 +
    load<f64>(h, 32) * c4 +
    load<f64>(h, 40) * s4;
  return max<f64>(DEEPEST, share);
}

/** Whether the ray up to `radius` may enter a neighbour's outline. */
function comesNear(radius: f64, other: usize): bool {
  const along = radius * u;
  const sag = bend * along * along;
  const endX = cos * along - sin * (radius * w + sag);
  const endY = sin * along + cos * (radius * w + sag);
  const dx = load<f64>(other, X) - x;
  const dy = load<f64>(other, Y) - y;
  // A bent ray leaves its chord by a quarter of the sag.
  const reach = load<f64>(other, REACH) + abs<f64>(sag) / 4;
  const spare = dx * dx + dy * dy - reach * reach;
  const ahead = dx * endX + dy * endY;
  if (ahead <= 0) return spare < 0;
  const squared = endX * endX + endY * endY;
  if (ahead >= squared) return spare < 2 * ahead - squared;
  return spare * squared < ahead * ahead;
}

/** The first place along the ray, up to `radius`, where the neighbour takes over. */
function cutRay(radius: f64, other: usize): f64 {
  const perShare = sqrt<f64>(u * u + w * w) + abs<f64>(bend) * u * u * radius;
  const dx = load<f64>(other, X) - x;
  const dy = load<f64>(other, Y) - y;
  // No place is relatively nearer to a seed than its distance over the outline's reach.
  let low = sqrt<f64>(dx * dx + dy * dy) / (perShare + load<f64>(other, REACH) / full);
  if (low >= radius) return radius;
  const count = ceil<f64>(((radius - low) * perShare) / STEP_UM);
  const step = (radius - low) / count;
  const start = low;
  for (let i: f64 = 1; i <= count; i++) {
    let high = i == count ? radius : start + i * step;
    if (isOwn(high, other)) {
      low = high;
      continue;
    }
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (isOwn(middle, other)) low = middle;
      else high = middle;
    }
    return low;
  }
  return radius;
}

/** Whether the place at share r of the ray is relatively nearer to its seed than to another, each in units of its own border. */
function isOwn(r: f64, other: usize): bool {
  const along = r * u;
  const across = r * w + bend * along * along;
  const dx = x + cos * along - sin * across - load<f64>(other, X);
  const dy = y + sin * along + cos * across - load<f64>(other, Y);
  const itsCos = load<f64>(other, COS);
  const itsSin = load<f64>(other, SIN);
  const itsU = itsCos * dx + itsSin * dy;
  const p = itsU / load<f64>(other, LENGTH);
  const q = (itsCos * dy - itsSin * dx - load<f64>(other, BEND) * itsU * itsU) / load<f64>(other, WIDTH);
  const squared = p * p + q * q;
  const mine = r / full;
  const largest = load<f64>(other, LARGEST);
  if (squared >= mine * mine * largest * largest) return true;
  if (squared == 0) return false;
  const d = sqrt<f64>(squared);
  return mine * shareAt(other, p / d, q / d) <= d;
}

/**
 * Area that two star-convex polygons share, exact: summed along the part of each boundary that lies inside the other (Green),
 * in O(rays), an edge being followed through the sectors of the other polygon. Boundaries that coincide count once, for the
 * first polygon.
 */
import { cosine, dist, place, rays, sine } from './star-candidates';

/** How far beside an edge still counts as on it, as twice the area between point and edge in px^2. */
const ON_EDGE: f64 = 1e-6;

/** Vertices of the two polygons of a pair, about their own centres, with the first repeated at the end. */
const firstX: usize = memory.data(129 * 8, 16);
const firstY: usize = memory.data(129 * 8, 16);
const secondX: usize = memory.data(129 * 8, 16);
const secondY: usize = memory.data(129 * 8, 16);

/** Rays of the coarse polygons that lie inside the true ones: every fourth. */
const STRIDE: i32 = 4;
const coarseFirstX: usize = memory.data(33 * 8, 16);
const coarseFirstY: usize = memory.data(33 * 8, 16);
const coarseSecondX: usize = memory.data(33 * 8, 16);
const coarseSecondY: usize = memory.data(33 * 8, 16);
const coarseCosine: usize = memory.data(33 * 8, 16);
const coarseSine: usize = memory.data(33 * 8, 16);
/** How far the outline must be drawn in between two coarse rays, and sin of 0 to STRIDE fine angles. */
const shrink: usize = memory.data(32 * 8, 16);
const sines: usize = memory.data(5 * 8, 16);

/** Rays and their directions of the polygons that `shared` is looking at. */
let corners: i32 = 0;
let cosines: usize = 0;
let sinesOfRays: usize = 0;

/** Fills the tables of the coarse polygons; after those of all rays. */
export function setUpOverlap(): void {
  for (let k = 0; k <= STRIDE; k++)
    store<f64>(sines + (<usize>k << 3), NativeMath.sin(2.0 * NativeMath.PI * f64(k) / f64(rays)));
  if (!coarsens()) return;
  for (let k = 0; k <= rays / STRIDE; k++) {
    store<f64>(coarseCosine + (<usize>k << 3), load<f64>(cosine + (<usize>(k * STRIDE) << 3)));
    store<f64>(coarseSine + (<usize>k << 3), load<f64>(sine + (<usize>(k * STRIDE) << 3)));
  }
}

/** Makes a candidate the first of the pairs that follow. */
export function takeFirst(i: i32): void {
  vertices(i, firstX, firstY);
  if (coarsens()) within(i, coarseFirstX, coarseFirstY);
}

/** Whether there are coarse polygons: a multiple of 4 rays, of which 8 are left. */
function coarsens(): bool {
  return rays % STRIDE == 0 && rays / STRIDE >= 8;
}

/** Area of the intersection of two candidates in px^2; `a` is the first where boundaries coincide. */
export function overlap(a: i32, b: i32): f64 {
  vertices(a, firstX, firstY);
  vertices(b, secondX, secondY);
  const dy = load<i32>(place + (<usize>b << 3)) - load<i32>(place + (<usize>a << 3));
  const dx = load<i32>(place + (<usize>b << 3), 4) - load<i32>(place + (<usize>a << 3), 4);
  return shared(f64(dx), f64(dy));
}

/**
 * Whether the first candidate and `j` share more than `limit` px^2, (dx, dy) from its centre to that of `j`; polygons inside
 * them with fewer corners settle most cases.
 */
export function sharesMore(j: i32, dx: f64, dy: f64, limit: f64): bool {
  if (coarsens()) {
    within(j, coarseSecondX, coarseSecondY);
    corners = rays / STRIDE;
    cosines = coarseCosine;
    sinesOfRays = coarseSine;
    const least =
      inside(coarseFirstX, coarseFirstY, 0, 0, coarseSecondX, coarseSecondY, dx, dy, true) +
      inside(coarseSecondX, coarseSecondY, dx, dy, coarseFirstX, coarseFirstY, 0, 0, false);
    if (least > limit * (1 + 1e-9)) return true;
  }
  vertices(j, secondX, secondY);
  return shared(dx, dy) > limit;
}

function vertices(i: i32, xs: usize, ys: usize): void {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  for (let k = 0; k < rays; k++) {
    const d = f64(load<f32>(at + (<usize>k << 2)));
    const to = <usize>k << 3;
    store<f64>(xs + to, d * load<f64>(cosine + to));
    store<f64>(ys + to, d * load<f64>(sine + to));
  }
  const end = <usize>rays << 3;
  store<f64>(xs + end, load<f64>(xs));
  store<f64>(ys + end, load<f64>(ys));
}

/**
 * Vertices of a polygon of every fourth ray that lies inside the true one: an edge between two coarse rays is drawn in until
 * it passes below the true outline at the rays between.
 */
function within(i: i32, xs: usize, ys: usize): void {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  const count = rays / STRIDE;
  const whole = load<f64>(sines, STRIDE << 3);
  for (let s = 0; s < count; s++) {
    const a = f64(load<f32>(at + (<usize>(s * STRIDE) << 2)));
    const b = f64(load<f32>(at + (<usize>((s + 1) * STRIDE % rays) << 2)));
    const ab = a * b * whole;
    let share: f64 = 1;
    for (let k = 1; k < STRIDE; k++) {
      const below = load<f64>(sines + (<usize>k << 3));
      const above = load<f64>(sines + (<usize>(STRIDE - k) << 3));
      // The edge's length along the ray is ab / (a sin below + b sin above).
      share = min(share, f64(load<f32>(at + (<usize>(s * STRIDE + k) << 2))) * (a * below + b * above) / ab);
    }
    store<f64>(shrink + (<usize>s << 3), share);
  }
  for (let s = 0; s <= count; s++) {
    const k = s == count ? 0 : s;
    const before = k == 0 ? count - 1 : k - 1;
    const share = min(load<f64>(shrink + (<usize>k << 3)), load<f64>(shrink + (<usize>before << 3)));
    const d = share * f64(load<f32>(at + (<usize>(k * STRIDE) << 2)));
    store<f64>(xs + (<usize>s << 3), d * load<f64>(coarseCosine + (<usize>k << 3)));
    store<f64>(ys + (<usize>s << 3), d * load<f64>(coarseSine + (<usize>k << 3)));
  }
}

function shared(dx: f64, dy: f64): f64 {
  corners = rays;
  cosines = cosine;
  sinesOfRays = sine;
  return (
    inside(firstX, firstY, 0, 0, secondX, secondY, dx, dy, true) +
    inside(secondX, secondY, dx, dy, firstX, firstY, 0, 0, false)
  );
}

/**
 * Half the integral of x dy - y dx along the boundary of one polygon where it lies inside another.
 * (ax, ay), (bx, by): centres of the two; `first`: edges on the outline of the other count where both run the same way.
 */
function inside(px: usize, py: usize, ax: f64, ay: f64, qx: usize, qy: usize, bx: f64, by: f64, first: bool): f64 {
  let x0 = load<f64>(px) + ax - bx;
  let y0 = load<f64>(py) + ay - by;
  let from = sector(x0, y0, 0);
  let sum: f64 = 0;
  for (let k = 1; k <= corners; k++) {
    const x1 = load<f64>(px + (<usize>k << 3)) + ax - bx;
    const y1 = load<f64>(py + (<usize>k << 3)) + ay - by;
    const to = sector(x1, y1, from);
    const share = from == to ? piece(qx, qy, from, x0, y0, x1, y1, 0, 1, first) : walk(qx, qy, from, to, x0, y0, x1, y1, first);
    sum += share * ((x0 + bx) * (y1 + by) - (x1 + bx) * (y0 + by));
    x0 = x1;
    y0 = y1;
    from = to;
  }
  return 0.5 * sum;
}

/** The sector k, from ray k to ray k + 1, that a point lies in, looked for on both sides of `near`. */
// @ts-ignore: decorator
@inline
function sector(x: f64, y: f64, near: i32): i32 {
  let up = near;
  let down = near;
  for (let step = 0; step < corners; step += 2) {
    if (holds(up, x, y)) return up;
    down = down == 0 ? corners - 1 : down - 1;
    if (holds(down, x, y)) return down;
    up = up == corners - 1 ? 0 : up + 1;
  }
  // The centre itself lies in every sector.
  return near;
}

// @ts-ignore: decorator
@inline
function holds(k: i32, x: f64, y: f64): bool {
  const at = <usize>k << 3;
  return (
    load<f64>(cosines + at) * y - load<f64>(sinesOfRays + at) * x >= 0 &&
    load<f64>(cosines + at, 8) * y - load<f64>(sinesOfRays + at, 8) * x < 0
  );
}

/** Share of an edge inside the polygon, for an edge that runs through several of its sectors. */
function walk(qx: usize, qy: usize, from: i32, to: i32, x0: f64, y0: f64, x1: f64, y1: f64, first: bool): f64 {
  let forward = x0 * y1 - x1 * y0 >= 0;
  let steps = forward ? to - from : from - to;
  if (steps < 0) steps += corners;
  // No edge turns by more than half a circle: an edge along a ray has been given the wrong sense by rounding.
  if (steps > (corners >> 1) + 1) {
    forward = !forward;
    steps = corners - steps;
  }
  let k = from;
  let t0: f64 = 0;
  let share: f64 = 0;
  for (let step = 0; step <= steps; step++) {
    let t1: f64 = 1;
    if (step < steps) {
      const ray = <usize>(forward ? k + 1 : k) << 3;
      const c0 = load<f64>(cosines + ray) * y0 - load<f64>(sinesOfRays + ray) * x0;
      const c1 = load<f64>(cosines + ray) * y1 - load<f64>(sinesOfRays + ray) * x1;
      t1 = c0 == c1 ? t0 : min(max(c0 / (c0 - c1), t0), 1);
    }
    share += piece(qx, qy, k, x0, y0, x1, y1, t0, t1, first);
    t0 = t1;
    if (forward) k = k == corners - 1 ? 0 : k + 1;
    else k = k == 0 ? corners - 1 : k - 1;
  }
  return share;
}

/** Share of an edge that lies between its parameters t0 and t1 and on the inner side of edge k of the polygon. */
// @ts-ignore: decorator
@inline
function piece(qx: usize, qy: usize, k: i32, x0: f64, y0: f64, x1: f64, y1: f64, t0: f64, t1: f64, first: bool): f64 {
  const at = <usize>k << 3;
  const qx0 = load<f64>(qx + at);
  const qy0 = load<f64>(qy + at);
  const ex = load<f64>(qx + at, 8) - qx0;
  const ey = load<f64>(qy + at, 8) - qy0;
  const start = ex * (y0 - qy0) - ey * (x0 - qx0);
  const rise = ex * (y1 - y0) - ey * (x1 - x0);
  const f0 = start + t0 * rise;
  const f1 = start + t1 * rise;
  if (abs(f0) < ON_EDGE && abs(f1) < ON_EDGE)
    return first && ex * (x1 - x0) + ey * (y1 - y0) > 0 ? t1 - t0 : 0;
  if (f0 >= 0 && f1 >= 0) return t1 - t0;
  if (f0 < 0 && f1 < 0) return 0;
  const crossing = min(max(-start / rise, t0), t1);
  return f0 >= 0 ? crossing - t0 : t1 - crossing;
}

/**
 * Non-maximum suppression of star-convex polygons (Schmidt et al., MICCAI 2018), with exact areas of intersection.
 *
 * Memory, all laid out by the caller (`bind-stardist.ts`); candidates lie in rank order:
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | place | i32 | candidates x 2: row and column of the centre in pixels, not negative |
 * | dist | f32 | candidates x rays: length of each ray in pixels, positive |
 * | area | f64 | candidates: area of the polygon, filled by `suppress` |
 * | reach | f32 | candidates: longest ray, filled by `suppress` |
 * | inner | f32 | candidates: radius of a disc about the centre that lies in the polygon, filled by `suppress` |
 * | head, next | i32 | buckets, candidates: lists of candidates by bucket, by rank, end -1; filled by `suppress` |
 * | state | u8 | candidates: 1 kept, 0 suppressed; filled by `suppress` |
 *
 * The intersection of two star polygons is summed along the part of each boundary that lies inside the other (Green), which
 * is exact and takes O(rays): an edge is followed through the sectors of the other polygon. Boundaries that coincide count
 * once, for the first polygon. Nothing is allocated. Does not handle fewer than 8 rays.
 */

/** How far beside an edge still counts as on it, as twice the area between point and edge in px^2. */
const ON_EDGE: f64 = 1e-6;
/** Side of a bucket in pixels. */
const BUCKET: i32 = 16;

let rays: i32 = 0;
let count: i32 = 0;
let place: usize = 0;
let dist: usize = 0;
let area: usize = 0;
let reach: usize = 0;
let inner: usize = 0;
let head: usize = 0;
let next: usize = 0;
let state: usize = 0;
let bucketRows: i32 = 0;
let bucketColumns: i32 = 0;

/** Direction of ray k: cosine (columns) and sine (rows), with the first repeated at the end. */
const cosine: usize = memory.data(129 * 8, 16);
const sine: usize = memory.data(129 * 8, 16);
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

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

export function setUp(
  rayCount: i32,
  candidates: i32,
  placeAt: usize,
  distAt: usize,
  areaAt: usize,
  reachAt: usize,
  innerAt: usize,
  headAt: usize,
  nextAt: usize,
  stateAt: usize,
  rows: i32,
  columns: i32,
): void {
  rays = rayCount;
  count = candidates;
  place = placeAt;
  dist = distAt;
  area = areaAt;
  reach = reachAt;
  inner = innerAt;
  head = headAt;
  next = nextAt;
  state = stateAt;
  bucketRows = rows / BUCKET + 1;
  bucketColumns = columns / BUCKET + 1;
  for (let k = 0; k <= rays; k++) {
    const phi = 2.0 * NativeMath.PI * f64(k % rays) / f64(rays);
    store<f64>(cosine + (<usize>k << 3), NativeMath.cos(phi));
    store<f64>(sine + (<usize>k << 3), NativeMath.sin(phi));
  }
  for (let k = 0; k <= STRIDE; k++)
    store<f64>(sines + (<usize>k << 3), NativeMath.sin(2.0 * NativeMath.PI * f64(k) / f64(rays)));
  if (!coarsens()) return;
  for (let k = 0; k <= rays / STRIDE; k++) {
    store<f64>(coarseCosine + (<usize>k << 3), load<f64>(cosine + (<usize>(k * STRIDE) << 3)));
    store<f64>(coarseSine + (<usize>k << 3), load<f64>(sine + (<usize>(k * STRIDE) << 3)));
  }
}

/** Whether there are coarse polygons: a multiple of 4 rays, of which 8 are left. */
function coarsens(): bool {
  return rays % STRIDE == 0 && rays / STRIDE >= 8;
}

/** Addresses of cosine and sine of every ray, f64[rays + 1]. */
export function cosineAt(): usize {
  return cosine;
}
export function sineAt(): usize {
  return sine;
}

/** Marks in `state` the candidates that stay; returns how many. `threshold`: share of the smaller polygon, in [0, 1]. */
export function suppress(threshold: f64): i32 {
  const longest = measure();
  fillBuckets();
  memory.fill(state, 1, <usize>count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (load<u8>(state + i) == 0) continue;
    kept++;
    suppressBy(i, longest, threshold);
  }
  return kept;
}

/** Areas, longest rays and inner discs of all candidates; returns the longest ray of all. */
function measure(): f32 {
  const half = 0.5 * NativeMath.sin(2.0 * NativeMath.PI / f64(rays));
  const turn = NativeMath.cos(2.0 * NativeMath.PI / f64(rays));
  let longest: f32 = 0;
  for (let i = 0; i < count; i++) {
    const at = dist + ((<usize>i * <usize>rays) << 2);
    let sum: f64 = 0;
    let most: f32 = 0;
    let nearest = Infinity;
    let before = f64(load<f32>(at + (<usize>(rays - 1) << 2)));
    for (let k = 0; k < rays; k++) {
      const d = load<f32>(at + (<usize>k << 2));
      const product = before * f64(d);
      sum += product;
      // Twice the area between centre and edge, squared, over the square of the edge.
      const edge = before * before + f64(d) * f64(d) - 2 * product * turn;
      nearest = min(nearest, edge > 0 ? product * product / edge : 0);
      before = f64(d);
      if (d > most) most = d;
    }
    store<f64>(area + (<usize>i << 3), sum * half);
    store<f32>(reach + (<usize>i << 2), most);
    store<f32>(inner + (<usize>i << 2), f32(2 * half * NativeMath.sqrt(nearest) * (1 - 1e-6)));
    if (most > longest) longest = most;
  }
  return longest;
}

function fillBuckets(): void {
  memory.fill(head, 0xff, <usize>(bucketRows * bucketColumns) << 2);
  // From the last rank to the first, so that every list runs by rank.
  for (let i = count - 1; i >= 0; i--) {
    const row = load<i32>(place + (<usize>i << 3)) / BUCKET;
    const column = load<i32>(place + (<usize>i << 3), 4) / BUCKET;
    const at = head + (<usize>(row * bucketColumns + column) << 2);
    store<i32>(next + (<usize>i << 2), load<i32>(at));
    store<i32>(at, i);
  }
}

function suppressBy(i: i32, longest: f32, threshold: f64): void {
  const y = load<i32>(place + (<usize>i << 3));
  const x = load<i32>(place + (<usize>i << 3), 4);
  const mine = load<f32>(reach + (<usize>i << 2));
  const far = i32(Mathf.ceil(mine + longest));
  const top = max(y - far, 0) / BUCKET;
  const bottom = min((y + far) / BUCKET, bucketRows - 1);
  const left = max(x - far, 0) / BUCKET;
  const right = min((x + far) / BUCKET, bucketColumns - 1);
  let ready = false;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const at = head + (<usize>(row * bucketColumns + column) << 2);
      let previous = -1;
      let j = load<i32>(at);
      while (j >= 0) {
        const following = load<i32>(next + (<usize>j << 2));
        let gone = j <= i;
        if (!gone) {
          const dy = load<i32>(place + (<usize>j << 3)) - y;
          const dx = load<i32>(place + (<usize>j << 3), 4) - x;
          const apart = mine + load<f32>(reach + (<usize>j << 2));
          if (f32(dy * dy + dx * dx) < apart * apart) {
            const limit = threshold * min(load<f64>(area + (<usize>i << 3)), load<f64>(area + (<usize>j << 3)));
            const verdict = byDiscs(i, j, NativeMath.sqrt(f64(dy * dy + dx * dx)), limit);
            gone = verdict > 0;
            if (verdict == 0) {
              if (!ready) {
                vertices(i, firstX, firstY);
                if (coarsens()) within(i, coarseFirstX, coarseFirstY);
                ready = true;
              }
              vertices(j, secondX, secondY);
              gone = meet(f64(dx), f64(dy)) && sharesMore(j, f64(dx), f64(dy), limit);
            }
            if (gone) store<u8>(state + j, 0);
          }
        }
        // Whoever is settled leaves its list, so that nobody looks at it again.
        if (gone) {
          if (previous < 0) store<i32>(at, following);
          else store<i32>(next + (<usize>previous << 2), following);
        } else previous = j;
        j = following;
      }
    }
  }
}

/** Whether two candidates share more than `limit` (1) or not (-1) by the discs within and around them; 0 where these leave it open. */
function byDiscs(i: i32, j: i32, apart: f64, limit: f64): i32 {
  const least = lens(apart, f64(load<f32>(inner + (<usize>i << 2))), f64(load<f32>(inner + (<usize>j << 2))));
  if (least > limit * (1 + 1e-9)) return 1;
  const most = lens(apart, f64(load<f32>(reach + (<usize>i << 2))), f64(load<f32>(reach + (<usize>j << 2))));
  return most < limit * (1 - 1e-9) ? -1 : 0;
}

/** Area that two discs share. */
function lens(apart: f64, a: f64, b: f64): f64 {
  if (apart >= a + b) return 0;
  const smaller = min(a, b);
  if (apart <= abs(a - b)) return NativeMath.PI * smaller * smaller;
  // Where the line through both crossings cuts the line of the centres, from the centre of each.
  const u = (apart * apart + a * a - b * b) / (2 * apart);
  const v = apart - u;
  const half = NativeMath.sqrt(max<f64>(0, a * a - u * u));
  const corner = a * a * NativeMath.acos(max<f64>(-1, min<f64>(1, u / a)));
  return corner + b * b * NativeMath.acos(max<f64>(-1, min<f64>(1, v / b))) - apart * half;
}

/** Area of the intersection of two candidates in px^2; `a` is the first where boundaries coincide. */
export function overlap(a: i32, b: i32): f64 {
  vertices(a, firstX, firstY);
  vertices(b, secondX, secondY);
  const dy = load<i32>(place + (<usize>b << 3)) - load<i32>(place + (<usize>a << 3));
  const dx = load<i32>(place + (<usize>b << 3), 4) - load<i32>(place + (<usize>a << 3), 4);
  return shared(f64(dx), f64(dy));
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

/** Whether the present pair shares more than `limit` px^2; polygons inside them with fewer corners settle most cases. */
function sharesMore(j: i32, dx: f64, dy: f64, limit: f64): bool {
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
  return shared(dx, dy) > limit;
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

/** Whether the line between the centres does not part the polygons; (dx, dy) from the first centre to the second. */
function meet(dx: f64, dy: f64): bool {
  if (dx == 0 && dy == 0) return true;
  let ahead: f64 = 0;
  let behind: f64 = 0;
  for (let k = 0; k < rays; k++) {
    const at = <usize>k << 3;
    ahead = max(ahead, load<f64>(firstX + at) * dx + load<f64>(firstY + at) * dy);
    behind = min(behind, load<f64>(secondX + at) * dx + load<f64>(secondY + at) * dy);
  }
  return ahead - behind > dx * dx + dy * dy;
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

/**
 * Non-maximum suppression of star-convex polygons (Schmidt et al., MICCAI 2018), with exact areas of intersection.
 *
 * Memory, all laid out by the caller (`bind-stardist.ts`); candidates lie in any order:
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | place | i32 | candidates x 2: row and column of the centre in pixels, not negative |
 * | prob | f32 | candidates: probability, not negative |
 * | dist | f32 | candidates x rays: length of each ray in pixels, positive; 16 bytes more may be read |
 * | order, other | u32 | candidates: candidates by falling probability, then by number, and scratch; filled by `suppress` |
 * | area | f64 | candidates: area of the polygon, filled by `suppress` |
 * | discs | f32 | candidates x 4: see `star-discs.ts`, filled by `suppress` |
 * | head, next | i32 | buckets, candidates: lists of candidates by bucket, end -1; filled by `suppress` |
 * | state | u8 | candidates: 1 kept, 0 suppressed; filled by `suppress` |
 *
 * Nothing is allocated. Does not handle fewer than 8 rays.
 */
import { cosine, count, dist, place, rays, setUpCandidates, sine } from './star-candidates';
import { byDiscs, longestRay, measure, parted, setUpDiscs } from './star-discs';
import { setUpOverlap, sharesMore, takeFirst } from './star-overlap';
import { rank } from './star-rank';

export { overlap } from './star-overlap';

/** Side of a bucket in pixels. */
const BUCKET: i32 = 16;
const OPEN: u8 = 2;

let prob: usize = 0;
let order: usize = 0;
let other: usize = 0;
let area: usize = 0;
let head: usize = 0;
let next: usize = 0;
let state: usize = 0;
let bucketRows: i32 = 0;
let bucketColumns: i32 = 0;

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

export function setUp(
  rayCount: i32,
  candidates: i32,
  placeAt: usize,
  probAt: usize,
  distAt: usize,
  orderAt: usize,
  otherAt: usize,
  areaAt: usize,
  discsAt: usize,
  headAt: usize,
  nextAt: usize,
  stateAt: usize,
  rows: i32,
  columns: i32,
): void {
  prob = probAt;
  order = orderAt;
  other = otherAt;
  area = areaAt;
  head = headAt;
  next = nextAt;
  state = stateAt;
  bucketRows = rows / BUCKET + 1;
  bucketColumns = columns / BUCKET + 1;
  setUpCandidates(rayCount, candidates, placeAt, distAt);
  setUpDiscs(discsAt, cosine, sine);
  setUpOverlap();
}

/** Addresses of cosine and sine of every ray, f64[rays + 1]. */
export function cosineAt(): usize {
  return cosine;
}
export function sineAt(): usize {
  return sine;
}

/** Cuts all rays to between `shortest` and `longest`; what is no number becomes the shortest. */
export function cut(shortest: f32, longest: f32): void {
  const low = f32x4.splat(shortest);
  const high = f32x4.splat(longest);
  const end = dist + ((<usize>count * <usize>rays) << 2);
  let at = dist;
  // Of two numbers `pmax` takes the first unless the second is larger, so the first if the second is none.
  for (; at + 16 <= end; at += 16) v128.store(at, f32x4.pmin(high, f32x4.pmax(low, v128.load(at))));
  for (; at < end; at += 4) {
    const d = load<f32>(at);
    store<f32>(at, d > shortest ? min(d, longest) : shortest);
  }
}

/** Marks in `state` the candidates that stay; returns how many. `threshold`: share of the smaller polygon, in [0, 1]. */
export function suppress(threshold: f64): i32 {
  rank(prob, count, order, other);
  const longest = measure(area);
  fillBuckets();
  memory.fill(state, OPEN, <usize>count);
  let kept = 0;
  for (let k = 0; k < count; k++) {
    const i = load<i32>(order + (<usize>k << 2));
    if (load<u8>(state + i) != OPEN) continue;
    store<u8>(state + i, 1);
    kept++;
    suppressBy(i, longest, threshold);
  }
  return kept;
}

function fillBuckets(): void {
  memory.fill(head, 0xff, <usize>(bucketRows * bucketColumns) << 2);
  for (let i = count - 1; i >= 0; i--) {
    const row = load<i32>(place + (<usize>i << 3)) / BUCKET;
    const column = load<i32>(place + (<usize>i << 3), 4) / BUCKET;
    const at = head + (<usize>(row * bucketColumns + column) << 2);
    store<i32>(next + (<usize>i << 2), load<i32>(at));
    store<i32>(at, i);
  }
}

/** Suppresses what is still open and shares too much with a candidate that stays. */
function suppressBy(i: i32, longest: f32, threshold: f64): void {
  const y = load<i32>(place + (<usize>i << 3));
  const x = load<i32>(place + (<usize>i << 3), 4);
  const far = i32(Mathf.ceil(longestRay(i) + longest));
  const top = max(y - far, 0) / BUCKET;
  const bottom = min((y + far) / BUCKET, bucketRows - 1);
  const left = max(x - far, 0) / BUCKET;
  const right = min((x + far) / BUCKET, bucketColumns - 1);
  takeFirst(i);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      let link = head + (<usize>(row * bucketColumns + column) << 2);
      let j = load<i32>(link);
      while (j >= 0) {
        const following = next + (<usize>j << 2);
        let open = load<u8>(state + j) == OPEN;
        if (open && tooMuch(i, j, x, y, threshold)) {
          store<u8>(state + j, 0);
          open = false;
        }
        // Whoever is settled leaves its list, so that nobody looks at it again.
        if (open) link = following;
        else store<i32>(link, load<i32>(following));
        j = load<i32>(following);
      }
    }
  }
}

/** Whether candidate `j` shares too much with `i` at (x, y): by discs, by a line between them, and by their areas. */
// @ts-ignore: decorator
@inline
function tooMuch(i: i32, j: i32, x: i32, y: i32, threshold: f64): bool {
  const dy = load<i32>(place + (<usize>j << 3)) - y;
  const dx = load<i32>(place + (<usize>j << 3), 4) - x;
  const limit = threshold * min(load<f64>(area + (<usize>i << 3)), load<f64>(area + (<usize>j << 3)));
  const verdict = byDiscs(i, j, f32(dx), f32(dy), limit);
  if (verdict != 0) return verdict > 0;
  return !parted(i, j, f32(dx), f32(dy)) && sharesMore(j, f64(dx), f64(dy), limit);
}

/**
 * What tells cheaply how much two stars share: for each a disc that lies in it and one that holds it, about a common centre near
 * its middle, and the line between two centres. All bounds leave room for rounding, so they never contradict exact areas.
 */
import { count, dist, place, rays } from './star-candidates';

/** Rounding of sums of a few products of f32, as a share of their size. */
const ROUNDING: f32 = 1e-5;
/** How far the centre of the discs lies from that of the star, in means of its corners: 2 for a circle seen from any point of it. */
const SHIFT: f32 = 2;

/** f32, with room for whole vectors behind the last ray. */
const cosines: usize = memory.data(136 * 4, 16);
const sines: usize = memory.data(136 * 4, 16);
/** Corners of the star in hand about its own centre, f32; the first is repeated behind the last. */
const cornerX: usize = memory.data(140 * 4, 16);
const cornerY: usize = memory.data(140 * 4, 16);

/** Per star: column and row of the discs' centre from that of the star, radius inside, radius around; f32 x 4. */
let discs: usize = 0;

export function setUpDiscs(discsAt: usize, cosine: usize, sine: usize): void {
  discs = discsAt;
  memory.fill(cosines, 0, 136 * 4);
  memory.fill(sines, 0, 136 * 4);
  for (let k = 0; k < rays; k++) {
    store<f32>(cosines + (<usize>k << 2), f32(load<f64>(cosine + (<usize>k << 3))));
    store<f32>(sines + (<usize>k << 2), f32(load<f64>(sine + (<usize>k << 3))));
  }
}

/** Areas (f64) and discs of all stars; returns the longest ray of all. */
export function measure(area: usize): f32 {
  const half = 0.5 * NativeMath.sin(2.0 * NativeMath.PI / f64(rays));
  let longest: f32 = 0;
  for (let i = 0; i < count; i++) {
    store<f64>(area + (<usize>i << 3), half * products(i));
    longest = max(longest, longestRay(i));
    corners(i);
    findDiscs(discs + (<usize>i << 4));
  }
  return longest;
}

export function longestRay(i: i32): f32 {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  let most: f32 = 0;
  for (let k = 0; k < rays; k++) most = max(most, load<f32>(at + (<usize>k << 2)));
  return most;
}

/** Sum of the products of neighbouring rays. */
function products(i: i32): f64 {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  let even: f64 = f64(load<f32>(at)) * f64(load<f32>(at + (<usize>(rays - 1) << 2)));
  let odd: f64 = 0;
  let k = 0;
  for (; k + 2 < rays; k += 2) {
    const between = f64(load<f32>(at + (<usize>k << 2), 4));
    even += f64(load<f32>(at + (<usize>k << 2))) * between;
    odd += between * f64(load<f32>(at + (<usize>k << 2), 8));
  }
  if (k + 1 < rays) odd += f64(load<f32>(at + (<usize>k << 2))) * f64(load<f32>(at + (<usize>k << 2), 4));
  return even + odd;
}

function corners(i: i32): void {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  const bytes = <usize>rays << 2;
  for (let k: usize = 0; k < bytes; k += 16) {
    const d = v128.load(at + k);
    v128.store(cornerX + k, f32x4.mul(d, v128.load(cosines + k)));
    v128.store(cornerY + k, f32x4.mul(d, v128.load(sines + k)));
  }
  v128.store(cornerX + bytes, v128.load_splat<f32>(cornerX));
  v128.store(cornerY + bytes, v128.load_splat<f32>(cornerY));
}

// @ts-ignore: decorator
@inline
function total(lanes: v128): f32 {
  const pairs = f32x4.add(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Discs of the star in hand. The centre moves back to that of the star until it lies inside. */
function findDiscs(to: usize): void {
  let sumX = f32x4.splat(0);
  let sumY = f32x4.splat(0);
  const whole = <usize>(rays & ~3) << 2;
  for (let k: usize = 0; k < whole; k += 16) {
    sumX = f32x4.add(sumX, v128.load(cornerX + k));
    sumY = f32x4.add(sumY, v128.load(cornerY + k));
  }
  const scale = SHIFT / f32(rays);
  let x = total(sumX) * scale;
  let y = total(sumY) * scale;
  for (let turn = 0; !about(x, y, to); turn++) {
    x = turn < 2 ? 0.5 * x : 0;
    y = turn < 2 ? 0.5 * y : 0;
  }
}

/** Discs about one centre; whether it lies inside the star, as its own centre always counts. */
function about(x: f32, y: f32, to: usize): bool {
  const cx = f32x4.splat(x);
  const cy = f32x4.splat(y);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const tiny = f32x4.splat(1e-30);
  let nearest = f32x4.splat(Infinity);
  let farthest = zero;
  let crossings = 0;
  for (let k: usize = 0; k < <usize>rays << 2; k += 16) {
    const ax = f32x4.sub(v128.load(cornerX + k), cx);
    const ay = f32x4.sub(v128.load(cornerY + k), cy);
    const bx = f32x4.sub(v128.load(cornerX + k, 4), cx);
    const by = f32x4.sub(v128.load(cornerY + k, 4), cy);
    const ex = f32x4.sub(bx, ax);
    const ey = f32x4.sub(by, ay);
    const along = f32x4.add(f32x4.mul(ax, ex), f32x4.mul(ay, ey));
    const length = f32x4.max(tiny, f32x4.add(f32x4.mul(ex, ex), f32x4.mul(ey, ey)));
    const t = f32x4.max(zero, f32x4.min(one, f32x4.neg(f32x4.div(along, length))));
    const px = f32x4.add(ax, f32x4.mul(t, ex));
    const py = f32x4.add(ay, f32x4.mul(t, ey));
    nearest = f32x4.min(nearest, f32x4.add(f32x4.mul(px, px), f32x4.mul(py, py)));
    farthest = f32x4.max(farthest, f32x4.add(f32x4.mul(ax, ax), f32x4.mul(ay, ay)));
    // Edges that a line to the right of the centre crosses: their number is odd inside.
    const below = f32x4.le(ay, zero);
    const straddles = v128.xor(below, f32x4.le(by, zero));
    const left = f32x4.gt(f32x4.sub(f32x4.mul(ax, by), f32x4.mul(ay, bx)), zero);
    crossings += popcnt(i32x4.bitmask(v128.andnot(straddles, v128.xor(below, left))));
  }
  const own = x == 0 && y == 0;
  if (!own && (crossings & 1) == 0) return false;
  const outer = NativeMathf.sqrt(most(farthest)) * (1 + ROUNDING);
  store<f32>(to, x);
  store<f32>(to, y, 4);
  store<f32>(to, max<f32>(0, NativeMathf.sqrt(least(nearest)) - ROUNDING * outer), 8);
  store<f32>(to, outer, 12);
  return true;
}

// @ts-ignore: decorator
@inline
function least(lanes: v128): f32 {
  const pairs = f32x4.min(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return min(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

// @ts-ignore: decorator
@inline
function most(lanes: v128): f32 {
  const pairs = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/**
 * Whether two stars share more than `limit` px^2 (1) or not (-1) by their discs; 0 where these leave it open.
 * (dx, dy): from the centre of `i` to that of `j` in pixels.
 */
export function byDiscs(i: i32, j: i32, dx: f32, dy: f32, limit: f64): i32 {
  const a = discs + (<usize>i << 4);
  const b = discs + (<usize>j << 4);
  const x = dx + load<f32>(b) - load<f32>(a);
  const y = dy + load<f32>(b, 4) - load<f32>(a, 4);
  const outer = load<f32>(a, 12) + load<f32>(b, 12);
  const apart = f64(NativeMathf.sqrt(x * x + y * y));
  if (apart > f64(outer) * (1 + <f64>ROUNDING)) return -1;
  const slack = <f64>ROUNDING * f64(outer);
  if (lens(apart + slack, f64(load<f32>(a, 8)), f64(load<f32>(b, 8))) > limit * (1 + 1e-9)) return 1;
  return lens(max<f64>(0, apart - slack), f64(load<f32>(a, 12)), f64(load<f32>(b, 12))) < limit * (1 - 1e-9) ? -1 : 0;
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

/** How far a star reaches along (dx, dy), times the length of that. */
// @ts-ignore: decorator
@inline
function reachAlong(i: i32, dx: f32, dy: f32): f32 {
  const at = dist + ((<usize>i * <usize>rays) << 2);
  const vx = f32x4.splat(dx);
  const vy = f32x4.splat(dy);
  let far = f32x4.splat(0);
  // Behind the last ray the directions are zero.
  for (let k: usize = 0; k < <usize>rays << 2; k += 16) {
    const along = f32x4.add(f32x4.mul(v128.load(cosines + k), vx), f32x4.mul(v128.load(sines + k), vy));
    far = f32x4.max(far, f32x4.mul(v128.load(at + k), along));
  }
  return most(far);
}

/** Whether a line across that of the centres parts two stars; (dx, dy) from the centre of `i` to that of `j`. */
export function parted(i: i32, j: i32, dx: f32, dy: f32): bool {
  const square = dx * dx + dy * dy;
  const sum = reachAlong(i, dx, dy) + reachAlong(j, -dx, -dy);
  const apart = NativeMathf.sqrt(square);
  const size = load<f32>(discs + (<usize>i << 4), 12) + load<f32>(discs + (<usize>j << 4), 12) + apart;
  return sum < square - ROUNDING * apart * size;
}

/** Lowest scores of one type and of two, by undamped Newton steps, two genes at a time. */
import { EIGEN_FLOOR, profile, RIDGE, stride } from './rctd-layout';
import { beyond, bendOf, both, floorOf, highs, intervalAt, intervalsOf, LARGEST, lows, paddingAt, recordOf, slopeOf, valueOf } from './rctd-likelihood';

/**
 * Lowest negative log-likelihood of one type with free scale. Undamped Newton steps, halved while they go up: where the
 * damped steps of `solve` end and where these end differ by less than 1e-2 in the score.
 */
export function scoreOne(type: i32, umi: f64): f64 {
  const m = profile(type);
  const bytes = <usize>stride << 3;
  const lowest2 = f64x2.splat(floorOf(umi));
  const largest2 = f64x2.splat(LARGEST);
  const padding = paddingAt(floorOf(umi));
  let w: f64 = 1;
  let before = w;
  let step: f64 = 0;
  let lowest: f64 = Infinity;
  let g: f64 = 0;
  let h: f64 = 0;
  for (let round = 0; round < 40; round++) {
    let sums = f64x2.splat(0);
    let firsts = f64x2.splat(0);
    let seconds = f64x2.splat(0);
    const scale = f64x2.splat(w * umi);
    for (let o: usize = 0; o < bytes; o += 16) {
      const x = v128.load(m + o);
      const p = f64x2.pmin(f64x2.pmax(f64x2.mul(x, scale), lowest2), largest2);
      const l = intervalsOf(p);
      const at0 = intervalAt(i32x4.extract_lane(l, 0));
      const at1 = intervalAt(i32x4.extract_lane(l, 1));
      const t = beyond(p, at0, at1);
      const c0 = recordOf(o >> 1, at0);
      const c1 = recordOf((o >> 1) + 4, at1);
      const low0 = v128.load(c0);
      const low1 = v128.load(c1);
      const high0 = v128.load(c0, 16);
      const high1 = v128.load(c1, 16);
      const d1 = highs(low0, low1);
      const d2 = lows(high0, high1);
      const d3 = highs(high0, high1);
      sums = f64x2.add(sums, valueOf(lows(low0, low1), d1, d2, d3, t));
      firsts = f64x2.add(firsts, f64x2.mul(x, slopeOf(d1, d2, d3, t)));
      seconds = f64x2.add(seconds, f64x2.mul(f64x2.mul(x, x), bendOf(d2, d3, t)));
    }
    const sum = both(sums) - padding;
    const first = both(firsts);
    const second = both(seconds);
    if (-sum > lowest && round > 0) {
      step *= 0.5;
      if (abs<f64>(step) < 1e-4) return lowest;
      w = before + step;
      continue;
    }
    lowest = -sum;
    g = -umi * first;
    h = max<f64>(-umi * umi * second, EIGEN_FLOOR);
    step = max<f64>(-g / h, -w);
    if (abs<f64>(step) <= 3e-3) return lowest + step * (g + 0.5 * h * step);
    before = w;
    w += step;
  }
  return lowest;
}

let w0: f64 = 0;
let w1: f64 = 0;

/** Lowest negative log-likelihood of two types, as `scoreOne`. */
export function scorePair(a: i32, b: i32, umi: f64): f64 {
  const ma = profile(a);
  const mb = profile(b);
  const bytes = <usize>stride << 3;
  const lowest2 = f64x2.splat(floorOf(umi));
  const largest2 = f64x2.splat(LARGEST);
  const padding = paddingAt(floorOf(umi));
  w0 = 0.5;
  w1 = 0.5;
  let lowest: f64 = Infinity;
  let before0 = w0;
  let before1 = w1;
  let step0: f64 = 0;
  let step1: f64 = 0;
  for (let round = 0; round < 40; round++) {
    const s0 = f64x2.splat(w0 * umi);
    const s1 = f64x2.splat(w1 * umi);
    let sums = f64x2.splat(0);
    let sg0 = f64x2.splat(0);
    let sg1 = f64x2.splat(0);
    let sh00 = f64x2.splat(0);
    let sh01 = f64x2.splat(0);
    let sh11 = f64x2.splat(0);
    for (let o: usize = 0; o < bytes; o += 16) {
      const x = v128.load(ma + o);
      const y = v128.load(mb + o);
      const p = f64x2.pmin(f64x2.pmax(f64x2.add(f64x2.mul(x, s0), f64x2.mul(y, s1)), lowest2), largest2);
      const l = intervalsOf(p);
      const at0 = intervalAt(i32x4.extract_lane(l, 0));
      const at1 = intervalAt(i32x4.extract_lane(l, 1));
      const t = beyond(p, at0, at1);
      const c0 = recordOf(o >> 1, at0);
      const c1 = recordOf((o >> 1) + 4, at1);
      const low0 = v128.load(c0);
      const low1 = v128.load(c1);
      const high0 = v128.load(c0, 16);
      const high1 = v128.load(c1, 16);
      const d1 = highs(low0, low1);
      const d2 = lows(high0, high1);
      const d3 = highs(high0, high1);
      sums = f64x2.add(sums, valueOf(lows(low0, low1), d1, d2, d3, t));
      const q1 = slopeOf(d1, d2, d3, t);
      const q2 = bendOf(d2, d3, t);
      sg0 = f64x2.add(sg0, f64x2.mul(x, q1));
      sg1 = f64x2.add(sg1, f64x2.mul(y, q1));
      const xq = f64x2.mul(x, q2);
      sh00 = f64x2.add(sh00, f64x2.mul(x, xq));
      sh01 = f64x2.add(sh01, f64x2.mul(y, xq));
      sh11 = f64x2.add(sh11, f64x2.mul(y, f64x2.mul(y, q2)));
    }
    const sum = both(sums) - padding;
    if (-sum > lowest && round > 0) {
      step0 *= 0.5;
      step1 *= 0.5;
      if (abs<f64>(step0) + abs<f64>(step1) < 1e-4) return lowest;
      w0 = before0 + step0;
      w1 = before1 + step1;
      continue;
    }
    lowest = -sum;
    const scale = -umi * umi;
    pairStep(-umi * both(sg0), -umi * both(sg1), scale * both(sh00), scale * both(sh01), scale * both(sh11));
    step0 = pairStep0;
    step1 = pairStep1;
    if (abs<f64>(step0) + abs<f64>(step1) <= 3e-3) return lowest + pairGain;
    before0 = w0;
    before1 = w1;
    w0 += step0;
    w1 += step1;
  }
  return lowest;
}

let pairStep0: f64 = 0;
let pairStep1: f64 = 0;
let pairGain: f64 = 0;

/** The step of least quadratic model that keeps both weights >= 0, and what it gains. */
function pairStep(g0: f64, g1: f64, h00: f64, h01: f64, h11: f64): void {
  const middle = 0.5 * (h00 + h11);
  const half = 0.5 * (h00 - h11);
  const radius = sqrt<f64>(half * half + h01 * h01);
  if (middle - radius < EIGEN_FLOOR) {
    // Both eigenvalues raised to the floor, written through the projection on the larger one's vector.
    const high = max<f64>(middle + radius, EIGEN_FLOOR);
    const scale = radius > 0 ? (high - EIGEN_FLOOR) / (2.0 * radius) : 0;
    h00 = EIGEN_FLOOR + scale * (radius + half);
    h11 = EIGEN_FLOOR + scale * (radius - half);
    h01 = scale * h01;
  }
  const ridge = RIDGE * max<f64>(middle + radius, EIGEN_FLOOR);
  h00 += ridge;
  h11 += ridge;
  const det = h00 * h11 - h01 * h01;
  let d0 = (h01 * g1 - h11 * g0) / det;
  let d1 = (h01 * g0 - h00 * g1) / det;
  if (d0 < -w0 || d1 < -w1) {
    const a0 = -w0;
    const a1 = max<f64>(-(g1 + h01 * a0) / h11, -w1);
    const b1 = -w1;
    const b0 = max<f64>(-(g0 + h01 * b1) / h00, -w0);
    const gainA = a0 * (g0 + 0.5 * h00 * a0) + a1 * (g1 + 0.5 * h11 * a1) + h01 * a0 * a1;
    const gainB = b0 * (g0 + 0.5 * h00 * b0) + b1 * (g1 + 0.5 * h11 * b1) + h01 * b0 * b1;
    d0 = gainA <= gainB ? a0 : b0;
    d1 = gainA <= gainB ? a1 : b1;
  }
  pairStep0 = d0;
  pairStep1 = d1;
  pairGain = d0 * (g0 + 0.5 * h00 * d0) + d1 * (g1 + 0.5 * h11 * d1) + h01 * d0 * d1;
}

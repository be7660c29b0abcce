/**
 * Rates of genes, and the likelihood of the counts of a cell at them, two genes at a time: a gene's record of the table holds
 * value and three derivatives where the interval of its rate begins.
 */
import { f, genes, interval, listed, nodes, put, rate, rowOf, slope, bend, stride, table, weight } from './rctd-layout';

const SMALLEST: f64 = 1e-4;
export const LARGEST: f64 = 1600.0 - 1e-4;

// @ts-ignore: decorator
@inline
export function floorOf(umi: f64): f64 {
  return max<f64>(SMALLEST, umi * 1e-7);
}

/** Rates of all genes from the weights of n types, bounded. Types without weight cost nothing. */
export function fillRates(n: i32, umi: f64): void {
  const bytes = <usize>stride << 3;
  memory.fill(rate, 0, bytes);
  let a = nextWeighted(0, n);
  while (a < n) {
    const b = nextWeighted(a + 1, n);
    const c = b < n ? nextWeighted(b + 1, n) : n;
    const d = c < n ? nextWeighted(c + 1, n) : n;
    if (d < n) {
      addFour(a, b, c, d, umi, bytes);
      a = nextWeighted(d + 1, n);
    } else {
      addOne(a, umi, bytes);
      a = b;
    }
  }
  const lower = f64x2.splat(floorOf(umi));
  const upper = f64x2.splat(LARGEST);
  for (let o: usize = 0; o < bytes; o += 16)
    v128.store(rate + o, f64x2.pmin(f64x2.pmax(f64x2.abs(v128.load(rate + o)), lower), upper));
}

function nextWeighted(from: i32, n: i32): i32 {
  let a = from;
  while (a < n && f(weight, a) == 0) a++;
  return a;
}

function addFour(a: i32, b: i32, c: i32, d: i32, umi: f64, bytes: usize): void {
  const p0 = listed(a);
  const p1 = listed(b);
  const p2 = listed(c);
  const p3 = listed(d);
  const u0 = f64x2.splat(f(weight, a) * umi);
  const u1 = f64x2.splat(f(weight, b) * umi);
  const u2 = f64x2.splat(f(weight, c) * umi);
  const u3 = f64x2.splat(f(weight, d) * umi);
  for (let o: usize = 0; o < bytes; o += 16) {
    const low = f64x2.add(f64x2.mul(u0, v128.load(p0 + o)), f64x2.mul(u1, v128.load(p1 + o)));
    const high = f64x2.add(f64x2.mul(u2, v128.load(p2 + o)), f64x2.mul(u3, v128.load(p3 + o)));
    v128.store(rate + o, f64x2.add(v128.load(rate + o), f64x2.add(low, high)));
  }
}

function addOne(a: i32, umi: f64, bytes: usize): void {
  const p = listed(a);
  const u = f64x2.splat(f(weight, a) * umi);
  for (let o: usize = 0; o < bytes; o += 16)
    v128.store(rate + o, f64x2.add(v128.load(rate + o), f64x2.mul(u, v128.load(p + o))));
}

/** Numbers of the intervals of two rates. */
// @ts-ignore: decorator
@inline
export function intervalsOf(p: v128): v128 {
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sqrt(p), f64x2.splat(1000)));
}

/** Interval of one of two rates, by lane. */
// @ts-ignore: decorator
@inline
export function intervalAt(l: i32): usize {
  return <usize>load<u16>(interval + (<usize>l << 1));
}

/** The record of gene j (byte offset `o4` = 4 j) in an interval. */
// @ts-ignore: decorator
@inline
export function recordOf(o4: usize, at: usize): usize {
  return table + load<u32>(rowOf + o4) + (at << 5);
}

/** How far two rates lie beyond where their intervals begin. */
// @ts-ignore: decorator
@inline
export function beyond(p: v128, at0: usize, at1: usize): v128 {
  const begin = f64x2.replace_lane(f64x2.splat(load<f64>(nodes + (at0 << 3))), 1, load<f64>(nodes + (at1 << 3)));
  return f64x2.sub(p, begin);
}

// @ts-ignore: decorator
@inline
export function lows(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 0, 2);
}

// @ts-ignore: decorator
@inline
export function highs(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 1, 3);
}

/** Value of the likelihood from record values and the distance beyond the interval's begin. */
// @ts-ignore: decorator
@inline
export function valueOf(v: v128, d1: v128, d2: v128, d3: v128, t: v128): v128 {
  const cubic = f64x2.add(f64x2.mul(f64x2.splat(0.5), d2), f64x2.mul(t, f64x2.mul(d3, f64x2.splat(1.0 / 6.0))));
  return f64x2.add(v, f64x2.mul(t, f64x2.add(d1, f64x2.mul(t, cubic))));
}

// @ts-ignore: decorator
@inline
export function slopeOf(d1: v128, d2: v128, d3: v128, t: v128): v128 {
  return f64x2.add(d1, f64x2.mul(t, f64x2.add(d2, f64x2.mul(f64x2.mul(t, f64x2.splat(0.5)), d3))));
}

// @ts-ignore: decorator
@inline
export function bendOf(d2: v128, d3: v128, t: v128): v128 {
  return f64x2.add(d2, f64x2.mul(t, d3));
}

// @ts-ignore: decorator
@inline
export function both(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** What the padding of an odd number of genes adds to a sum of values at the rate `lower`. */
export function paddingAt(lower: f64): f64 {
  if (genes == stride) return 0;
  const p = f64x2.splat(lower);
  const at = intervalAt(i32x4.extract_lane(intervalsOf(p), 0));
  const c = recordOf(<usize>genes << 2, at);
  const low = v128.load(c);
  const high = v128.load(c, 16);
  return f64x2.extract_lane(valueOf(lows(low, low), highs(low, low), lows(high, high), highs(high, high), beyond(p, at, at)), 0);
}

/** First and second derivative of the log-likelihood of every gene in its rate. */
export function fillDerivatives(): void {
  const bytes = <usize>stride << 3;
  for (let o: usize = 0; o < bytes; o += 16) {
    const p = v128.load(rate + o);
    const l = intervalsOf(p);
    const at0 = intervalAt(i32x4.extract_lane(l, 0));
    const at1 = intervalAt(i32x4.extract_lane(l, 1));
    const t = beyond(p, at0, at1);
    const c0 = recordOf(o >> 1, at0);
    const c1 = recordOf((o >> 1) + 4, at1);
    const d1 = highs(v128.load(c0), v128.load(c1));
    const high0 = v128.load(c0, 16);
    const high1 = v128.load(c1, 16);
    const d2 = lows(high0, high1);
    const d3 = highs(high0, high1);
    v128.store(slope + o, slopeOf(d1, d2, d3, t));
    v128.store(bend + o, bendOf(d2, d3, t));
  }
  for (let j = genes; j < stride; j++) {
    put(slope, j, 0);
    put(bend, j, 0);
  }
}

/** Negative log-likelihood at the rates. */
export function scoreAtRates(): f64 {
  const bytes = <usize>stride << 3;
  let sum = f64x2.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) {
    const p = v128.load(rate + o);
    const l = intervalsOf(p);
    const at0 = intervalAt(i32x4.extract_lane(l, 0));
    const at1 = intervalAt(i32x4.extract_lane(l, 1));
    const c0 = recordOf(o >> 1, at0);
    const c1 = recordOf((o >> 1) + 4, at1);
    const low0 = v128.load(c0);
    const low1 = v128.load(c1);
    const high0 = v128.load(c0, 16);
    const high1 = v128.load(c1, 16);
    const t = beyond(p, at0, at1);
    sum = f64x2.add(sum, valueOf(lows(low0, low1), highs(low0, low1), lows(high0, high1), highs(high0, high1), t));
  }
  return (genes == stride ? 0 : paddingAt(f(rate, genes))) - both(sum);
}

/** Negative log-likelihood of the present cell at rates that the caller wrote to `ratesAt`, times `multiplier`. */
export function scoreOfRates(multiplier: f64): f64 {
  for (let j = 0; j < stride; j++)
    put(rate, j, min<f64>(max<f64>(abs<f64>(f(rate, j) * multiplier), SMALLEST), LARGEST));
  return scoreAtRates();
}

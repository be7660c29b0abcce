/**
 * Weights of cell types in one cell: iteratively reweighted least squares on the Poisson log-normal likelihood of RCTD
 * (Cable et al., Nat Biotechnol 40:517, 2022); our own implementation.
 *
 * Memory, all laid out by the caller (`bind-rctd.ts`):
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | profiles | f64 | types x stride, expression share of gene j in type k; genes padded with 0 to an even stride |
 * | table | f64 | rows x intervals x 4: value and first three derivatives of ln P(count | rate) where the interval begins |
 * | nodes | f64 | begin of each interval of the rate |
 * | interval | u16 | interval of a rate, by floor(1000 sqrt(rate)) |
 * | rowOf | u32 | byte offset in `table` of the count of gene j in the present cell |
 *
 * Nothing is allocated. Cost of one iteration: O(genes x types^2) for `solve`, O(genes) for the scores of one and two types.
 */
import { cholesky, solveBox } from './box';
import { eigen } from './eigen';

const SMALLEST: f64 = 1e-4;
const LARGEST: f64 = 1600.0 - 1e-4;
const EIGEN_FLOOR: f64 = 1e-3;
const RIDGE: f64 = 1e-7;

let genes: i32 = 0;
let stride: i32 = 0;
let types: i32 = 0;
let profiles: usize = 0;
let table: usize = 0;
let nodes: usize = 0;
let interval: usize = 0;
let rowOf: usize = 0;
/** Scratch over genes. */
let rate: usize = 0;
let slope: usize = 0;
let bend: usize = 0;
let product: usize = 0;
/** Scratch over types. */
let column: usize = 0;
let weight: usize = 0;
let gradient: usize = 0;
let linear: usize = 0;
let target: usize = 0;
let values: usize = 0;
let offDiagonal: usize = 0;
let right: usize = 0;
let rows: usize = 0;
let free: usize = 0;
let hessian: usize = 0;
let vectors: usize = 0;
let factor: usize = 0;

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

/** Bytes of scratch for so many genes (padded) and types. */
export function scratchBytes(paddedGenes: i32, typeCount: i32): usize {
  return <usize>(4 * 8 * paddedGenes + typeCount * (8 * 8 + 16) + 3 * 8 * typeCount * typeCount + 1024);
}

/** Takes the layout; every pointer is a multiple of 16. */
export function setUp(geneCount: i32, paddedGenes: i32, typeCount: i32, profilesAt: usize, tableAt: usize, nodesAt: usize, intervalAt: usize, rowOfAt: usize, scratch: usize): void {
  genes = geneCount;
  stride = paddedGenes;
  types = typeCount;
  profiles = profilesAt;
  table = tableAt;
  nodes = nodesAt;
  interval = intervalAt;
  rowOf = rowOfAt;
  const perGene = <usize>paddedGenes << 3;
  const perType = (<usize>(typeCount + 1) >> 1) << 4;
  const square = ((<usize>(typeCount * typeCount) + 1) >> 1) << 4;
  rate = scratch;
  slope = rate + perGene;
  bend = slope + perGene;
  product = bend + perGene;
  weight = product + perGene;
  gradient = weight + perType;
  linear = gradient + perType;
  target = linear + perType;
  values = target + perType;
  offDiagonal = values + perType;
  right = offDiagonal + perType;
  hessian = right + perType;
  vectors = hessian + square;
  factor = vectors + square;
  column = factor + square;
  rows = column + perType;
  free = rows + perType;
}

/** Where the weights of the last `solve` lie (f64), and where its list of types goes (u32). */
export function weightsAt(): usize {
  return weight;
}

export function columnsAt(): usize {
  return column;
}

/** Rates at the present weights of the last `solve`: f64 by gene, bounded to the table. */
export function ratesAt(): usize {
  return rate;
}

// @ts-ignore: decorator
@inline
function f(p: usize, i: i32): f64 {
  return load<f64>(p + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function put(p: usize, i: i32, value: f64): void {
  store<f64>(p + (<usize>i << 3), value);
}

// @ts-ignore: decorator
@inline
function profile(type: i32): usize {
  return profiles + (<usize>(type * stride) << 3);
}

// @ts-ignore: decorator
@inline
function listed(a: i32): usize {
  return profile(load<i32>(column + (<usize>a << 2)));
}

// @ts-ignore: decorator
@inline
function bounded(p: f64, floor: f64): f64 {
  return min<f64>(max<f64>(abs<f64>(p), floor), LARGEST);
}

// @ts-ignore: decorator
@inline
function intervalOf(p: f64): u32 {
  return load<u16>(interval + (<usize>(<i32>(sqrt<f64>(p) * 1000.0)) << 1));
}

// @ts-ignore: decorator
@inline
function floorOf(umi: f64): f64 {
  return max<f64>(SMALLEST, umi * 1e-7);
}

/** Rates of all genes from the weights of n types, bounded. */
function fillRates(n: i32, umi: f64): void {
  const bytes = <usize>stride << 3;
  memory.fill(rate, 0, bytes);
  let a = 0;
  for (; a + 4 <= n; a += 4) {
    const p0 = listed(a);
    const p1 = listed(a + 1);
    const p2 = listed(a + 2);
    const p3 = listed(a + 3);
    const u0 = f64x2.splat(f(weight, a) * umi);
    const u1 = f64x2.splat(f(weight, a + 1) * umi);
    const u2 = f64x2.splat(f(weight, a + 2) * umi);
    const u3 = f64x2.splat(f(weight, a + 3) * umi);
    for (let o: usize = 0; o < bytes; o += 16) {
      const low = f64x2.add(f64x2.mul(u0, v128.load(p0 + o)), f64x2.mul(u1, v128.load(p1 + o)));
      const high = f64x2.add(f64x2.mul(u2, v128.load(p2 + o)), f64x2.mul(u3, v128.load(p3 + o)));
      v128.store(rate + o, f64x2.add(v128.load(rate + o), f64x2.add(low, high)));
    }
  }
  for (; a < n; a++) {
    const p0 = listed(a);
    const u0 = f64x2.splat(f(weight, a) * umi);
    for (let o: usize = 0; o < bytes; o += 16)
      v128.store(rate + o, f64x2.add(v128.load(rate + o), f64x2.mul(u0, v128.load(p0 + o))));
  }
  const lower = f64x2.splat(floorOf(umi));
  const upper = f64x2.splat(LARGEST);
  for (let o: usize = 0; o < bytes; o += 16)
    v128.store(rate + o, f64x2.pmin(f64x2.pmax(f64x2.abs(v128.load(rate + o)), lower), upper));
}

/** First and second derivative of the log-likelihood of every gene in its rate. */
function fillDerivatives(): void {
  for (let j = 0; j < genes; j++) {
    const p = f(rate, j);
    const at = intervalOf(p);
    const t = p - load<f64>(nodes + (<usize>at << 3));
    const c = table + load<u32>(rowOf + (<usize>j << 2)) + (<usize>at << 5);
    const d2 = load<f64>(c, 16);
    const d3 = load<f64>(c, 24);
    put(slope, j, load<f64>(c, 8) + t * (d2 + t * 0.5 * d3));
    put(bend, j, d2 + t * d3);
  }
  for (let j = genes; j < stride; j++) {
    put(slope, j, 0);
    put(bend, j, 0);
  }
}

/** Negative log-likelihood at the rates. */
function scoreAtRates(): f64 {
  let sum: f64 = 0;
  for (let j = 0; j < genes; j++) {
    const p = f(rate, j);
    const at = intervalOf(p);
    const t = p - load<f64>(nodes + (<usize>at << 3));
    const c = table + load<u32>(rowOf + (<usize>j << 2)) + (<usize>at << 5);
    sum += load<f64>(c) + t * (load<f64>(c, 8) + t * (0.5 * load<f64>(c, 16) + (t * load<f64>(c, 24)) / 6.0));
  }
  return -sum;
}

// @ts-ignore: decorator
@inline
function both(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function dot(a: usize, b: usize): f64 {
  const bytes = <usize>stride << 3;
  let s0 = f64x2.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) s0 = f64x2.add(s0, f64x2.mul(v128.load(a + o), v128.load(b + o)));
  return both(s0);
}

function fillGradient(n: i32, umi: f64): void {
  dots(slope, n, gradient, -umi);
}

/** Products of one vector over genes with the profiles of the first n listed types, times `scale`, to `out`. */
function dots(vector: usize, n: i32, out: usize, scale: f64): void {
  const bytes = <usize>stride << 3;
  let b = 0;
  // Four sums at a time: one alone waits for its own addition.
  for (; b + 4 <= n; b += 4) {
    const p0 = listed(b);
    const p1 = listed(b + 1);
    const p2 = listed(b + 2);
    const p3 = listed(b + 3);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    for (let o: usize = 0; o < bytes; o += 16) {
      const x = v128.load(vector + o);
      s0 = f64x2.add(s0, f64x2.mul(x, v128.load(p0 + o)));
      s1 = f64x2.add(s1, f64x2.mul(x, v128.load(p1 + o)));
      s2 = f64x2.add(s2, f64x2.mul(x, v128.load(p2 + o)));
      s3 = f64x2.add(s3, f64x2.mul(x, v128.load(p3 + o)));
    }
    put(out, b, scale * both(s0));
    put(out, b + 1, scale * both(s1));
    put(out, b + 2, scale * both(s2));
    put(out, b + 3, scale * both(s3));
  }
  for (; b < n; b++) put(out, b, scale * dot(vector, listed(b)));
}

function fillHessian(n: i32, umi: f64): void {
  const bytes = <usize>stride << 3;
  for (let a = 0; a < n; a++) {
    const pa = listed(a);
    for (let o: usize = 0; o < bytes; o += 16) v128.store(product + o, f64x2.mul(v128.load(pa + o), v128.load(bend + o)));
    const row = hessian + (<usize>(a * n) << 3);
    dots(product, a + 1, row, -umi * umi);
    for (let b = 0; b < a; b++) put(hessian, b * n + a, f(row, b));
  }
}

// @ts-ignore: decorator
@inline
function putBoth(n: i32, a: i32, b: i32, value: f64): void {
  put(hessian, a * n + b, value);
  put(hessian, b * n + a, value);
}

/** Raises eigenvalues of the Hessian below the floor; gives its largest eigenvalue. */
function repair(n: i32): f64 {
  for (let i = 0; i < n; i++) store<i32>(rows + (<usize>i << 2), i);
  if (cholesky(hessian, n, rows, n, -EIGEN_FLOOR, factor)) return largestEigenvalue(n);
  memory.copy(vectors, hessian, <usize>(n * n) << 3);
  eigen(vectors, n, values, offDiagonal);
  let norm: f64 = 0;
  for (let k = 0; k < n; k++) {
    const value = max<f64>(f(values, k), EIGEN_FLOOR);
    put(values, k, value);
    norm = max<f64>(norm, value);
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < n; k++) sum += f(values, k) * f(vectors, i * n + k) * f(vectors, j * n + k);
      putBoth(n, i, j, sum);
    }
  }
  return norm;
}

/** By power iteration: it only sets the scale of a ridge of 1e-7, so a per cent is enough. */
function largestEigenvalue(n: i32): f64 {
  let norm: f64 = 0;
  for (let i = 0; i < n; i++) put(right, i, 1);
  for (let round = 0; round < 6; round++) {
    let top: f64 = 0;
    for (let i = 0; i < n; i++) {
      let sum: f64 = 0;
      for (let k = 0; k < n; k++) sum += f(hessian, i * n + k) * f(right, k);
      put(target, i, sum);
      top = max<f64>(top, abs<f64>(sum));
    }
    norm = top;
    for (let i = 0; i < n; i++) put(right, i, f(target, i) / top);
  }
  return norm;
}

/**
 * Weights of the n types listed at `columnsAt`, each >= 0, without a constraint on their sum: damped steps from 1/n until
 * they change by no more than `tolerance` in sum, at most `most` rounds. The Hessian is made anew when the weights have moved
 * by more than `settled` (in sum) since the last one.
 * @returns the number of rounds; negative when they did not converge.
 */
export function solve(n: i32, umi: f64, damping: f64, most: i32, tolerance: f64, settled: f64): i32 {
  for (let a = 0; a < n; a++) {
    put(weight, a, 1.0 / f64(n));
    store<u8>(free + a, 1);
  }
  let change: f64 = 0;
  let norm: f64 = 1;
  let moved: f64 = Infinity;
  for (let round = 1; round <= most; round++) {
    fillRates(n, umi);
    fillDerivatives();
    fillGradient(n, umi);
    if (moved > settled) {
      fillHessian(n, umi);
      norm = repair(n);
      for (let i = 0; i < n * n; i++) put(hessian, i, f(hessian, i) / norm);
      for (let a = 0; a < n; a++) put(hessian, a * n + a, f(hessian, a * n + a) + RIDGE);
      moved = 0;
    }
    for (let a = 0; a < n; a++) {
      let sum = f(gradient, a) / norm;
      for (let b = 0; b < n; b++) sum -= f(hessian, a * n + b) * f(weight, b);
      put(linear, a, sum);
    }
    solveBox(hessian, linear, n, 0, target, free, rows, factor, right);
    change = 0;
    for (let a = 0; a < n; a++) {
      const step = damping * (f(target, a) - f(weight, a));
      change += abs<f64>(step);
      put(weight, a, max<f64>(f(weight, a) + step, 0));
    }
    moved += change;
    if (change <= tolerance) return round;
  }
  return -most;
}

/** Negative log-likelihood at the weights of the last `solve` of n types. */
export function scoreOf(n: i32, umi: f64): f64 {
  fillRates(n, umi);
  return scoreAtRates();
}

/** Negative log-likelihood of the present cell at rates that the caller wrote to `ratesAt`, times `factor`. */
export function scoreOfRates(multiplier: f64): f64 {
  for (let j = 0; j < genes; j++) put(rate, j, bounded(f(rate, j) * multiplier, SMALLEST));
  return scoreAtRates();
}

/**
 * Lowest negative log-likelihood of one type with free scale. Undamped Newton steps, halved while they go up: where the
 * damped steps of `solve` end and where these end differ by less than 1e-2 in the score.
 */
export function scoreOne(type: i32, umi: f64): f64 {
  const m = profile(type);
  const lower = floorOf(umi);
  let w: f64 = 1;
  let before = w;
  let step: f64 = 0;
  let lowest: f64 = Infinity;
  let g: f64 = 0;
  let h: f64 = 0;
  for (let round = 0; round < 40; round++) {
    let sum: f64 = 0;
    let first: f64 = 0;
    let second: f64 = 0;
    const scale = w * umi;
    for (let j = 0; j < genes; j++) {
      const x = f(m, j);
      const p = bounded(x * scale, lower);
      const at = intervalOf(p);
      const t = p - load<f64>(nodes + (<usize>at << 3));
      const c = table + load<u32>(rowOf + (<usize>j << 2)) + (<usize>at << 5);
      const d1 = load<f64>(c, 8);
      const d2 = load<f64>(c, 16);
      const d3 = load<f64>(c, 24);
      sum += load<f64>(c) + t * (d1 + t * (0.5 * d2 + t * (d3 * (1.0 / 6.0))));
      first += x * (d1 + t * (d2 + t * 0.5 * d3));
      second += x * x * (d2 + t * d3);
    }
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
  const lower = floorOf(umi);
  w0 = 0.5;
  w1 = 0.5;
  let lowest: f64 = Infinity;
  let before0 = w0;
  let before1 = w1;
  let step0: f64 = 0;
  let step1: f64 = 0;
  for (let round = 0; round < 40; round++) {
    const s0 = w0 * umi;
    const s1 = w1 * umi;
    let sum: f64 = 0;
    let g0: f64 = 0;
    let g1: f64 = 0;
    let h00: f64 = 0;
    let h01: f64 = 0;
    let h11: f64 = 0;
    for (let j = 0; j < genes; j++) {
      const x = f(ma, j);
      const y = f(mb, j);
      const p = bounded(x * s0 + y * s1, lower);
      const at = intervalOf(p);
      const t = p - load<f64>(nodes + (<usize>at << 3));
      const c = table + load<u32>(rowOf + (<usize>j << 2)) + (<usize>at << 5);
      const d1 = load<f64>(c, 8);
      const d2 = load<f64>(c, 16);
      const d3 = load<f64>(c, 24);
      sum += load<f64>(c) + t * (d1 + t * (0.5 * d2 + t * (d3 * (1.0 / 6.0))));
      const q1 = d1 + t * (d2 + t * 0.5 * d3);
      const q2 = d2 + t * d3;
      g0 += x * q1;
      g1 += y * q1;
      const xq = x * q2;
      const yq = y * q2;
      h00 += x * xq;
      h01 += y * xq;
      h11 += y * yq;
    }
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
    pairStep(-umi * g0, -umi * g1, scale * h00, scale * h01, scale * h11);
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

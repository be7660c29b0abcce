/** Weights of many types in one cell: damped steps of a quadratic programme, as the original takes them. */
import { cholesky, solveBox } from './box';
import { eigen } from './eigen';
import { bend, column, EIGEN_FLOOR, f, factor, free, gradient, hessian, linear, listed, offDiagonal, origin, product, put, RIDGE, right, rows, slope, stride, target, values, vectors, weight } from './rctd-layout';
import { both, fillDerivatives, fillRates, scoreAtRates } from './rctd-likelihood';

/** Most steps to the minimum after which the damped steps go on by themselves. */
const FINISH_STEPS = 8;

function dot(a: usize, b: usize): f64 {
  const bytes = <usize>stride << 3;
  let s0 = f64x2.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) s0 = f64x2.add(s0, f64x2.mul(v128.load(a + o), v128.load(b + o)));
  return both(s0);
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

/** Largest eigenvalue of the Hessian that is kept. */
let norm: f64 = 1;

function renewHessian(n: i32, umi: f64): void {
  fillHessian(n, umi);
  norm = repair(n);
  for (let i = 0; i < n * n; i++) put(hessian, i, f(hessian, i) / norm);
  for (let a = 0; a < n; a++) put(hessian, a * n + a, f(hessian, a * n + a) + RIDGE);
}

/** Where the quadratic model at the present weights is least, to `target`; gives how far that is (in sum). */
function aim(n: i32, umi: f64): f64 {
  dots(slope, n, gradient, -umi);
  for (let a = 0; a < n; a++) {
    let sum = f(gradient, a) / norm;
    const row = hessian + (<usize>(a * n) << 3);
    for (let b = 0; b < n; b++) sum -= f(row, b) * f(weight, b);
    put(linear, a, sum);
  }
  solveBox(hessian, linear, n, 0, target, free, rows, factor, right);
  let distance: f64 = 0;
  for (let a = 0; a < n; a++) distance += abs<f64>(f(target, a) - f(weight, a));
  return distance;
}

function moveToTarget(n: i32): void {
  for (let a = 0; a < n; a++) put(weight, a, max<f64>(f(target, a), 0));
}

/**
 * Weights of the n types listed at `columnsAt`, each >= 0, without a constraint on their sum: damped steps from 1/n until
 * they change by no more than `tolerance` in sum, at most `most` rounds. The Hessian is made anew when the weights have moved
 * by more than `settled` (in sum) since the last one. Once a step is shorter than `near`, the rest of the path is not walked:
 * the minimum is found by full steps, and the damped ones, which near it shrink what is left by the same factor each, end
 * where the formula says.
 * @returns the number of damped rounds; negative when they did not converge.
 */
export function solve(n: i32, umi: f64, damping: f64, most: i32, tolerance: f64, settled: f64, near: f64): i32 {
  for (let a = 0; a < n; a++) {
    put(weight, a, 1.0 / f64(n));
    store<u8>(free + a, 1);
  }
  let moved: f64 = Infinity;
  let limit = near;
  for (let round = 1; round <= most; round++) {
    fillRates(n, umi);
    fillDerivatives();
    if (moved > settled) {
      renewHessian(n, umi);
      moved = 0;
    }
    const change = damping * aim(n, umi);
    if (change <= limit && change > tolerance) {
      const rest = finish(n, umi, damping, most - round + 1, tolerance, change / damping);
      if (rest != 0) return rest > 0 ? round - 1 + rest : -most;
      // Full steps lead nowhere here: the damped ones go on.
      limit = 0;
      moved = Infinity;
      round--;
      continue;
    }
    for (let a = 0; a < n; a++) put(weight, a, max<f64>(f(weight, a) + damping * (f(target, a) - f(weight, a)), 0));
    moved += change;
    if (change <= tolerance) return round;
  }
  return -most;
}

/**
 * The end of the damped path from the present weights, whose `target` is known: rounds it takes, negative when they are more
 * than `most`, 0 (and the weights as they were) when the minimum was not found.
 */
function finish(n: i32, umi: f64, damping: f64, most: i32, tolerance: f64, distance: f64): i32 {
  memory.copy(origin, weight, <usize>n << 3);
  let last = distance;
  let found = false;
  for (let step = 0; step < FINISH_STEPS && !found; step++) {
    moveToTarget(n);
    fillRates(n, umi);
    fillDerivatives();
    const left = aim(n, umi);
    found = left <= 0.2 * tolerance;
    if (!found && left > 0.7 * last) break;
    last = left;
  }
  if (!found) {
    memory.copy(weight, origin, <usize>n << 3);
    return 0;
  }
  moveToTarget(n);
  let total: f64 = 0;
  for (let a = 0; a < n; a++) total += abs<f64>(f(weight, a) - f(origin, a));
  let rounds = 1;
  let change = damping * total;
  let keep = 1.0 - damping;
  while (change > tolerance && rounds < most) {
    change *= 1.0 - damping;
    keep *= 1.0 - damping;
    rounds++;
  }
  for (let a = 0; a < n; a++) put(weight, a, f(weight, a) + keep * (f(origin, a) - f(weight, a)));
  return change <= tolerance ? rounds : -rounds;
}

/** Negative log-likelihood at the weights of the last `solve` of n types. */
export function scoreOf(n: i32, umi: f64): f64 {
  fillRates(n, umi);
  return scoreAtRates();
}

import { ln } from '@spatile/random/elementary';

/** What is believed of the size of a cell before it is seen. */
export interface ScalePrior {
  /** Expected standard deviation of its molecules along an axis and its spread, microns; and how many molecules it is worth. */
  scaleUm: number;
  scaleSdUm: number;
  weight: number;
}

const LN_2PI = 1.8378770664093453;
/** Jacobi rotations of a symmetric 3 x 3 matrix until this is left of it, relative to its trace. */
const LEFT_OVER = 1e-14;
const MOST_SWEEPS = 12;

/**
 * Standard deviation along an axis given the sample's variance there: sd' = s + sign(d) (sqrt(|d| / tau + 1) - 1) tau with
 * d = sqrt(variance) - s, then the mean of s (worth `weight` molecules) and sd' (worth n). variance = s^2 is a fixed point for
 * every n.
 */
export function shrunkSd(variance: number, n: number, { scaleUm, scaleSdUm, weight }: ScalePrior): number {
  const d = Math.sqrt(Math.max(variance, 0)) - scaleUm;
  const stretch = (Math.sqrt(Math.abs(d) / scaleSdUm + 1) - 1) * scaleSdUm;
  const sd = d < 0 ? Math.max(scaleUm - stretch, 0) : scaleUm + stretch;
  return (weight * scaleUm + n * sd) / (weight + n);
}

/** A normal as it is evaluated: inverse covariance (xx, xy, yy, xz, yz, zz) and ln of the density at its mean. */
export type NormalForm = Float64Array;
export const NORMAL_FORM = 7;

/** The round normal of variance scale^2; `at`: offset in `out`. */
export function roundNormal(dimensions: 2 | 3, scaleUm: number, out: Float64Array, at: number): void {
  const precision = 1 / (scaleUm * scaleUm);
  out.fill(0, at, at + NORMAL_FORM);
  out[at] = out[at + 2] = precision;
  if (dimensions === 3) out[at + 5] = precision;
  out[at + 6] = -dimensions * (0.5 * LN_2PI + ln(scaleUm));
}

/**
 * The normal of a cell of n molecules: eigenvalues of the sample covariance (xx, xy, yy, xz, yz, zz) shrunk to the prior,
 * its axes kept. `at`: offset in `out`.
 */
export function fittedNormal(
  dimensions: 2 | 3,
  covariance: Float64Array,
  n: number,
  prior: ScalePrior,
  out: Float64Array,
  at: number,
): void {
  const { values, vectors } = dimensions === 2 ? eigen2(covariance) : eigen3(covariance);
  out.fill(0, at, at + NORMAL_FORM);
  let lnDensity = -0.5 * dimensions * LN_2PI;
  for (let axis = 0; axis < dimensions; axis++) {
    const sd = shrunkSd(values[axis], n, prior);
    const precision = 1 / (sd * sd);
    lnDensity -= ln(sd);
    const [x, y, z] = [vectors[3 * axis], vectors[3 * axis + 1], vectors[3 * axis + 2]];
    out[at] += precision * x * x;
    out[at + 1] += precision * x * y;
    out[at + 2] += precision * y * y;
    out[at + 3] += precision * x * z;
    out[at + 4] += precision * y * z;
    out[at + 5] += precision * z * z;
  }
  out[at + 6] = lnDensity;
}

interface Eigen {
  values: number[];
  /** By axis x, y, z. */
  vectors: number[];
}

function eigen2(c: Float64Array): Eigen {
  const half = (c[0] - c[2]) / 2;
  const root = Math.sqrt(half * half + c[1] * c[1]);
  const middle = (c[0] + c[2]) / 2;
  if (root === 0) return { values: [middle, middle], vectors: [1, 0, 0, 0, 1, 0] };
  // The larger eigenvector, from the row that does not cancel.
  let x = half >= 0 ? half + root : c[1];
  let y = half >= 0 ? c[1] : root - half;
  const norm = Math.sqrt(x * x + y * y);
  x /= norm;
  y /= norm;
  return { values: [middle + root, middle - root], vectors: [x, y, 0, -y, x, 0] };
}

/** Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5). */
function eigen3(c: Float64Array): Eigen {
  const a = [c[0], c[1], c[3], c[1], c[2], c[4], c[3], c[4], c[5]];
  const v = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    const off = Math.abs(a[1]) + Math.abs(a[2]) + Math.abs(a[5]);
    if (off <= LEFT_OVER * (Math.abs(a[0]) + Math.abs(a[4]) + Math.abs(a[8]))) break;
    rotate(a, v, 0, 1);
    rotate(a, v, 0, 2);
    rotate(a, v, 1, 2);
  }
  return { values: [a[0], a[4], a[8]], vectors: v };
}

/** One rotation that makes a[p][q] zero; rows of v are the vectors. */
function rotate(a: number[], v: number[], p: number, q: number): void {
  const apq = a[3 * p + q];
  if (apq === 0) return;
  const theta = (a[4 * q] - a[4 * p]) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cos = 1 / Math.sqrt(t * t + 1);
  const sin = t * cos;
  for (let k = 0; k < 3; k++) {
    const [kp, kq] = [a[3 * k + p], a[3 * k + q]];
    a[3 * k + p] = cos * kp - sin * kq;
    a[3 * k + q] = sin * kp + cos * kq;
  }
  for (let k = 0; k < 3; k++) {
    const [pk, qk] = [a[3 * p + k], a[3 * q + k]];
    a[3 * p + k] = cos * pk - sin * qk;
    a[3 * q + k] = sin * pk + cos * qk;
    const [vp, vq] = [v[3 * p + k], v[3 * q + k]];
    v[3 * p + k] = cos * vp - sin * vq;
    v[3 * q + k] = sin * vp + cos * vq;
  }
}

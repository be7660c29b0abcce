import { ln } from '@spatile/random/elementary';
import { solveNonNegative } from './box-solve.ts';

const EIGEN_FLOOR = 1e-3;
const ROUNDS = 100;
const TOLERANCE = 1e-4;
const DAMPING = 0.3;
/** Genes with fewer transcripts say nothing about the proportions of the slide. */
const LEAST_BULK = 10;

export interface Bulk {
  /** Transcripts of each gene over all cells that are used. */
  counts: Float64Array;
  /** Their total over all genes of the reference. */
  total: number;
}

/**
 * Proportions of the types on the whole slide: non-negative weights by which the profiles add up to the slide's bulk, least
 * squares of logarithms (RCTD, Cable et al. 2022).
 * @param shares mean expression shares, types x genes; @param list genes to go by.
 * @returns proportions that sum to 1.
 */
export function bulkProportions(
  shares: Float64Array,
  types: number,
  bulk: Bulk,
  list: Int32Array,
): Float64Array {
  const genes = bulk.counts.length;
  const used = list.filter((j) => bulk.counts[j] >= LEAST_BULK);
  const lnBulk = Float64Array.from(used, (j) => ln(bulk.counts[j]));
  const s = new Float64Array(types * used.length);
  for (let k = 0; k < types; k++)
    used.forEach((j, i) => {
      s[k * used.length + i] = bulk.total * shares[k * genes + j];
    });
  let weights = new Float64Array(types).fill(1 / types);
  for (let round = 0; round < ROUNDS; round++) {
    const { gradient, hessian } = derivatives(s, types, weights, lnBulk, Math.max(1e-4, bulk.total * 1e-7));
    const norm = repair(hessian, types);
    const linear = gradient.map((g, a) => {
      let sum = g / norm;
      for (let b = 0; b < types; b++) sum -= (hessian[a * types + b] / norm) * weights[b];
      return sum - 1e-7 * weights[a];
    });
    const scaled = hessian.map((h, i) => h / norm + (i % (types + 1) === 0 ? 1e-7 : 0));
    const target = solveNonNegative(scaled, linear, weights);
    let change = 0;
    weights = weights.map((w, k) => {
      const step = DAMPING * (target[k] - w);
      change += Math.abs(step);
      return Math.max(0, w + step);
    });
    if (change <= TOLERANCE) break;
  }
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Gradient and Hessian of the squared differences of logarithms. */
function derivatives(
  s: Float64Array,
  types: number,
  weights: Float64Array,
  lnBulk: Float64Array,
  floor: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const n = lnBulk.length;
  const gradient = new Float64Array(types);
  const hessian = new Float64Array(types * types);
  for (let i = 0; i < n; i++) {
    let p = 0;
    for (let k = 0; k < types; k++) p += weights[k] * s[k * n + i];
    p = Math.max(floor, p);
    const difference = ln(p) - lnBulk[i];
    const first = (2 * difference) / p;
    const second = (2 * (1 - difference)) / (p * p);
    for (let a = 0; a < types; a++) {
      gradient[a] += s[a * n + i] * first;
      const sa = s[a * n + i] * second;
      for (let b = 0; b <= a; b++) hessian[a * types + b] += sa * s[b * n + i];
    }
  }
  for (let a = 0; a < types; a++) for (let b = 0; b < a; b++) hessian[b * types + a] = hessian[a * types + b];
  return { gradient, hessian };
}

/** Raises small eigenvalues in place (Jacobi rotations) and gives the largest. */
export function repair(matrix: Float64Array, n: number): number {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60 && offDiagonal(a, n) > 1e-22 * diagonal(a, n); sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  const values = Float64Array.from({ length: n }, (_, k) => Math.max(a[k * n + k], EIGEN_FLOOR));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += values[k] * v[i * n + k] * v[j * n + k];
      matrix[i * n + j] = sum;
    }
  }
  return values.reduce((x, y) => Math.max(x, y), 0);
}

const offDiagonal = (a: Float64Array, n: number): number =>
  a.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum : sum + x * x), 0);
const diagonal = (a: Float64Array, n: number): number =>
  a.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum + x * x : sum), 0);

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const [r, w] = [v[k * n + p], v[k * n + q]];
    v[k * n + p] = c * r - s * w;
    v[k * n + q] = s * r + c * w;
  }
}

/**
 * Profiles as this platform shows them: each gene scaled so that the slide's proportions give the slide's bulk.
 * @returns shares of the genes in `list`, types x list.
 */
export function platformProfiles(
  shares: Float64Array,
  types: number,
  bulk: Bulk,
  proportions: Float64Array,
  list: Int32Array,
): Float64Array {
  const genes = bulk.counts.length;
  const out = new Float64Array(types * list.length);
  list.forEach((j, i) => {
    let expected = 0;
    for (let k = 0; k < types; k++) expected += shares[k * genes + j] * proportions[k];
    const factor = bulk.counts[j] / bulk.total / expected;
    for (let k = 0; k < types; k++) out[k * list.length + i] = shares[k * genes + j] * factor;
  });
  return out;
}

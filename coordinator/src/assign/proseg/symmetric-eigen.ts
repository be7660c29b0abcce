/** Rotations end when what lies off the diagonal is this small against the diagonal, and after so many sweeps at the latest. */
const ENOUGH = 1e-12;
const MOST_SWEEPS = 50;

/** Eigenvalues, largest first, and eigenvector k at `vectors[k * n + i]`. */
export interface Eigen {
  values: Float64Array;
  vectors: Float64Array;
}

/** Eigenvectors of a symmetric matrix (row-major n x n) by cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5). */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = Float64Array.from({ length: n * n }, (_, i) => (i % n === Math.floor(i / n) ? 1 : 0));
  for (let sweep = 0; sweep < MOST_SWEEPS && offDiagonal(a, n) > ENOUGH; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i] || i - j);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(v.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** The largest entry beside the diagonal against the largest on it. */
function offDiagonal(a: Float64Array, n: number): number {
  let [off, on] = [0, 0];
  for (let i = 0; i < n; i++) {
    on = Math.max(on, Math.abs(a[i * n + i]));
    for (let j = i + 1; j < n; j++) off = Math.max(off, Math.abs(a[i * n + j]));
  }
  return on > 0 ? off / on : 0;
}

/** Turns rows and columns p and q so that the entry where they meet is 0; rows of `v` turn along. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const ratio = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q, c, s);
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k, c, s);
  for (let k = 0; k < n; k++) turn(v, p * n + k, q * n + k, c, s);
}

function turn(values: Float64Array, i: number, j: number, c: number, s: number): void {
  const [x, y] = [values[i], values[j]];
  values[i] = c * x - s * y;
  values[j] = s * x + c * y;
}

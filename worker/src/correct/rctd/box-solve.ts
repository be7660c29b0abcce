/**
 * Solves min 1/2 z'Hz + c'z over z >= 0 by coordinate descent, for a symmetric positive definite H (n x n, row-major). For
 * the few programs outside the kernel; `start` is not changed.
 */
export function solveNonNegative(hessian: Float64Array, c: Float64Array, start: Float64Array): Float64Array {
  const n = c.length;
  const z = start.slice();
  for (let sweep = 0; sweep < 10_000; sweep++) {
    let largest = 0;
    for (let i = 0; i < n; i++) {
      let gradient = c[i];
      for (let k = 0; k < n; k++) gradient += hessian[i * n + k] * z[k];
      const value = Math.max(0, z[i] - gradient / hessian[i * n + i]);
      largest = Math.max(largest, Math.abs(value - z[i]));
      z[i] = value;
    }
    if (largest < 1e-12) break;
  }
  return z;
}

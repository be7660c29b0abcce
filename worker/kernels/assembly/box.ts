/**
 * Quadratic programs of a few variables under lower bounds: minimise 1/2 z'Hz + c'z subject to z >= 0, by block principal
 * pivoting with single pivots as the way out of cycles (Júdice and Pires, Comput Oper Res 21:587, 1994).
 */

// @ts-ignore: decorator
@inline
function f(p: usize, i: i32): f64 {
  return load<f64>(p + (<usize>i << 3));
}

/**
 * Cholesky factor of `h` + `shift` I (n x n of row length `stride`, lower triangle) over the rows in `rows` to `l` (m x m).
 * False when a pivot is not positive.
 */
export function cholesky(h: usize, stride: i32, rows: usize, m: i32, shift: f64, l: usize): bool {
  for (let i = 0; i < m; i++) {
    const ri = load<i32>(rows + (<usize>i << 2));
    const li = l + (<usize>(i * m) << 3);
    for (let j = 0; j <= i; j++) {
      const rj = load<i32>(rows + (<usize>j << 2));
      const lj = l + (<usize>(j * m) << 3);
      let sum = load<f64>(h + (<usize>(ri * stride + rj) << 3));
      if (i == j) sum += shift;
      for (let k = 0; k < j; k++) sum -= f(li, k) * f(lj, k);
      if (i == j) {
        if (!(sum > 0)) return false;
        store<f64>(li + (<usize>i << 3), sqrt<f64>(sum));
      } else {
        store<f64>(li + (<usize>j << 3), sum / f(lj, j));
      }
    }
  }
  return true;
}

/**
 * Solves the program for H + `shift` I (full n x n). `z` receives the solution. `free` (n bytes) holds the guess of which
 * variables are positive and is left as the answer's. Scratch: `rows` n i32, `l` n x n f64, `x` n f64.
 */
export function solveBox(h: usize, c: usize, n: i32, shift: f64, z: usize, free: usize, rows: usize, l: usize, x: usize): void {
  let fewest = n + 1;
  let patience = 3;
  for (let round = 0; round < 100 + 10 * n; round++) {
    let m = 0;
    for (let i = 0; i < n; i++) {
      if (load<u8>(free + i)) {
        store<i32>(rows + (<usize>m << 2), i);
        m++;
      }
      store<f64>(z + (<usize>i << 3), 0);
    }
    if (!cholesky(h, n, rows, m, shift, l)) return;
    for (let i = 0; i < m; i++) {
      const li = l + (<usize>(i * m) << 3);
      let sum = -f(c, load<i32>(rows + (<usize>i << 2)));
      for (let k = 0; k < i; k++) sum -= f(li, k) * f(x, k);
      store<f64>(x + (<usize>i << 3), sum / f(li, i));
    }
    for (let i = m - 1; i >= 0; i--) {
      let sum = f(x, i);
      for (let k = i + 1; k < m; k++) sum -= load<f64>(l + (<usize>(k * m + i) << 3)) * f(x, k);
      const value = sum / load<f64>(l + (<usize>(i * m + i) << 3));
      store<f64>(x + (<usize>i << 3), value);
      store<f64>(z + (<usize>load<i32>(rows + (<usize>i << 2)) << 3), value);
    }
    let wrong = 0;
    let last = -1;
    for (let i = 0; i < n; i++) {
      if (isWrong(h, c, n, z, free, i)) {
        wrong++;
        last = i;
      }
    }
    if (wrong == 0) return;
    if (wrong < fewest) {
      fewest = wrong;
      patience = 3;
    } else {
      patience--;
    }
    // The gradient of a fixed variable uses z as solved, so all are judged before any is exchanged.
    if (patience >= 0) exchangeAll(h, c, n, z, free, x);
    else store<u8>(free + last, load<u8>(free + last) ^ 1);
  }
}

/** Whether variable i breaks the optimality conditions: a free one below 0, a fixed one with a falling gradient. */
function isWrong(h: usize, c: usize, n: i32, z: usize, free: usize, i: i32): bool {
  if (load<u8>(free + i)) return f(z, i) < -1e-14;
  let y = f(c, i);
  const row = h + (<usize>(i * n) << 3);
  for (let k = 0; k < n; k++) y += f(row, k) * f(z, k);
  return y < -1e-12;
}

function exchangeAll(h: usize, c: usize, n: i32, z: usize, free: usize, x: usize): void {
  for (let i = 0; i < n; i++) store<f64>(x + (<usize>i << 3), isWrong(h, c, n, z, free, i) ? 1 : 0);
  for (let i = 0; i < n; i++) if (f(x, i) == 1) store<u8>(free + i, load<u8>(free + i) ^ 1);
}

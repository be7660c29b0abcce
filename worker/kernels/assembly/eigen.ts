/**
 * Eigen-decomposition of a small symmetric matrix: Householder tridiagonalisation and implicit QL (Bowdler, Martin, Reinsch
 * and Wilkinson, Numer Math 11:293, 1968; the public-domain EISPACK routines tred2 and tql2).
 */

// @ts-ignore: decorator
@inline
function at(v: usize, n: i32, i: i32, j: i32): usize {
  return v + (<usize>(i * n + j) << 3);
}

// @ts-ignore: decorator
@inline
function hypot(a: f64, b: f64): f64 {
  return sqrt<f64>(a * a + b * b);
}

/**
 * Replaces the symmetric matrix `v` (n x n, row-major) by its eigenvectors (columns); eigenvalues to `d`, unsorted.
 * `e` is scratch of n values.
 */
export function eigen(v: usize, n: i32, d: usize, e: usize): void {
  tridiagonalise(v, n, d, e);
  diagonalise(v, n, d, e);
}

function tridiagonalise(v: usize, n: i32, d: usize, e: usize): void {
  for (let j = 0; j < n; j++) store<f64>(d + (<usize>j << 3), load<f64>(at(v, n, n - 1, j)));
  for (let i = n - 1; i > 0; i--) {
    let scale: f64 = 0;
    let h: f64 = 0;
    for (let k = 0; k < i; k++) scale += abs<f64>(load<f64>(d + (<usize>k << 3)));
    if (scale == 0) {
      store<f64>(e + (<usize>i << 3), load<f64>(d + (<usize>(i - 1) << 3)));
      for (let j = 0; j < i; j++) {
        store<f64>(d + (<usize>j << 3), load<f64>(at(v, n, i - 1, j)));
        store<f64>(at(v, n, i, j), 0);
        store<f64>(at(v, n, j, i), 0);
      }
    } else {
      for (let k = 0; k < i; k++) {
        const x = load<f64>(d + (<usize>k << 3)) / scale;
        store<f64>(d + (<usize>k << 3), x);
        h += x * x;
      }
      let f = load<f64>(d + (<usize>(i - 1) << 3));
      let g = f > 0 ? -sqrt<f64>(h) : sqrt<f64>(h);
      store<f64>(e + (<usize>i << 3), scale * g);
      h -= f * g;
      store<f64>(d + (<usize>(i - 1) << 3), f - g);
      for (let j = 0; j < i; j++) store<f64>(e + (<usize>j << 3), 0);
      for (let j = 0; j < i; j++) {
        f = load<f64>(d + (<usize>j << 3));
        store<f64>(at(v, n, j, i), f);
        g = load<f64>(e + (<usize>j << 3)) + load<f64>(at(v, n, j, j)) * f;
        for (let k = j + 1; k < i; k++) {
          const x = load<f64>(at(v, n, k, j));
          g += x * load<f64>(d + (<usize>k << 3));
          store<f64>(e + (<usize>k << 3), load<f64>(e + (<usize>k << 3)) + x * f);
        }
        store<f64>(e + (<usize>j << 3), g);
      }
      f = 0;
      for (let j = 0; j < i; j++) {
        const x = load<f64>(e + (<usize>j << 3)) / h;
        store<f64>(e + (<usize>j << 3), x);
        f += x * load<f64>(d + (<usize>j << 3));
      }
      const hh = f / (h + h);
      for (let j = 0; j < i; j++)
        store<f64>(e + (<usize>j << 3), load<f64>(e + (<usize>j << 3)) - hh * load<f64>(d + (<usize>j << 3)));
      for (let j = 0; j < i; j++) {
        f = load<f64>(d + (<usize>j << 3));
        g = load<f64>(e + (<usize>j << 3));
        for (let k = j; k < i; k++) {
          const p = at(v, n, k, j);
          store<f64>(p, load<f64>(p) - (f * load<f64>(e + (<usize>k << 3)) + g * load<f64>(d + (<usize>k << 3))));
        }
        store<f64>(d + (<usize>j << 3), load<f64>(at(v, n, i - 1, j)));
        store<f64>(at(v, n, i, j), 0);
      }
    }
    store<f64>(d + (<usize>i << 3), h);
  }
  for (let i = 0; i < n - 1; i++) {
    store<f64>(at(v, n, n - 1, i), load<f64>(at(v, n, i, i)));
    store<f64>(at(v, n, i, i), 1);
    const h = load<f64>(d + (<usize>(i + 1) << 3));
    if (h != 0) {
      for (let k = 0; k <= i; k++) store<f64>(d + (<usize>k << 3), load<f64>(at(v, n, k, i + 1)) / h);
      for (let j = 0; j <= i; j++) {
        let g: f64 = 0;
        for (let k = 0; k <= i; k++) g += load<f64>(at(v, n, k, i + 1)) * load<f64>(at(v, n, k, j));
        for (let k = 0; k <= i; k++) {
          const p = at(v, n, k, j);
          store<f64>(p, load<f64>(p) - g * load<f64>(d + (<usize>k << 3)));
        }
      }
    }
    for (let k = 0; k <= i; k++) store<f64>(at(v, n, k, i + 1), 0);
  }
  for (let j = 0; j < n; j++) {
    store<f64>(d + (<usize>j << 3), load<f64>(at(v, n, n - 1, j)));
    store<f64>(at(v, n, n - 1, j), 0);
  }
  store<f64>(at(v, n, n - 1, n - 1), 1);
  store<f64>(e, 0);
}

function diagonalise(v: usize, n: i32, d: usize, e: usize): void {
  for (let i = 1; i < n; i++) store<f64>(e + (<usize>(i - 1) << 3), load<f64>(e + (<usize>i << 3)));
  store<f64>(e + (<usize>(n - 1) << 3), 0);
  let f: f64 = 0;
  let tst1: f64 = 0;
  const eps: f64 = 2.220446049250313e-16;
  for (let l = 0; l < n; l++) {
    const dl = d + (<usize>l << 3);
    const el = e + (<usize>l << 3);
    tst1 = max<f64>(tst1, abs<f64>(load<f64>(dl)) + abs<f64>(load<f64>(el)));
    let m = l;
    while (m < n - 1 && abs<f64>(load<f64>(e + (<usize>m << 3))) > eps * tst1) m++;
    if (m > l) {
      for (let round = 0; round < 60; round++) {
        let g = load<f64>(dl);
        let p = (load<f64>(dl + 8) - g) / (2 * load<f64>(el));
        let r = hypot(p, 1);
        if (p < 0) r = -r;
        store<f64>(dl, load<f64>(el) / (p + r));
        store<f64>(dl + 8, load<f64>(el) * (p + r));
        const dl1 = load<f64>(dl + 8);
        let h = g - load<f64>(dl);
        for (let i = l + 2; i < n; i++) store<f64>(d + (<usize>i << 3), load<f64>(d + (<usize>i << 3)) - h);
        f += h;
        p = load<f64>(d + (<usize>m << 3));
        let c: f64 = 1;
        let c2: f64 = 1;
        let c3: f64 = 1;
        const el1 = load<f64>(el + 8);
        let s: f64 = 0;
        let s2: f64 = 0;
        for (let i = m - 1; i >= l; i--) {
          c3 = c2;
          c2 = c;
          s2 = s;
          const ei = load<f64>(e + (<usize>i << 3));
          const di = load<f64>(d + (<usize>i << 3));
          g = c * ei;
          h = c * p;
          r = hypot(p, ei);
          store<f64>(e + (<usize>(i + 1) << 3), s * r);
          s = ei / r;
          c = p / r;
          p = c * di - s * g;
          store<f64>(d + (<usize>(i + 1) << 3), h + s * (c * g + s * di));
          for (let k = 0; k < n; k++) {
            const a = at(v, n, k, i);
            const b = load<f64>(a + 8);
            const x = load<f64>(a);
            store<f64>(a + 8, s * x + c * b);
            store<f64>(a, c * x - s * b);
          }
        }
        p = (-s * s2 * c3 * el1 * load<f64>(el)) / dl1;
        store<f64>(el, s * p);
        store<f64>(dl, c * p);
        if (abs<f64>(load<f64>(el)) <= eps * tst1) break;
      }
    }
    store<f64>(dl, load<f64>(dl) + f);
    store<f64>(el, 0);
  }
}

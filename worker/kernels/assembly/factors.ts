/**
 * Non-negative factors of a sparse matrix by multiplicative updates (Lee and Seung, NIPS 2000): X ~ W H under the sum of
 * squares. Weights by column are taken into X and H by whoever calls (columns times the root of their weight).
 */

/** Keeps quotients finite where a factor has died out. */
const TINY: f64 = 1e-300;

// @ts-ignore: decorator
@inline
function clear(p: usize, n: i32): void {
  memory.fill(p, 0, <usize>n << 3);
}

/** `out` (k x k) = A'A of n rows of length k (f64). k is even. */
function gram(n: i32, k: i32, a: usize, out: usize): void {
  clear(out, k * k);
  const row = <usize>k << 3;
  for (let i = 0; i < n; i++) {
    const ai = a + <usize>i * row;
    for (let p = 0; p < k; p++) {
      const v = f64x2.splat(load<f64>(ai + (<usize>p << 3)));
      const to = out + <usize>p * row;
      for (let q: usize = 0; q < row; q += 16)
        v128.store(to + q, f64x2.add(v128.load(to + q), f64x2.mul(v, v128.load(ai + q))));
    }
  }
}

/** One row of quotients: row *= top / (row times `square`). `bottom`: k f64 of scratch. */
function scaleRow(k: i32, row: usize, top: usize, square: usize, bottom: usize): void {
  const bytes = <usize>k << 3;
  clear(bottom, k);
  for (let p = 0; p < k; p++) {
    const v = f64x2.splat(load<f64>(row + (<usize>p << 3)));
    const from = square + <usize>p * bytes;
    for (let q: usize = 0; q < bytes; q += 16)
      v128.store(bottom + q, f64x2.add(v128.load(bottom + q), f64x2.mul(v, v128.load(from + q))));
  }
  const tiny = f64x2.splat(TINY);
  for (let q: usize = 0; q < bytes; q += 16) {
    const value = f64x2.mul(v128.load(row + q), v128.load(top + q));
    v128.store(row + q, f64x2.div(value, f64x2.add(v128.load(bottom + q), tiny)));
  }
}

/**
 * One update of H, then one of W.
 *
 * | array | type | what |
 * | --- | --- | --- |
 * | start | i32 | where the entries of each row begin, rows + 1 |
 * | column, value | i32, f64 | entries of X |
 * | w | f64 | rows x k |
 * | h | f64 | columns x k (H transposed) |
 * | scratch | f64 | (columns + 1 + 2 k) x k |
 *
 * k is even (padding columns of zeros stay zeros). Cost: O((entries + (rows + columns) k) k).
 * @param squares sum of squares of X. @returns the sum of squares of X - W H afterwards.
 */
export function updateFactors(
  rows: i32, columns: i32, k: i32, start: usize, column: usize, value: usize, w: usize, h: usize, scratch: usize, squares: f64,
): f64 {
  const bytes = <usize>k << 3;
  const top = scratch;
  const square = top + <usize>columns * bytes;
  const bottom = square + <usize>k * bytes;
  const after = bottom + bytes;
  clear(top, columns * k);
  for (let i = 0; i < rows; i++) {
    const wi = w + <usize>i * bytes;
    const end = load<i32>(start + (<usize>(i + 1) << 2));
    for (let e = load<i32>(start + (<usize>i << 2)); e < end; e++) {
      const v = f64x2.splat(load<f64>(value + (<usize>e << 3)));
      const to = top + <usize>load<i32>(column + (<usize>e << 2)) * bytes;
      for (let q: usize = 0; q < bytes; q += 16)
        v128.store(to + q, f64x2.add(v128.load(to + q), f64x2.mul(v, v128.load(wi + q))));
    }
  }
  gram(rows, k, w, square);
  for (let g = 0; g < columns; g++) scaleRow(k, h + <usize>g * bytes, top + <usize>g * bytes, square, bottom);
  gram(columns, k, h, square);
  let cross: f64 = 0;
  for (let i = 0; i < rows; i++) {
    const wi = w + <usize>i * bytes;
    clear(top, k);
    const end = load<i32>(start + (<usize>(i + 1) << 2));
    for (let e = load<i32>(start + (<usize>i << 2)); e < end; e++) {
      const v = f64x2.splat(load<f64>(value + (<usize>e << 3)));
      const from = h + <usize>load<i32>(column + (<usize>e << 2)) * bytes;
      for (let q: usize = 0; q < bytes; q += 16)
        v128.store(top + q, f64x2.add(v128.load(top + q), f64x2.mul(v, v128.load(from + q))));
    }
    scaleRow(k, wi, top, square, bottom);
    for (let p = 0; p < k; p++) cross += load<f64>(wi + (<usize>p << 3)) * load<f64>(top + (<usize>p << 3));
  }
  gram(rows, k, w, after);
  let model: f64 = 0;
  for (let p = 0; p < k * k; p++) model += load<f64>(after + (<usize>p << 3)) * load<f64>(square + (<usize>p << 3));
  return squares - 2 * cross + model;
}

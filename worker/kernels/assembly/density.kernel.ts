/**
 * Weighted sums over the columns of a grid along rows, then along columns: the local density of transcripts. Every sum is taken
 * from the centre outwards in float64, so that it has the same bits wherever its column lies on the grid, in vectors or not.
 *
 * Memory, all laid out by the caller (`bind-density.ts`); `stride` is the width, rounded up to a multiple of 8:
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | counts | f32 | height x stride: summed up on return; what lies beyond the width is 0, and anything on return |
 * | weights | f64 | reach + 1, that of the centre (1) first |
 * | line | f64 | stride + 2 reach: scratch |
 * | rows | f64 | (height + 2 reach) x stride: scratch |
 *
 * Nothing is allocated.
 */

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return __heap_base;
}

/** Sums counts in place, rounded to float32 after either direction. */
export function smooth(
  counts: usize,
  weights: usize,
  line: usize,
  rows: usize,
  stride: i32,
  height: i32,
  reach: i32,
): void {
  const wide = <usize>stride << 3;
  const margin = <usize>reach * wide;
  memory.fill(line, 0, wide + (<usize>reach << 4));
  memory.fill(rows, 0, margin);
  memory.fill(rows + margin + <usize>height * wide, 0, margin);
  const inner = line + (<usize>reach << 3);
  for (let j = 0; j < height; j++) {
    const row = counts + <usize>j * (wide >> 1);
    for (let i: usize = 0; i < wide; i += 16)
      v128.store(inner + i, f64x2.promote_low_f32x4(v128.load64_zero(row + (i >> 1))));
    const out = rows + margin + <usize>j * wide;
    for (let i: usize = 0; i < wide; i += 64) sumEight(inner + i, 8, weights, reach, out + i);
    for (let i: usize = 0; i < wide; i += 16)
      v128.store(out + i, f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(v128.load(out + i))));
  }
  for (let j = 0; j < height; j++) {
    const row = rows + margin + <usize>j * wide;
    const out = counts + <usize>j * (wide >> 1);
    for (let i: usize = 0; i < wide; i += 64) {
      sumEight(row + i, wide, weights, reach, line);
      for (let k: usize = 0; k < 64; k += 16)
        v128.store64_lane(out + ((i + k) >> 1), f32x4.demote_f64x2_zero(v128.load(line + k)), 0);
    }
  }
}

/** Sums of eight neighbours at once, so that a weight is loaded once for them: `step` bytes from one term to the next. */
// @ts-ignore: decorator
@inline
function sumEight(at: usize, step: usize, weights: usize, reach: i32, out: usize): void {
  let a = v128.load(at);
  let b = v128.load(at, 16);
  let c = v128.load(at, 32);
  let d = v128.load(at, 48);
  let low = at;
  let high = at;
  const end = weights + (<usize>reach << 3);
  for (let w = weights + 8; w <= end; w += 8) {
    low -= step;
    high += step;
    const weight = v128.load_splat<f64>(w);
    a = f64x2.add(a, f64x2.mul(weight, f64x2.add(v128.load(low), v128.load(high))));
    b = f64x2.add(b, f64x2.mul(weight, f64x2.add(v128.load(low, 16), v128.load(high, 16))));
    c = f64x2.add(c, f64x2.mul(weight, f64x2.add(v128.load(low, 32), v128.load(high, 32))));
    d = f64x2.add(d, f64x2.mul(weight, f64x2.add(v128.load(low, 48), v128.load(high, 48))));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

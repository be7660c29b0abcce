/**
 * Exact Euclidean distance to the background, squared and in pixels: along columns, then the lower envelope of parabolas along
 * rows (Meijster, Roerdink and Hesselink, Mathematical Morphology and its Applications, 2000; Felzenszwalb and Huttenlocher,
 * Theory of Computing 8:415, 2012). Beyond the edge of the image there is no background. At most 32767 rows and columns.
 */
const NONE: i32 = 0xffff;

/**
 * `mask`: bytes, 1 = foreground. `gap`: u16 scratch of the same shape with 16 spare bytes. `target`: i32, the squared distance,
 * 0 on background, 2^31 - 1 where the image holds no background. `envelope`: scratch of 3 (columns + 2) i32.
 */
export function distance(mask: usize, rows: i32, columns: i32, gap: usize, target: usize, envelope: usize): void {
  alongColumns(mask, rows, columns, gap);
  for (let y = 0; y < rows; y++) alongRow(gap + (<usize>(y * columns) << 1), columns, target + (<usize>(y * columns) << 2), envelope);
}

/** Distance to the nearest background of the same column; 65535 where there is none. */
function alongColumns(mask: usize, rows: i32, columns: i32, gap: usize): void {
  const stride = <usize>columns << 1;
  const one = i16x8.splat(1);
  const none = i16x8.splat(-1);
  for (let y = 0; y < rows; y++) {
    const row = gap + <usize>y * stride;
    for (let at: usize = 0; at < <usize>columns; at += 8) {
      const inside = i16x8.eq(v128.load8x8_u(mask + <usize>y * <usize>columns + at), one);
      const before = y > 0 ? i16x8.add_sat_u(v128.load(row - stride + (at << 1)), one) : none;
      v128.store(row + (at << 1), v128.and(inside, before));
    }
  }
  // Upwards in place: the last vector of a row would overwrite the row below, which is done, so it stops before its end.
  for (let y = rows - 2; y >= 0; y--) {
    const row = gap + <usize>y * stride;
    let at: usize = 0;
    for (; at + 16 <= stride; at += 16) {
      v128.store(row + at, i16x8.min_u(v128.load(row + at), i16x8.add_sat_u(v128.load(row + stride + at), one)));
    }
    for (; at < stride; at += 2) {
      const below = <i32>load<u16>(row + stride + at);
      const here = <i32>load<u16>(row + at);
      store<u16>(row + at, <u16>min(here, min(below + 1, NONE)));
    }
  }
}

function alongRow(gap: usize, columns: i32, target: usize, envelope: usize): void {
  let x = 0;
  while (x < columns) {
    if (load<u16>(gap + (<usize>x << 1)) == 0) {
      store<i32>(target + (<usize>x << 2), 0);
      x++;
      continue;
    }
    let end = x + 1;
    while (end < columns && load<u16>(gap + (<usize>end << 1)) != 0) end++;
    resolve(gap, max(x - 1, 0), min(end + 1, columns), x, end, target, envelope);
    x = end;
  }
}

/** One run of foreground `from` to `to`: the envelope of the parabolas of `first` to `last`, its ends included. */
function resolve(gap: usize, first: i32, last: i32, from: i32, to: i32, target: usize, envelope: usize): void {
  let size = 0;
  for (let q = first; q < last; q++) {
    const g = <i32>load<u16>(gap + (<usize>q << 1));
    if (g == NONE) continue;
    const height = g * g + q * q;
    let begin = first;
    while (size > 0) {
      const top = envelope + <usize>(size - 1) * 12;
      const v = load<i32>(top);
      // Last pixel where the parabola of v is at least as low as that of q.
      begin = floorDivide(height - load<i32>(top, 4), 2 * (q - v)) + 1;
      if (begin > load<i32>(top, 8)) break;
      size--;
      begin = first;
    }
    if (begin >= to) continue;
    const at = envelope + <usize>size * 12;
    store<i32>(at, q);
    store<i32>(at, height, 4);
    store<i32>(at, begin, 8);
    size++;
  }
  let k = 0;
  for (let x = from; x < to; x++) {
    let squared: i32 = i32.MAX_VALUE;
    if (size > 0) {
      while (k + 1 < size && load<i32>(envelope + <usize>(k + 1) * 12, 8) <= x) k++;
      const at = envelope + <usize>k * 12;
      const v = load<i32>(at);
      squared = load<i32>(at, 4) - v * v + (x - v) * (x - v);
    }
    store<i32>(target + (<usize>x << 2), squared);
  }
}

// @ts-ignore: decorator
@inline
function floorDivide(a: i32, b: i32): i32 {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

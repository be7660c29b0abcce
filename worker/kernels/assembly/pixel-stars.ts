/** Painting of star-convex polygons. */

/**
 * Paints polygons from the last to the first, so that the first lies on top; label = 1 + number. A pixel belongs to a polygon when
 * its centre does (even-odd; edges above and to the left count).
 *
 * `place`: i32 x 2 per polygon, row and column of the centre; `dist`: f32 x rays; `cosine`, `sine`: f64 x (rays + 1). `labels`: i32,
 * overwritten where polygons lie. Scratch: `corners` f64 x 2 (rays + 1); `lines` for each of `height` rows, at least as many as a
 * polygon meets, i32 and f64 x rays.
 */
export function paintStars(
  place: usize, dist: usize, n: i32, rays: i32, cosine: usize, sine: usize, labels: usize, rows: i32, columns: i32, corners: usize, lines: usize, height: i32,
): void {
  const xs = corners;
  const ys = corners + (<usize>(rays + 1) << 3);
  const crossings = lines + ((<usize>height + 1) >> 1 << 3);
  for (let i = n - 1; i >= 0; i--) {
    const row = f64(load<i32>(place + (<usize>i << 3)));
    const column = f64(load<i32>(place + (<usize>i << 3), 4));
    let top = Infinity;
    let bottom = -Infinity;
    for (let k = 0; k <= rays; k++) {
      const at = <usize>k << 3;
      const d = f64(load<f32>(dist + (<usize>(i * rays + (k == rays ? 0 : k)) << 2)));
      const y = row + d * load<f64>(sine + at);
      store<f64>(xs + at, column + d * load<f64>(cosine + at));
      store<f64>(ys + at, y);
      top = min(top, y);
      bottom = max(bottom, y);
    }
    const first = i32(max<f64>(0, NativeMath.ceil(top)));
    const last = i32(min<f64>(f64(rows - 1), NativeMath.ceil(bottom) - 1));
    if (last < first) continue;
    memory.fill(lines, 0, <usize>(last - first + 1) << 2);
    for (let k = 0; k < rays; k++) cross(xs + (<usize>k << 3), ys + (<usize>k << 3), first, last, lines, crossings, rays);
    for (let y = first; y <= last; y++) {
      const found = load<i32>(lines + (<usize>(y - first) << 2));
      const line = crossings + (<usize>((y - first) * rays) << 3);
      for (let c = 0; c + 1 < found; c += 2) {
        const from = i32(max<f64>(0, NativeMath.ceil(load<f64>(line + (<usize>c << 3)))));
        const to = i32(min<f64>(f64(columns), NativeMath.ceil(load<f64>(line + (<usize>c << 3), 8))));
        for (let x = from; x < to; x++) store<i32>(labels + (<usize>(y * columns + x) << 2), i + 1);
      }
    }
  }
}

/** Puts where an edge crosses each row among the crossings of that row, in order. */
// @ts-ignore: decorator
@inline
function cross(xs: usize, ys: usize, first: i32, last: i32, lines: usize, crossings: usize, rays: i32): void {
  const y0 = load<f64>(ys);
  const y1 = load<f64>(ys, 8);
  const x0 = load<f64>(xs);
  const width = load<f64>(xs, 8) - x0;
  const from = i32(max<f64>(f64(first), NativeMath.ceil(min(y0, y1))));
  const to = i32(min<f64>(f64(last), NativeMath.ceil(max(y0, y1)) - 1));
  for (let y = from; y <= to; y++) {
    const x = x0 + ((f64(y) - y0) / (y1 - y0)) * width;
    const count = lines + (<usize>(y - first) << 2);
    const line = crossings + (<usize>((y - first) * rays) << 3);
    let at = load<i32>(count);
    store<i32>(count, at + 1);
    for (; at > 0 && load<f64>(line + (<usize>(at - 1) << 3)) > x; at--)
      store<f64>(line + (<usize>at << 3), load<f64>(line + (<usize>(at - 1) << 3)));
    store<f64>(line + (<usize>at << 3), x);
  }
}

/**
 * Smoothing of float32 planes (row-major, rows x columns). Every output pixel is the same sum in the same order wherever it
 * lies, in vectors or not, so a tile gives the bits of the whole image. Beyond the edge the nearest pixel is repeated.
 *
 * Every plane has 64 spare bytes behind it, which vectors of four may read and write.
 */

/** Replaces raw intensities by (x - low) * scale within [floor, ceiling]; NaN becomes 0. In place. */
export function normalise(plane: usize, pixels: i32, low: f32, scale: f32, floor: f32, ceiling: f32): void {
  const vLow = f32x4.splat(low);
  const vScale = f32x4.splat(scale);
  const vFloor = f32x4.splat(floor);
  const vCeiling = f32x4.splat(ceiling);
  const end = plane + (<usize>pixels << 2);
  for (let p = plane; p < end; p += 16) {
    const x = f32x4.mul(f32x4.sub(v128.load(p), vLow), vScale);
    const known = f32x4.eq(x, x);
    v128.store(p, v128.and(known, f32x4.max(vFloor, f32x4.min(vCeiling, x))));
  }
}

/**
 * Separable symmetric filter: `weights` f32 x (radius + 1), the centre first. `line` is scratch of columns + 2 radius + 16
 * f32. `target` differs from `source`. Cost: 2 (radius + 1) products per pixel.
 */
export function smooth(source: usize, target: usize, line: usize, rows: i32, columns: i32, weights: usize, radius: i32): void {
  const stride = <usize>columns << 2;
  const inner = line + (<usize>radius << 2);
  const innerEnd = inner + stride;
  for (let y = 0; y < rows; y++) {
    sumRows(source, y, rows, stride, inner, weights, radius);
    const first = load<f32>(inner);
    const final = load<f32>(innerEnd - 4);
    for (let k = 0; k < radius; k++) {
      store<f32>(line + (<usize>k << 2), first);
      store<f32>(innerEnd + (<usize>k << 2), final);
    }
    sumColumns(inner, target + <usize>y * stride, stride, weights, radius);
  }
}

/** Weighted sum of the rows about row `y`; sixteen pixels at a time, so that a weight is loaded once for them. */
// @ts-ignore: decorator
@inline
function sumRows(source: usize, y: i32, rows: i32, stride: usize, target: usize, weights: usize, radius: i32): void {
  const last = rows - 1;
  const row = source + <usize>y * stride;
  const centre = v128.load_splat<f32>(weights);
  let at: usize = 0;
  for (; at + 64 <= stride; at += 64) {
    let a = f32x4.mul(centre, v128.load(row + at));
    let b = f32x4.mul(centre, v128.load(row + at, 16));
    let c = f32x4.mul(centre, v128.load(row + at, 32));
    let d = f32x4.mul(centre, v128.load(row + at, 48));
    for (let k = 1; k <= radius; k++) {
      const up = source + <usize>max(y - k, 0) * stride + at;
      const down = source + <usize>min(y + k, last) * stride + at;
      const weight = v128.load_splat<f32>(weights + (<usize>k << 2));
      a = f32x4.add(a, f32x4.mul(weight, f32x4.add(v128.load(up), v128.load(down))));
      b = f32x4.add(b, f32x4.mul(weight, f32x4.add(v128.load(up, 16), v128.load(down, 16))));
      c = f32x4.add(c, f32x4.mul(weight, f32x4.add(v128.load(up, 32), v128.load(down, 32))));
      d = f32x4.add(d, f32x4.mul(weight, f32x4.add(v128.load(up, 48), v128.load(down, 48))));
    }
    v128.store(target + at, a);
    v128.store(target + at, b, 16);
    v128.store(target + at, c, 32);
    v128.store(target + at, d, 48);
  }
  for (; at < stride; at += 16) {
    let sum = f32x4.mul(centre, v128.load(row + at));
    for (let k = 1; k <= radius; k++) {
      const up = source + <usize>max(y - k, 0) * stride + at;
      const down = source + <usize>min(y + k, last) * stride + at;
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(weights + (<usize>k << 2)), f32x4.add(v128.load(up), v128.load(down))));
    }
    v128.store(target + at, sum);
  }
}

/** Weighted sum along a row that has `radius` pixels more at both ends. */
// @ts-ignore: decorator
@inline
function sumColumns(row: usize, target: usize, stride: usize, weights: usize, radius: i32): void {
  const centre = v128.load_splat<f32>(weights);
  let at: usize = 0;
  for (; at + 64 <= stride; at += 64) {
    let a = f32x4.mul(centre, v128.load(row + at));
    let b = f32x4.mul(centre, v128.load(row + at, 16));
    let c = f32x4.mul(centre, v128.load(row + at, 32));
    let d = f32x4.mul(centre, v128.load(row + at, 48));
    for (let k = 1; k <= radius; k++) {
      const off = <usize>k << 2;
      const left = row + at - off;
      const right = row + at + off;
      const weight = v128.load_splat<f32>(weights + off);
      a = f32x4.add(a, f32x4.mul(weight, f32x4.add(v128.load(left), v128.load(right))));
      b = f32x4.add(b, f32x4.mul(weight, f32x4.add(v128.load(left, 16), v128.load(right, 16))));
      c = f32x4.add(c, f32x4.mul(weight, f32x4.add(v128.load(left, 32), v128.load(right, 32))));
      d = f32x4.add(d, f32x4.mul(weight, f32x4.add(v128.load(left, 48), v128.load(right, 48))));
    }
    v128.store(target + at, a);
    v128.store(target + at, b, 16);
    v128.store(target + at, c, 32);
    v128.store(target + at, d, 48);
  }
  for (; at < stride; at += 16) {
    let sum = f32x4.mul(centre, v128.load(row + at));
    for (let k = 1; k <= radius; k++) {
      const off = <usize>k << 2;
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(weights + off), f32x4.add(v128.load(row + at - off), v128.load(row + at + off))));
    }
    v128.store(target + at, sum);
  }
}

/** Least and mean value of every block of `size` x `size` pixels; blocks at the lower and right edge hold what there is. */
export function blocks(source: usize, rows: i32, columns: i32, size: i32, least: usize, mean: usize): void {
  const blockRows = (rows + size - 1) / size;
  const blockColumns = (columns + size - 1) / size;
  const stride = <usize>columns << 2;
  let to: usize = 0;
  for (let by = 0; by < blockRows; by++) {
    const y0 = by * size;
    const y1 = min(y0 + size, rows);
    for (let bx = 0; bx < blockColumns; bx++) {
      const x0 = bx * size;
      const x1 = min(x0 + size, columns);
      let low: f32 = f32.MAX_VALUE;
      let sum: f32 = 0;
      for (let y = y0; y < y1; y++) {
        const row = source + <usize>y * stride;
        for (let x = x0; x < x1; x++) {
          const value = load<f32>(row + (<usize>x << 2));
          low = min(low, value);
          sum += value;
        }
      }
      store<f32>(least + to, low);
      store<f32>(mean + to, sum / f32((y1 - y0) * (x1 - x0)));
      to += 4;
    }
  }
}

/** Minimum over the square of half side `radius` around each pixel, clipped at the edge. `between` is a scratch plane. */
export function minimum(source: usize, target: usize, between: usize, rows: i32, columns: i32, radius: i32): void {
  const stride = <usize>columns << 2;
  for (let y = 0; y < rows; y++) {
    const to = between + <usize>y * stride;
    const y0 = max(y - radius, 0);
    const y1 = min(y + radius, rows - 1);
    for (let at: usize = 0; at < stride; at += 16) {
      let low = v128.load(source + <usize>y0 * stride + at);
      for (let k = y0 + 1; k <= y1; k++) low = f32x4.min(low, v128.load(source + <usize>k * stride + at));
      v128.store(to + at, low);
    }
  }
  for (let y = 0; y < rows; y++) {
    const row = between + <usize>y * stride;
    const to = target + <usize>y * stride;
    for (let x = 0; x < columns; x++) {
      let low: f32 = f32.MAX_VALUE;
      const x1 = min(x + radius, columns - 1);
      for (let k = max(x - radius, 0); k <= x1; k++) low = min(low, load<f32>(row + (<usize>k << 2)));
      store<f32>(to + (<usize>x << 2), low);
    }
  }
}

/**
 * Mean absolute response to (1 -2 1; -2 4 -2; 1 -2 1) in every block, which measures noise and little else (Immerkær, Comput
 * Vis Image Underst 64:300, 1996), over every second row of the block that has neighbours above and below; 0 where none has.
 */
export function roughness(image: usize, rows: i32, columns: i32, size: i32, target: usize): void {
  const blockRows = (rows + size - 1) / size;
  const blockColumns = (columns + size - 1) / size;
  const stride = <usize>columns << 2;
  let to: usize = 0;
  for (let by = 0; by < blockRows; by++) {
    for (let bx = 0; bx < blockColumns; bx++) {
      const x0 = max(bx * size, 1);
      const x1 = min(bx * size + size, columns - 1);
      const y1 = min(by * size + size, rows - 1);
      let sum: f32 = 0;
      let n = 0;
      for (let y = by * size + 1; y < y1; y += 2) {
        for (let x = x0; x < x1; x++) {
          const at = image + <usize>y * stride + (<usize>x << 2);
          const sides = bend(at - stride) + bend(at + stride);
          sum += abs(sides - <f32>2 * bend(at));
          n++;
        }
      }
      store<f32>(target + to, n > 0 ? sum / f32(n) : 0);
      to += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function bend(at: usize): f32 {
  return load<f32>(at - 4) - <f32>2 * load<f32>(at) + load<f32>(at + 4);
}

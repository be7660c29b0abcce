/**
 * Following flows to their sinks, and flows of a mask (Stringer et al., Nat Methods 18:100, 2021); our own implementation.
 *
 * Memory, all laid out by the caller (`bind-cellpose.ts`); planes are row-major, rows x columns:
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | flow | f32 | rows x columns x 2: step along rows and along columns in pixels, 0 outside the foreground |
 * | from | i32 | pixels that move: their place in the plane |
 * | sink | i32 | pixels that move: where each ends, filled by `follow` |
 * | labels | i32 | rows x columns, for `maskError` |
 * | heat | f64 | 2 x (side rows + 2) x (side columns + 2) of the largest box that is asked for |
 *
 * Nothing is allocated. Cost: `follow` 200 bilinear reads per pixel, `maskError` 9 reads per pixel of the box and round.
 */

let rows: i32 = 0;
let columns: i32 = 0;
let flow: usize = 0;
let from: usize = 0;
let sink: usize = 0;
let labels: usize = 0;
let heat: usize = 0;

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

export function setUp(height: i32, width: i32, flowAt: usize, fromAt: usize, sinkAt: usize, labelsAt: usize, heatAt: usize): void {
  rows = height;
  columns = width;
  flow = flowAt;
  from = fromAt;
  sink = sinkAt;
  labels = labelsAt;
  heat = heatAt;
}

/** Moves `count` pixels along the flow for `steps` Euler steps, interpolated between pixel centres and kept in the plane. */
export function follow(count: i32, steps: i32): void {
  const lastY = f32(rows - 1);
  const lastX = f32(columns - 1);
  for (let i = 0; i < count; i++) {
    const place = load<i32>(from + (<usize>i << 2));
    let y = f32(place / columns);
    let x = f32(place % columns);
    for (let step = 0; step < steps; step++) {
      const y0 = i32(y);
      const x0 = i32(x);
      const down: usize = y0 < rows - 1 ? <usize>columns << 3 : 0;
      const right: usize = x0 < columns - 1 ? 8 : 0;
      const fy = y - f32(y0);
      const fx = x - f32(x0);
      const at = flow + ((<usize>y0 * <usize>columns + <usize>x0) << 3);
      const gy: f32 = <f32>1.0 - fy;
      const gx: f32 = <f32>1.0 - fx;
      const w00 = gy * gx;
      const w01 = gy * fx;
      const w10 = fy * gx;
      const w11 = fy * fx;
      const dy =
        w00 * load<f32>(at) + w01 * load<f32>(at + right) + w10 * load<f32>(at + down) + w11 * load<f32>(at + down + right);
      const dx =
        w00 * load<f32>(at, 4) + w01 * load<f32>(at + right, 4) + w10 * load<f32>(at + down, 4) + w11 * load<f32>(at + down + right, 4);
      const ny = min<f32>(max<f32>(y + dy, 0), lastY);
      const nx = min<f32>(max<f32>(x + dx, 0), lastX);
      // A pixel that no longer moves has arrived.
      if (ny == y && nx == x) break;
      y = ny;
      x = nx;
    }
    store<i32>(sink + (<usize>i << 2), i32(y) * columns + i32(x));
  }
}

/**
 * Mean squared difference between the flow and the unit flow of a mask, over the pixels of label `label` in the box from
 * (top, left) of `height` x `width`. The flow of a mask is the gradient of heat that spreads from its centre, for
 * 2 (height + width + 2) rounds.
 */
export function maskError(label: i32, top: i32, left: i32, height: i32, width: i32, centreY: i32, centreX: i32): f64 {
  const stride = width + 2;
  const size = <usize>(height + 2) * <usize>stride;
  const other = heat + (size << 3);
  memory.fill(heat, 0, size << 4);
  const centre = <usize>((centreY - top + 1) * stride + centreX - left + 1) << 3;
  let now = heat;
  let then = other;
  const rounds = 2 * (height + width + 2);
  const ninth: f64 = 1.0 / 9.0;
  for (let round = 0; round < rounds; round++) {
    store<f64>(now + centre, load<f64>(now + centre) + 1);
    for (let y = 0; y < height; y++) {
      const row = labels + ((<usize>(top + y) * <usize>columns + <usize>left) << 2);
      const up = now + (<usize>(y * stride) << 3);
      const mid = up + (<usize>stride << 3);
      const low = mid + (<usize>stride << 3);
      const to = then + (<usize>((y + 1) * stride + 1) << 3);
      for (let x = 0; x < width; x++) {
        if (load<i32>(row + (<usize>x << 2)) != label) continue;
        const at = <usize>x << 3;
        const sum =
          load<f64>(mid + at, 8) +
          load<f64>(up + at, 8) +
          load<f64>(low + at, 8) +
          load<f64>(mid + at) +
          load<f64>(mid + at, 16) +
          load<f64>(up + at) +
          load<f64>(up + at, 16) +
          load<f64>(low + at) +
          load<f64>(low + at, 16);
        store<f64>(to + at, sum * ninth);
      }
    }
    const swap = now;
    now = then;
    then = swap;
  }
  return difference(now, label, top, left, height, width);
}

function difference(warm: usize, label: i32, top: i32, left: i32, height: i32, width: i32): f64 {
  const stride = <usize>(width + 2) << 3;
  let sum: f64 = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    const place = <usize>(top + y) * <usize>columns + <usize>left;
    for (let x = 0; x < width; x++) {
      if (load<i32>(labels + ((place + x) << 2)) != label) continue;
      const at = warm + <usize>(y + 1) * stride + (<usize>(x + 1) << 3);
      const dy = load<f64>(at + stride) - load<f64>(at - stride);
      const dx = load<f64>(at + 8) - load<f64>(at - 8);
      const length = Math.sqrt(dy * dy + dx * dx) + 1e-60;
      const ey = dy / length - f64(load<f32>(flow + ((place + x) << 3)));
      const ex = dx / length - f64(load<f32>(flow + ((place + x) << 3), 4));
      sum += ey * ey + ex * ex;
      count++;
    }
  }
  return count == 0 ? 0 : sum / f64(count);
}

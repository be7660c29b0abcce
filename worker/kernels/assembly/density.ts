import { exp } from './math';
import { countWork, DENSITY_TERMS } from './work';

/** Gaussian weights below this are cut off: 3.717 bandwidths. */
const REACH: f64 = 3.7169221888498383;

/** Weights of the voxels whose centres lie within reach of `p` along one axis into `out`; returns the first voxel. */
function axisWeights(p: f64, first: f64, edge: f64, bandwidth: f64, steps: i32, out: usize): i32 {
  const reach = REACH * bandwidth;
  const start = i32(floor<f64>((p - reach) / edge - first));
  for (let k = 0; k < steps; k++) {
    const d = (first + f64(start + k) + 0.5) * edge - p;
    const z = d / bandwidth;
    store<f32>(out + (<usize>k << 2), abs<f64>(d) > reach ? f32(0) : f32(exp(-0.5 * z * z)));
  }
  return start;
}

/**
 * Local transcript density at voxel centres (1.4 step 7): sum of Gaussian weights of x and y, each cut at 3.717 bandwidths.
 * @param x,y f32[count] microns; @param out f32[height][width], zeroed; voxel (i, j) has its centre at
 * (first + (i, j) + 0.5) * edge + origin; @param scratch f32[2 * (8 * bandwidth / edge + 4)].
 */
export function addDensity(
  x: usize, y: usize, count: i32, out: usize, width: i32, height: i32,
  originX: f64, originY: f64, firstX: f64, firstY: f64, edge: f64, bandwidth: f64, scratch: usize,
): void {
  const steps = i32(floor<f64>((2.0 * REACH * bandwidth) / edge)) + 2;
  const across = scratch;
  const down = scratch + (<usize>steps << 2);
  for (let n = 0; n < count; n++) {
    const i0 = axisWeights(f64(load<f32>(x + (<usize>n << 2))) - originX, firstX, edge, bandwidth, steps, across);
    const j0 = axisWeights(f64(load<f32>(y + (<usize>n << 2))) - originY, firstY, edge, bandwidth, steps, down);
    const from = max<i32>(0, -i0);
    const to = min<i32>(steps, width - i0);
    for (let k = max<i32>(0, -j0); k < min<i32>(steps, height - j0); k++) {
      const w = load<f32>(down + (<usize>k << 2));
      if (w == 0) continue;
      const row = out + (<usize>((j0 + k) * width + i0 + from) << 2);
      countWork(DENSITY_TERMS, to - from);
      addScaled(row, across + (<usize>from << 2), w, to - from);
    }
  }
}

/** row[i] += w * weights[i]. */
function addScaled(row: usize, weights: usize, w: f32, n: i32): void {
  const w4 = f32x4.splat(w);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const o = <usize>i << 2;
    v128.store(row + o, f32x4.add(v128.load(row + o), f32x4.mul(w4, v128.load(weights + o))));
  }
  for (; i < n; i++) {
    const o = <usize>i << 2;
    store<f32>(row + o, load<f32>(row + o) + w * load<f32>(weights + o));
  }
}

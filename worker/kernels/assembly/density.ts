import { exp } from './math';

/**
 * Local transcript density at voxel centres (1.4 step 7): sum of Gaussian weights cut at 1e-3.
 * @param x,y f32[count] microns; @param out f32[height][width], zeroed; voxel (i, j) has its centre at (first + i + 0.5) * edge + origin.
 */
export function addDensity(
  x: usize, y: usize, count: i32, out: usize, width: i32, height: i32,
  originX: f64, originY: f64, firstX: f64, firstY: f64, edge: f64, bandwidth: f64,
): void {
  const cut2 = 2.0 * bandwidth * bandwidth * 6.907755278982137;
  const reach = sqrt<f64>(cut2);
  const scale = -1.0 / (2.0 * bandwidth * bandwidth);
  for (let n = 0; n < count; n++) {
    const px = f64(load<f32>(x + (<usize>n << 2))) - originX;
    const py = f64(load<f32>(y + (<usize>n << 2))) - originY;
    const i0 = max<i32>(0, i32(floor<f64>((px - reach) / edge - firstX)));
    const i1 = min<i32>(width - 1, i32(floor<f64>((px + reach) / edge - firstX)));
    const j0 = max<i32>(0, i32(floor<f64>((py - reach) / edge - firstY)));
    const j1 = min<i32>(height - 1, i32(floor<f64>((py + reach) / edge - firstY)));
    for (let j = j0; j <= j1; j++) {
      const dy = (firstY + f64(j) + 0.5) * edge - py;
      for (let i = i0; i <= i1; i++) {
        const dx = (firstX + f64(i) + 0.5) * edge - px;
        const d2 = dx * dx + dy * dy;
        if (d2 > cut2) continue;
        const at = out + (<usize>(j * width + i) << 2);
        store<f32>(at, load<f32>(at) + f32(exp(d2 * scale)));
      }
    }
  }
}

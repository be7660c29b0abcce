import type { WatershedSettings } from '@spatile/formats/config/segment';
import type { PixelMemory } from '../../../kernels/bind-pixels.ts';
import type { Layout, Scale } from './layout.ts';

/** Brightest normalised pixel that counts: brighter debris would raise the local mean around it. */
const CEILING = 2;
const FLOOR = -0.5;
/** Turns the mean absolute response to the noise mask into a standard deviation: sqrt(pi / 2) / 6. */
const NOISE = 0.2088857;

/**
 * Smooths and normalises the image and marks its foreground (method notes, 7.1): brighter, above the local background, than
 * the slide's Otsu level, the local mean and the noise, each times a factor; opened by a 3 x 3 cross, small holes filled.
 *
 * Takes raw intensities in `work`. Leaves `image`, `mask`, and on blocks `least` (background), `surface` (threshold).
 */
export function markForeground(
  memory: PixelMemory,
  at: Layout,
  scale: Scale,
  settings: WatershedSettings,
  frozen: { low: number; high: number; otsu: number },
  pixelUm: number,
): void {
  const { kernel } = memory;
  const { rows, columns } = at;
  const span = frozen.high - frozen.low;
  kernel.normalise(at.work, at.pixels, frozen.low, span > 0 ? 1 / span : 0, FLOOR, CEILING);
  const blockRows = Math.ceil(rows / scale.block);
  const blockColumns = Math.ceil(columns / scale.block);
  const smoothBlocks = (from: number, to: number, weights: Float32Array): void => {
    memory.floats(at.weights, weights.length).set(weights);
    kernel.smooth(from, to, at.line, blockRows, blockColumns, at.weights, weights.length - 1);
  };
  kernel.roughness(at.work, rows, columns, scale.block, at.spare);
  smoothBlocks(at.spare, at.noise, scale.localMean);
  memory.floats(at.weights, scale.smooth.length).set(scale.smooth);
  kernel.smooth(at.work, at.image, at.line, rows, columns, at.weights, scale.smooth.length - 1);
  kernel.blocks(at.image, rows, columns, scale.block, at.spare, at.mean);
  kernel.minimum(at.spare, at.least, at.surface, blockRows, blockColumns, scale.backgroundReach);
  memory.floats(at.spare, at.blocks).set(memory.floats(at.least, at.blocks));
  smoothBlocks(at.spare, at.least, scale.background);
  const mean = memory.floats(at.mean, at.blocks);
  const least = memory.floats(at.least, at.blocks);
  for (let i = 0; i < at.blocks; i++) mean[i] -= least[i];
  smoothBlocks(at.mean, at.spare, scale.localMean);
  const local = memory.floats(at.spare, at.blocks);
  const noise = memory.floats(at.noise, at.blocks);
  const surface = memory.floats(at.surface, at.blocks);
  const floor = settings.otsuFactor * frozen.otsu;
  // A Gaussian of s pixels leaves 1 / (2 sqrt(pi) s) of white noise.
  const noiseFactor = (settings.minContrast * NOISE) / Math.max(1, 3.5449077 * (settings.smoothUm / pixelUm));
  for (let i = 0; i < at.blocks; i++)
    surface[i] = least[i] + Math.max(floor, settings.localFactor * local[i], noiseFactor * noise[i]);
  kernel.above(at.image, rows, columns, at.surface, scale.block, at.line, at.level, at.other);
  kernel.cross(at.other, at.mask, rows, columns, true);
  kernel.cross(at.mask, at.other, rows, columns, false);
  kernel.fillHoles(at.other, rows, columns, scale.holePixels, scale.holeReach, at.list);
}

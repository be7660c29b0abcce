import type { WatershedSettings } from '@spatile/formats/config/segment';
import type { PixelMemory } from '../../../kernels/bind-pixels.ts';
import { type Layout, type Scale, seedReach } from './layout.ts';

/** Keys count in steps of 1/256 um. */
const STEPS_PER_UM = 256;

/**
 * Divides the foreground in `other` among seeds: peaks of the smoothed distance to the background (method notes, 7.2 and
 * 7.3), flooded downwards. Leaves `labels`, 1..n in scan order of the seeds, and gives n.
 */
export function divideForeground(
  memory: PixelMemory,
  at: Layout,
  scale: Scale,
  settings: WatershedSettings,
  pixelUm: number,
): number {
  const { kernel } = memory;
  const { rows, columns, pixels } = at;
  kernel.distance(at.other, rows, columns, at.keys, at.work, at.envelope);
  kernel.toMicrons(at.work, pixels, pixelUm, settings.maxRadiusUm);
  memory.floats(at.weights, scale.seedSmooth.length).set(scale.seedSmooth);
  kernel.smooth(at.work, at.labels, at.line, rows, columns, at.weights, scale.seedSmooth.length - 1);
  kernel.quantise(at.labels, at.image, settings.brightnessUm, at.other, pixels, at.keys);
  memory.integers(at.labels, pixels).fill(0);
  const peaks = kernel.localMaxima(at.keys, rows, columns, at.seeds);
  const depth = Math.round(settings.seedDepthUm * STEPS_PER_UM);
  const n = kernel.prominent(
    at.keys,
    rows,
    columns,
    at.seeds,
    peaks,
    depth,
    seedReach(scale),
    scale.seedSpacing,
    at.labels,
    at.list,
  );
  memory.integers(at.labels, pixels).fill(0);
  const reachSq = scale.radius ** 2;
  kernel.flood(at.keys, rows, columns, at.seeds, n, reachSq, at.labels, at.work, at.queues, at.ranks);
  return n;
}

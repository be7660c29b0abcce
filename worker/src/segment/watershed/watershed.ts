import type { WatershedSettings } from '@spatile/formats/config/segment';
import { openPixels, type PixelMemory } from '../../../kernels/bind-pixels.ts';
import type { ImageMethod, Instances } from '../method.ts';
import { divideForeground } from './divide.ts';
import { markForeground } from './foreground.ts';
import { type Layout, layOut, type Scale, scaleOf } from './layout.ts';

/**
 * Nuclei by the classical way, without weights (method notes, section 7): threshold above the local background, distance to
 * the background, watershed from its peaks. Works on the first channel. The same pixels give the same instances in any tile,
 * `watershedHaloUm` away from the tile's edge.
 *
 * Score of an instance: its brightness above the threshold as a share of that above the background, times how round it is.
 * Memory: 18 bytes per pixel beside the input and the labels. Errors: RangeError above 32767 rows or columns or 2^27 pixels.
 */
export const watershed: ImageMethod<WatershedSettings> = async (planes, model, settings) => {
  const memory = await openPixels();
  const { rows, columns, pixelSizeUm } = planes;
  const scale = scaleOf(settings, pixelSizeUm);
  const at = layOut(memory, rows, columns, scale);
  memory.floats(at.work, at.pixels).set(planes.channels[0]);
  markForeground(memory, at, scale, settings, { ...model.limits[0], otsu: model.otsu }, pixelSizeUm);
  const n = divideForeground(memory, at, scale, settings, pixelSizeUm);
  return keepNuclei(memory, at, scale, settings, n, pixelSizeUm);
};

/** Drops what is too small or too large, renumbers the rest in scan order of their seeds and scores them. */
function keepNuclei(
  memory: PixelMemory,
  layout: Layout,
  scale: Scale,
  settings: WatershedSettings,
  n: number,
  pixelUm: number,
): Instances {
  const { kernel } = memory;
  const { rows, columns, pixels } = layout;
  // Keys and masks are done with; their place takes the sums.
  const at = memory.within(layout.keys, 4 * pixels, {
    shapes: 32 * (n + 1),
    sums: 8 * (n + 1),
    names: 4 * (n + 1),
  });
  kernel.measure(layout.labels, rows, columns, at.shapes, n);
  kernel.sumOver(layout.labels, rows, columns, layout.image, at.sums, n);
  const shapes = memory.integers(at.shapes, 8 * (n + 1));
  const sums = memory.doubles(at.sums, n + 1);
  const names = memory.integers(at.names, n + 1);
  const least = memory.floats(layout.least, layout.blocks);
  const surface = memory.floats(layout.surface, layout.blocks);
  const blockColumns = Math.ceil(columns / scale.block);
  const scores: number[] = [];
  names[0] = 0;
  for (let label = 1; label <= n; label++) {
    const [area, edges, top, bottom, left, right] = shapes.subarray(8 * label, 8 * label + 6);
    const areaUm2 = area * pixelUm ** 2;
    names[label] = 0;
    if (areaUm2 < settings.minAreaUm2 || areaUm2 > settings.maxAreaUm2) continue;
    const row = Math.floor((top + bottom) / 2 / scale.block);
    const block = row * blockColumns + Math.floor((left + right) / 2 / scale.block);
    const above = sums[label] / area - least[block];
    const contrast = above > 0 ? 1 - (surface[block] - least[block]) / above : 0;
    // A disc of pixels has 8 r edges.
    const round = (64 / Math.PI) * (area / edges ** 2);
    scores.push(Math.max(0, Math.min(1, contrast)) * Math.min(1, round));
    names[label] = scores.length;
  }
  kernel.rename(layout.labels, pixels, at.names);
  return {
    rows,
    columns,
    labels: memory.integers(layout.labels, pixels).slice(),
    scores: Float32Array.from(scores),
  };
}

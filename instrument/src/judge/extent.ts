import type { RectUm } from '@spatile/formats/space';
import type { Truth } from './truth.ts';

/** Smallest rectangle around all places of birth; a point at 0 without transcripts. */
export function birthExtent({ x, y }: Pick<Truth, 'x' | 'y'>): RectUm {
  const extent = { x0: x[0] ?? 0, y0: y[0] ?? 0, x1: x[0] ?? 0, y1: y[0] ?? 0 };
  for (let row = 1; row < x.length; row++) {
    extent.x0 = Math.min(extent.x0, x[row]);
    extent.y0 = Math.min(extent.y0, y[row]);
    extent.x1 = Math.max(extent.x1, x[row]);
    extent.y1 = Math.max(extent.y1, y[row]);
  }
  return extent;
}

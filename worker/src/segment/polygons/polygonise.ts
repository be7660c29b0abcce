import { outlineLabels } from '../../../kernels/bind-outlines.ts';
import { openPixels } from '../../../kernels/bind-pixels.ts';
import type { Instances } from '../method.ts';

/** Distance in pixels that simplifying may move an outline by; cutting the corners of pixels adds at most 0.36. */
export const OUTLINE_TOLERANCE_PX = 0.35;
/** Beyond this a line could jump over a pixel without crossing its outline. */
export const MAX_TOLERANCE_PX = 0.5;

/**
 * Outlines of all instances: `rings[label - 1]` is one closed, simple ring of the largest piece of the label (pieces joined at
 * corners count as one), its holes filled; empty for labels without pixels and for those inside another's hole. Interleaved
 * x = column, y = row in pixels of the image (pixel i covers [i, i + 1)), first point = last, positive shoelace area.
 *
 * Borders run through the middles of pixel edges and are simplified to `tolerancePx`, shared ones once for both sides; those
 * that would cross another are left as they are. So no two outlines share area. Errors: RangeError for a tolerance above 0.5.
 */
export async function polygonise(
  { labels, rows, columns, scores }: Instances,
  tolerancePx = OUTLINE_TOLERANCE_PX,
): Promise<Float64Array[]> {
  if (!(tolerancePx >= 0 && tolerancePx <= MAX_TOLERANCE_PX))
    throw new RangeError(`outlines cannot be simplified to ${tolerancePx} pixels`);
  return outlineLabels(await openPixels(), labels, rows, columns, scores.length, tolerancePx);
}

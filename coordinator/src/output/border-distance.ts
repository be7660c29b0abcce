import type { RectUm } from '@spatile/formats/space';

/**
 * Distance in microns from a point in a core to the nearest edge that the core shares with another tile; infinite edges of
 * the slide do not count. The slide's diagonal when the core has no inner edge.
 */
export function borderDistanceUm(core: RectUm, extent: RectUm, x: number, y: number): number {
  const distances = [
    core.x0 > extent.x0 ? Math.abs(x - core.x0) : Number.POSITIVE_INFINITY,
    core.x1 < extent.x1 ? Math.abs(core.x1 - x) : Number.POSITIVE_INFINITY,
    core.y0 > extent.y0 ? Math.abs(y - core.y0) : Number.POSITIVE_INFINITY,
    core.y1 < extent.y1 ? Math.abs(core.y1 - y) : Number.POSITIVE_INFINITY,
  ];
  const nearest = Math.min(...distances);
  return Number.isFinite(nearest) ? nearest : Math.hypot(extent.x1 - extent.x0, extent.y1 - extent.y0);
}

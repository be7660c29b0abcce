/** Frames and rectangles. Coordinates are microns in the slide's own frame, x right, y down. */

/** Half-open rectangle `[x0, x1) x [y0, y1)` in microns. */
export interface RectUm {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function rectContains(rect: RectUm, x: number, y: number): boolean {
  return x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1;
}

export function rectsIntersect(a: RectUm, b: RectUm): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

/** The rectangle grown by `marginUm` on every side. */
export function growRect(rect: RectUm, marginUm: number): RectUm {
  return { x0: rect.x0 - marginUm, y0: rect.y0 - marginUm, x1: rect.x1 + marginUm, y1: rect.y1 + marginUm };
}

/** Distance in microns from a point to a rectangle; 0 inside. */
export function distanceToRectUm(rect: RectUm, x: number, y: number): number {
  const dx = Math.max(rect.x0 - x, 0, x - rect.x1);
  const dy = Math.max(rect.y0 - y, 0, y - rect.y1);
  return Math.sqrt(dx * dx + dy * dy);
}

/** A 3x3 affine transform, row by row; the last row is 0 0 1. Maps (x, y, 1). */
export type Affine = readonly [number, number, number, number, number, number, number, number, number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** The inverse of an affine transform; NaN entries when it has none (determinant 0). */
export function invertAffine([a, b, c, d, e, f]: Affine): Affine {
  const det = a * e - b * d;
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det, 0, 0, 1];
}

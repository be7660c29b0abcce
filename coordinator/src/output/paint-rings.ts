import type { PixelRect } from '@spatile/formats/image/packed';

/**
 * Gives the free (0) pixels of a window whose centres lie within rings (even-odd) a label; in place. Rings that share an edge
 * share no pixel and leave none between them: where an edge crosses a row does not depend on its direction.
 *
 * @param labels of the window, row by row. @param rings in pixels (x, y); the centre of pixel i is i + 0.5.
 */
export function paintRings(
  labels: Uint32Array,
  { x0, y0, x1, y1 }: PixelRect,
  rings: readonly Float64Array[],
  label: number,
): void {
  const crossings = new Map<number, number[]>();
  for (const ring of rings) {
    for (let v = 0; v < ring.length; v += 2) {
      const next = (v + 2) % ring.length;
      crossEdge(ring[v], ring[v + 1], ring[next], ring[next + 1], y0, y1, crossings);
    }
  }
  for (const [row, at] of crossings) {
    at.sort((a, b) => a - b);
    for (let k = 0; k + 1 < at.length; k += 2) {
      const from = Math.max(x0, Math.ceil(at[k] - 0.5));
      const to = Math.min(x1, Math.ceil(at[k + 1] - 0.5));
      const start = (row - y0) * (x1 - x0) - x0;
      for (let x = from; x < to; x++) if (labels[start + x] === 0) labels[start + x] = label;
    }
  }
}

/** Adds where an edge crosses the centres of rows `[y0, y1)`; its lower end counts, its upper end does not. */
function crossEdge(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  y0: number,
  y1: number,
  crossings: Map<number, number[]>,
): void {
  if (ay === by) return;
  if (ay > by) [ax, ay, bx, by] = [bx, by, ax, ay];
  const last = Math.min(y1, Math.ceil(by - 0.5));
  for (let row = Math.max(y0, Math.ceil(ay - 0.5)); row < last; row++) {
    const x = ax + ((row + 0.5 - ay) * (bx - ax)) / (by - ay);
    const there = crossings.get(row);
    if (there === undefined) crossings.set(row, [x]);
    else there.push(x);
  }
}

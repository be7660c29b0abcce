/**
 * Convex hull of whole pixels, as a closed ring of pixel corners (interleaved x, y in pixels), by Andrew's monotone chain
 * (Inf Process Lett 9:216, 1979). One pixel gives its square, so every set of pixels has an area and stays connected.
 *
 * `columns`, `rows`: the pixels, integers in any order, repeats allowed, at least one.
 */
export function pixelHull(columns: readonly number[], rows: readonly number[]): Float64Array {
  const low = new Map<number, number>();
  const high = new Map<number, number>();
  for (let i = 0; i < rows.length; i++) {
    low.set(rows[i], Math.min(low.get(rows[i]) ?? columns[i], columns[i]));
    high.set(rows[i], Math.max(high.get(rows[i]) ?? columns[i], columns[i]));
  }
  const corners: [number, number][] = [];
  for (const [row, left] of low) {
    const right = high.get(row)! + 1;
    corners.push([left, row], [right, row], [left, row + 1], [right, row + 1]);
  }
  corners.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const lower = chain(corners);
  const upper = chain(corners.reverse());
  return Float64Array.from([...lower.slice(0, -1), ...upper.slice(0, -1), lower[0]].flat());
}

function chain(points: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const point of points) {
    while (out.length >= 2 && cross(out[out.length - 2], out[out.length - 1], point) <= 0) out.pop();
    out.push(point);
  }
  return out;
}

function cross(a: [number, number], b: [number, number], c: [number, number]): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

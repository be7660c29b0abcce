import type { Arc } from './outline-borders.ts';

/**
 * The way of an arc through the middles of the pixel edges, which cuts every corner of a pixel off: points interleaved x, y,
 * multiples of 1/2. Ends of open arcs stay. Different arcs share no point but their ends.
 */
export function smoothed({ corners, closed }: Arc): Float64Array {
  const n = corners.length / 2;
  const points: number[] = [];
  const middle = (from: number, towards: number): void => {
    const x = corners[2 * from];
    const y = corners[2 * from + 1];
    points.push(x + Math.sign(corners[2 * towards] - x) / 2, y + Math.sign(corners[2 * towards + 1] - y) / 2);
  };
  if (!closed) points.push(corners[0], corners[1]);
  for (let k = closed ? 0 : 1; k < (closed ? n : n - 1); k++) {
    middle(k, (k + n - 1) % n);
    middle(k, (k + 1) % n);
  }
  if (!closed) points.push(corners[2 * n - 2], corners[2 * n - 1]);
  else points.push(points[0], points[1]);
  return withoutRepeats(points);
}

function withoutRepeats(points: number[]): Float64Array {
  let kept = 2;
  for (let k = 2; k < points.length; k += 2) {
    if (points[k] === points[kept - 2] && points[k + 1] === points[kept - 1]) continue;
    points[kept] = points[k];
    points[kept + 1] = points[k + 1];
    kept += 2;
  }
  return Float64Array.from(points.slice(0, kept));
}

/**
 * Leaves points out of a line so that none left out is farther than `tolerance` from what stays (Douglas and Peucker,
 * Cartographica 10:112, 1973). Of a closed line the first point and the one farthest from it stay.
 */
export function simplified(points: Float64Array, closed: boolean, tolerance: number): Float64Array {
  const n = points.length / 2;
  const keep = new Uint8Array(n);
  keep[0] = 1;
  keep[n - 1] = 1;
  const spans: [number, number][] = [[0, n - 1]];
  if (closed) {
    let far = 0;
    let most = 0;
    for (let k = 1; k < n - 1; k++) {
      const square = (points[2 * k] - points[0]) ** 2 + (points[2 * k + 1] - points[1]) ** 2;
      if (square > most) {
        most = square;
        far = k;
      }
    }
    keep[far] = 1;
    spans.splice(0, 1, [0, far], [far, n - 1]);
  }
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    const worst = farthest(points, from, to, tolerance ** 2);
    if (worst < 0) continue;
    keep[worst] = 1;
    spans.push([from, worst], [worst, to]);
  }
  return points.filter((_, i) => keep[i >> 1] === 1);
}

/** The point between two others that is farthest from the segment between them, -1 if none is farther than allowed. */
function farthest(points: Float64Array, from: number, to: number, limitSq: number): number {
  const [x0, y0] = [points[2 * from], points[2 * from + 1]];
  const dx = points[2 * to] - x0;
  const dy = points[2 * to + 1] - y0;
  const lengthSq = dx * dx + dy * dy;
  let most = limitSq;
  let worst = -1;
  for (let k = from + 1; k < to; k++) {
    const px = points[2 * k] - x0;
    const py = points[2 * k + 1] - y0;
    const along = lengthSq === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / lengthSq));
    const square = (px - along * dx) ** 2 + (py - along * dy) ** 2;
    if (square > most) {
      most = square;
      worst = k;
    }
  }
  return worst;
}

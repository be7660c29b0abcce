import type { Stars } from './star-overlap.ts';

/** Stars in rank order, and the direction of their rays. */
interface DirectedStars extends Stars {
  cosine: ArrayLike<number>;
  sine: ArrayLike<number>;
}

/**
 * The plain twin of `pixel-stars.ts`.
 *
 * Paints polygons from the last rank to the first, so that the most probable lies on top; label = 1 + rank. A pixel belongs
 * to a polygon when its centre does (even-odd; edges above and to the left count).
 *
 * `labels`: rows x columns, overwritten where polygons lie.
 */
export function paintStars(stars: DirectedStars, labels: Int32Array, rows: number, columns: number): void {
  const { rays, place } = stars;
  const xs = new Float64Array(rays + 1);
  const ys = new Float64Array(rays + 1);
  const crossings = new Float64Array(rays);
  for (let i = place.length / 2 - 1; i >= 0; i--) {
    let top = Number.POSITIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let k = 0; k <= rays; k++) {
      const d = stars.dist[i * rays + (k % rays)];
      xs[k] = place[2 * i + 1] + d * stars.cosine[k];
      ys[k] = place[2 * i] + d * stars.sine[k];
      if (ys[k] < top) top = ys[k];
      if (ys[k] > bottom) bottom = ys[k];
    }
    const last = Math.min(rows - 1, Math.ceil(bottom) - 1);
    for (let y = Math.max(0, Math.ceil(top)); y <= last; y++) {
      const found = cross(xs, ys, rays, y, crossings);
      for (let c = 0; c + 1 < found; c += 2) {
        const from = Math.max(0, Math.ceil(crossings[c]));
        const to = Math.min(columns, Math.ceil(crossings[c + 1]));
        if (to > from) labels.fill(i + 1, y * columns + from, y * columns + to);
      }
    }
  }
}

/** Where the outline crosses row `y`, in order; how many. */
function cross(xs: Float64Array, ys: Float64Array, rays: number, y: number, crossings: Float64Array): number {
  let found = 0;
  for (let k = 0; k < rays; k++) {
    const y0 = ys[k];
    const y1 = ys[k + 1];
    if (y0 <= y === y1 <= y) continue;
    const x = xs[k] + ((y - y0) / (y1 - y0)) * (xs[k + 1] - xs[k]);
    let at = found++;
    for (; at > 0 && crossings[at - 1] > x; at--) crossings[at] = crossings[at - 1];
    crossings[at] = x;
  }
  return found;
}

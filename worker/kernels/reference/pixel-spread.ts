/** Slow twins of `pixel-spread.ts`. Planes are row-major. */

interface Shape {
  rows: number;
  columns: number;
}

const STRAIGHT = 5;
const DIAGONAL = 7;

/** Weights by how far pixels of `fine` stand out from `coarse`. */
export function ridges(
  fine: Float32Array,
  coarse: Float32Array,
  floor: number,
  contrast: number,
  most: number,
): Uint8Array {
  return Uint8Array.from(fine, (value, i) => {
    const mean = Math.max(coarse[i], 0);
    const share = (value - mean) / ((mean + floor) * contrast);
    return share > 0 ? 1 + Math.floor(Math.min(share, 1) * most) : 1;
  });
}

/** Cost of the cheapest way from any pixel of one label to every pixel, by relaxing until nothing changes. */
function costsFrom(starts: Uint8Array, weights: Uint8Array, { rows, columns }: Shape): Float64Array {
  const cost = Float64Array.from(starts, (start) => (start ? 0 : Number.POSITIVE_INFINITY));
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = 0; at < cost.length; at++) {
      if (weights[at] === 0 || starts[at]) continue;
      const [y, x] = [Math.floor(at / columns), at % columns];
      for (let v = Math.max(0, y - 1); v <= Math.min(rows - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
          const price = cost[v * columns + u] + (u === x || v === y ? STRAIGHT : DIAGONAL) * weights[at];
          if ((u === x && v === y) || price >= cost[at]) continue;
          cost[at] = price;
          changed = true;
        }
    }
  }
  return cost;
}

/** The label whose way to a pixel is cheapest, the lowest of several; 0 where none is within `limit`. Labels keep their pixels. */
export function spread(labels: Int32Array, weights: Uint8Array, shape: Shape, limit: number): Int32Array {
  const best = new Float64Array(labels.length).fill(Number.POSITIVE_INFINITY);
  const out = new Int32Array(labels.length);
  const found = [...new Set(labels)].filter((label) => label > 0).sort((a, b) => a - b);
  for (const label of found) {
    const own = Uint8Array.from(labels, (k) => (k === label ? 1 : 0));
    // A way never leads through the pixels that others start from: they are theirs at no cost.
    const open = weights.map((weight, i) => (labels[i] > 0 ? 0 : weight));
    costsFrom(own, open, shape).forEach((cost, i) => {
      if (cost > limit || cost >= best[i]) return;
      best[i] = cost;
      out[i] = label;
    });
  }
  return out;
}

/** Border pixels of labels 1..n, and how many of them weigh at least `least`. */
export function rims(
  labels: Int32Array,
  weights: Uint8Array,
  { rows, columns }: Shape,
  least: number,
  n: number,
): [number, number][] {
  return Array.from({ length: n }, (_, k) => {
    const border = [...labels.keys()].filter((at) => {
      if (labels[at] !== k + 1) return false;
      const [y, x] = [Math.floor(at / columns), at % columns];
      return [
        [y, x - 1],
        [y, x + 1],
        [y - 1, x],
        [y + 1, x],
      ].some(([v, u]) => v >= 0 && u >= 0 && v < rows && u < columns && labels[v * columns + u] !== k + 1);
    });
    return [border.length, border.filter((at) => weights[at] >= least).length];
  });
}

/**
 * Grows labels to the nearest labelled pixel: an exact Euclidean distance transform that carries the label, in two
 * separable passes over integer squared distances (Felzenszwalb and Huttenlocher, Theory of Computing 8:415, 2012, with
 * the integer boundaries of Meijster et al., 2000).
 *
 * Ties go to the lower label. Comparing the pair (d^2, label) is comparing d^2 * M + label with M above every label, and
 * that is again a family of parabolas of one curvature, so the envelope finds the winner of a tie without looking at ties.
 *
 * `labels`: height x width, row-major. 0 = free, k > 0 = grows, k < 0 = belongs to -k and does not grow (labels up to 2^20).
 * `limitSq`: largest squared distance in pixels (centre to centre), an integer.
 * Returns a new raster: the cell of every pixel, 0 where none is in reach. Cost: two sweeps, about 10 bytes per pixel in all.
 */
export function growLabels(labels: Int32Array, width: number, height: number, limitSq: number): Int32Array {
  const reach = Math.min(Math.floor(Math.sqrt(limitSq)), FAR - 1);
  const nearest = new Int32Array(labels.length);
  const distance = new Uint16Array(labels.length);
  sweepDown(labels, width, height, reach, nearest, distance);
  const row = new RowEnvelope(width, highest(labels) + 1, limitSq);
  const below = new Int32Array(width);
  const belowDistance = new Uint16Array(width).fill(FAR);
  for (let y = height - 1; y >= 0; y--) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      const label = labels[at + x];
      if (label > 0) {
        below[x] = label;
        belowDistance[x] = 0;
        continue;
      }
      if (belowDistance[x] < reach) belowDistance[x]++;
      else belowDistance[x] = FAR;
      const fromBelow = belowDistance[x];
      const fromAbove = distance[at + x];
      if (fromBelow < fromAbove || (fromBelow === fromAbove && below[x] < nearest[at + x])) {
        distance[at + x] = fromBelow;
        nearest[at + x] = below[x];
      }
    }
    row.resolve(labels, nearest, distance, at);
  }
  return nearest;
}

/** A distance that means none in reach. */
const FAR = 0xffff;

function highest(labels: Int32Array): number {
  let most = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] > most) most = labels[i];
  return most;
}

/** Distance and label of the nearest growing pixel above in the same column (0 on the pixel itself). */
function sweepDown(
  labels: Int32Array,
  width: number,
  height: number,
  reach: number,
  nearest: Int32Array,
  distance: Uint16Array,
): void {
  const d = new Uint16Array(width).fill(FAR);
  const label = new Int32Array(width);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (labels[i] > 0) {
        d[x] = 0;
        label[x] = labels[i];
      } else if (d[x] < reach) d[x]++;
      else d[x] = FAR;
      distance[i] = d[x];
      nearest[i] = label[x];
    }
  }
}

/** The pass along one row: lower envelope of the parabolas of its pixels, separately in each gap between growing pixels. */
class RowEnvelope {
  readonly #width: number;
  readonly #scale: number;
  readonly #limitSq: number;
  /** Apex, cost at the apex, label and first pixel of the parabolas of the envelope. */
  readonly #apex: Int32Array;
  readonly #cost: Float64Array;
  readonly #label: Int32Array;
  readonly #start: Int32Array;
  #size = 0;

  constructor(width: number, scale: number, limitSq: number) {
    this.#width = width;
    this.#scale = scale;
    this.#limitSq = limitSq;
    this.#apex = new Int32Array(width);
    this.#cost = new Float64Array(width);
    this.#label = new Int32Array(width);
    this.#start = new Int32Array(width);
  }

  resolve(labels: Int32Array, nearest: Int32Array, distance: Uint16Array, at: number): void {
    const width = this.#width;
    let x = 0;
    while (x < width) {
      if (labels[at + x] > 0) {
        x++;
        continue;
      }
      let end = x + 1;
      while (end < width && labels[at + end] <= 0) end++;
      // No parabola beyond a growing pixel can win in the gap: that pixel itself is nearer and at no height.
      const from = Math.max(0, x - 1);
      const to = Math.min(width, end + 1);
      this.#build(nearest, distance, at, from, to);
      this.#fill(labels, nearest, at, x, end);
      x = end;
    }
  }

  #build(nearest: Int32Array, distance: Uint16Array, at: number, from: number, to: number): void {
    const scale = this.#scale;
    const apex = this.#apex;
    const cost = this.#cost;
    const start = this.#start;
    let size = 0;
    for (let q = from; q < to; q++) {
      const d = distance[at + q];
      if (d === FAR) continue;
      const label = nearest[at + q];
      const costQ = d * d * scale + label;
      let begin = from;
      while (size > 0) {
        const v = apex[size - 1];
        // Last pixel where the parabola of v is at least as low as that of q.
        const last = Math.floor(((q * q - v * v) * scale + costQ - cost[size - 1]) / (2 * scale * (q - v)));
        begin = last + 1;
        if (last >= start[size - 1]) break;
        size--;
        begin = from;
      }
      if (begin >= to) continue;
      apex[size] = q;
      cost[size] = costQ;
      this.#label[size] = label;
      start[size] = begin;
      size++;
    }
    this.#size = size;
  }

  #fill(labels: Int32Array, nearest: Int32Array, at: number, from: number, to: number): void {
    const size = this.#size;
    let k = 0;
    for (let x = from; x < to; x++) {
      const label = labels[at + x];
      if (label < 0 || size === 0) {
        nearest[at + x] = -label;
        continue;
      }
      while (k + 1 < size && this.#start[k + 1] <= x) k++;
      const dx = x - this.#apex[k];
      const heightSq = (this.#cost[k] - this.#label[k]) / this.#scale;
      nearest[at + x] = dx * dx + heightSq <= this.#limitSq ? this.#label[k] : 0;
    }
  }
}

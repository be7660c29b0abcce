/** The kernel of local density in plain TypeScript: slow, obvious, trusted. */

/** Weighted sums over distances from 0 outwards, along rows and then along columns, rounded to float32 after either. */
export function weightedSums(
  counts: Float32Array,
  width: number,
  height: number,
  weights: Float64Array,
): Float32Array {
  const sums = (values: Float32Array, step: number, along: (at: number) => number, size: number) =>
    values.map((value, at) => {
      let sum = value;
      for (let k = 1; k < weights.length; k++) {
        const before = along(at) - k >= 0 ? values[at - k * step] : 0;
        const behind = along(at) + k < size ? values[at + k * step] : 0;
        sum += weights[k] * (before + behind);
      }
      return sum;
    });
  const across = sums(counts, 1, (at) => at % width, width);
  return sums(across, width, (at) => Math.floor(at / width), height);
}

import { describe, expect, it } from 'vitest';
import { weightedSums } from '../../worker/kernels/bind-density.ts';

/** The definition, in the order of distances: rows first, each axis rounded to float32. */
function reference(counts: Float32Array, width: number, height: number, weights: Float64Array): Float32Array {
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

describe('weighted sums over columns', () => {
  it.each([
    [1, 1, 0],
    [7, 5, 3],
    [8, 8, 7],
    [17, 40, 12],
    [40, 3, 39],
  ])(
    'of %i x %i columns within %i are the bits of the definition, whatever the kernel held before',
    async (width, height, reach) => {
      const weights = Float64Array.from({ length: reach + 1 }, (_, k) => 1 / (1 + k * k * 0.37));
      const counts = Float32Array.from({ length: width * height }, (_, i) => ((i * 7919) % 11) % 4);
      await weightedSums(new Float32Array(50 * 50).fill(9), 50, 50, Float64Array.of(1, 0.5, 0.25));
      expect(await weightedSums(counts, width, height, weights)).toEqual(
        reference(counts, width, height, weights),
      );
    },
  );

  it('refuse counts of another size and other weights', async () => {
    await expect(weightedSums(new Float32Array(5), 2, 3, Float64Array.of(1))).rejects.toThrow(RangeError);
    await expect(weightedSums(new Float32Array(6), 2, 3, Float64Array.of(0.5))).rejects.toThrow(RangeError);
    await expect(weightedSums(new Float32Array(0), -1, 0, Float64Array.of(1))).rejects.toThrow(RangeError);
  });
});

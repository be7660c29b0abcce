import { describe, expect, it } from 'vitest';
import { weightedSums } from '../../worker/kernels/bind-density.ts';
import * as twin from '../../worker/kernels/reference/density.ts';

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
        twin.weightedSums(counts, width, height, weights),
      );
    },
  );

  it('refuse counts of another size and other weights', async () => {
    await expect(weightedSums(new Float32Array(5), 2, 3, Float64Array.of(1))).rejects.toThrow(RangeError);
    await expect(weightedSums(new Float32Array(6), 2, 3, Float64Array.of(0.5))).rejects.toThrow(RangeError);
    await expect(weightedSums(new Float32Array(0), -1, 0, Float64Array.of(1))).rejects.toThrow(RangeError);
  });
});

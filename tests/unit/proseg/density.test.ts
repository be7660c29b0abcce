import { exp } from '@spatile/random/elementary';
import { columnCounts, localDensity } from '@spatile/worker/assign/proseg/density';
import type { TileGrid } from '@spatile/worker/assign/proseg/grid';
import { describe, expect, it, test } from 'vitest';

/** The definition, pair by pair. */
function byPairs(
  counts: Float32Array,
  width: number,
  height: number,
  voxelUm: number,
  bandwidthUm: number,
): Float64Array {
  const reach = Math.min(
    Math.floor((3.7169221888498383 * bandwidthUm) / voxelUm),
    Math.max(width, height) - 1,
  );
  const weight = (k: number): number =>
    Math.abs(k) > reach ? 0 : Math.exp(-0.5 * ((k * voxelUm) / bandwidthUm) ** 2);
  return Float64Array.from(counts, (_, at) => {
    let sum = 0;
    counts.forEach((n, from) => {
      sum +=
        n * weight((at % width) - (from % width)) * weight(Math.floor(at / width) - Math.floor(from / width));
    });
    return sum;
  });
}

const scattered = (n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 5) % 3);

describe('local density', () => {
  it.each([
    [13, 9, 1, 2],
    [9, 13, 2, 10],
    [20, 1, 1, 0.5],
    [1, 1, 1, 10],
  ])(
    'of %i x %i columns of %f um at a bandwidth of %f um is the sum over pairs',
    async (width, height, voxel, bandwidth) => {
      const counts = scattered(width * height);
      const expected = byPairs(counts, width, height, voxel, bandwidth);
      (await localDensity(counts, width, height, voxel, bandwidth, exp)).forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at], 4);
      });
    },
  );

  it('gives a transcript a weight of 1 in its own column, and does not change the counts', async () => {
    const counts = new Float32Array(81);
    counts[40] = 1;
    const density = await localDensity(counts, 9, 9, 1, 3, exp);
    expect(density[40]).toBe(1);
    expect(density[39]).toBeCloseTo(Math.exp(-1 / 18), 6);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(1);
  });

  it('has the same bits wherever the grid begins', async () => {
    const [width, height, reach] = [40, 30, 11];
    const counts = scattered(width * height);
    const whole = await localDensity(counts, width, height, 1, 3, exp);
    const part = new Float32Array(28 * height);
    for (let j = 0; j < height; j++) part.set(counts.subarray(j * width + 6, j * width + 34), j * 28);
    const cut = await localDensity(part, 28, height, 1, 3, exp);
    for (let j = 0; j < height; j++)
      for (let i = reach; i < 28 - reach; i++) expect(cut[j * 28 + i]).toBe(whole[j * width + i + 6]);
  });
});

test('only transcripts of the model count, in whatever order they come: no control, and none is left out', () => {
  const grid = { width: 3, height: 2 } as TileGrid;
  // Rows 0 and 2 are controls: they lie in columns of their own.
  const [x, y] = [Uint16Array.of(0, 1, 0, 2, 2), Uint16Array.of(0, 0, 1, 1, 1)];
  expect([...columnCounts(grid, Uint32Array.of(4, 1, 3), x, y)]).toEqual([0, 1, 0, 0, 0, 2]);
});

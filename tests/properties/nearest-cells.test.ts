import { nearestCells } from '@spatile/coordinator/correct/resolvi/nearest';
import { trainingPools } from '@spatile/coordinator/correct/resolvi/pools';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Points on a coarse grid (so that distances tie), some far off. */
const points = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(5000))),
  { minLength: 1, maxLength: 60 },
);

describe('nearest cells', () => {
  test('are those of a search over all cells', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 12 }), (xy, most) => {
        const spatial = Float64Array.from(xy.flat());
        const rows = Uint32Array.from(xy.keys()).filter((row) => row % 5 !== 3);
        const { count, row, distance } = nearestCells(spatial, rows, most);
        expect(count).toBe(Math.max(0, Math.min(most, rows.length - 1)));
        rows.forEach((own, i) => {
          const all = Array.from(rows)
            .filter((other) => other !== own)
            .map((other) => ({
              other,
              d: (xy[other][0] - xy[own][0]) ** 2 + (xy[other][1] - xy[own][1]) ** 2,
            }))
            .sort((a, b) => a.d - b.d || a.other - b.other)
            .slice(0, count);
          expect([...row.subarray(i * count, (i + 1) * count)]).toEqual(all.map(({ other }) => other));
          expect([...distance.subarray(i * count, (i + 1) * count)]).toEqual(
            all.map(({ d }) => Math.fround(d)),
          );
        });
      }),
    );
  });
});

describe('pools', () => {
  test('hold every cell once and no more entries than they may, about', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 40 }), fc.integer(), (xy, most, seed) => {
        const start = Float64Array.from({ length: xy.length + 1 }, (_, i) => 3 * i);
        const table = { start, spatial: Float64Array.from(xy.flat()) } as Parameters<typeof trainingPools>[0];
        const rows = Uint32Array.from(xy.keys());
        const pools = trainingPools(table, rows, seed, most);
        expect(pools.flatMap((pool) => [...pool]).sort((a, b) => a - b)).toEqual([...rows]);
        expect(pools.length).toBeLessThanOrEqual(Math.ceil((3 * rows.length) / most));
        for (const pool of pools) expect([...pool]).toEqual([...pool].sort((a, b) => a - b));
      }),
    );
  });
});

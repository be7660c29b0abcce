import { CellIndex } from '@spatile/coordinator/cells/region';
import { SeedGrid } from '@spatile/coordinator/cells/seed-grid';
import type { CellTable } from '@spatile/coordinator/cells/table';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const place = fc.oneof(fc.double({ min: -50, max: 150, noNaN: true }), fc.constantFrom(0, 16, 32, 1e5, -1e5));

describe('a grid of seeds', () => {
  it('finds the same cells as looking at all of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 1, 25, 40, 1e6),
        (seeds, distance) => {
          const seedX = Float64Array.from(seeds, ([x]) => x);
          const seedY = Float64Array.from(seeds, ([, y]) => y);
          const grid = new SeedGrid({ seedX, seedY });
          seeds.forEach(([x, y], at) => {
            const expected = seeds.flatMap(([u, v], i) =>
              i !== at && (u - x) ** 2 + (v - y) ** 2 <= distance * distance ? [i + 1] : [],
            );
            expect(grid.within(at, distance)).toEqual(expected);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps its size when seeds lie far apart', () => {
    const far = Float64Array.of(0, 1e9, 2e9);
    expect(new SeedGrid({ seedX: far, seedY: far }).within(1, 2e9)).toEqual([1, 3]);
    expect(new SeedGrid({ seedX: far, seedY: new Float64Array(3) }).within(0, 1e9)).toEqual([2]);
  });
});

describe('an index of cells', () => {
  it('counts the seeds of a rectangle as looking at all of them does', () => {
    const coordinate = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coordinate, coordinate), { maxLength: 40 }),
        coordinate,
        coordinate,
        (found, a, b) => {
          const seeds = found.sort(([ax, ay], [bx, by]) => ay - by || ax - bx);
          const index = new CellIndex({
            seedX: Float64Array.from(seeds, ([x]) => x),
            seedY: Float64Array.from(seeds, ([, y]) => y),
            reachUm: new Float64Array(seeds.length),
          } as CellTable);
          const rect = { x0: Math.min(a, b), x1: Math.max(a, b), y0: a, y1: b };
          const expected = seeds.filter(
            ([x, y]) => x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1,
          );
          expect(index.seedsIn(rect)).toBe(expected.length);
        },
      ),
    );
  });
});

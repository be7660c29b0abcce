import { SeedGrid } from '@spatile/coordinator/cells/seed-grid';
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

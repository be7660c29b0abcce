import { ShapeIndex } from '@spatile/instrument/judge/outlines/shape-index';
import { measureSpans, ROW_UM, spansOf } from '@spatile/instrument/judge/outlines/spans';
import fc from 'fast-check';
import { intersection, union } from 'polyclip-ts';
import { expect, it } from 'vitest';

type Point = [x: number, y: number];

/** A star about a point: a simple polygon of any shape, as x, y pairs. */
const stars = fc
  .record({
    x: fc.integer({ min: -20, max: 20 }),
    y: fc.integer({ min: -20, max: 20 }),
    radii: fc.array(fc.integer({ min: 10, max: 160 }), { minLength: 3, maxLength: 14 }),
    turn: fc.integer({ min: 0, max: 99 }),
  })
  .map(({ x, y, radii, turn }) =>
    Float64Array.from({ length: 2 * radii.length }, (_, i) => {
      const angle = (2 * Math.PI * ((i >> 1) + turn / 100)) / radii.length;
      const radius = radii[i >> 1] / 8;
      return i % 2 === 0 ? x + radius * Math.cos(angle) : y + radius * Math.sin(angle);
    }),
  );

const asPolygon = (ring: Float64Array): Point[][] => [
  Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]] as Point),
];

/** Area of what polyclip gives: outer rings less holes. */
function clippedArea(polygons: readonly Point[][][]): number {
  const ringArea = (ring: readonly Point[]): number =>
    Math.abs(
      ring.reduce((twice, [x, y], i) => {
        const [nx, ny] = ring[(i + 1) % ring.length];
        return twice + x * ny - nx * y;
      }, 0) / 2,
    );
  return polygons.reduce(
    (sum, [outer, ...holes]) => sum + ringArea(outer) - holes.reduce((all, hole) => all + ringArea(hole), 0),
    0,
  );
}

/** The midpoint rule errs by about a row's height squared at each of the corners. */
const tolerance = (...rings: Float64Array[]): number =>
  rings.reduce((sum, ring) => sum + 2 * ROW_UM * ROW_UM * ring.length, 0.5);

it('agrees with polygon clipping on shared and joint areas of random stars', () => {
  fc.assert(
    fc.property(stars, stars, (a, b) => {
      const [one, other] = [spansOf([[a]], 'a'), spansOf([[b]], 'b')];
      let shared = 0;
      new ShapeIndex([one]).overlaps(other, (_, um2) => {
        shared = um2;
      });
      const clipped = clippedArea(intersection(asPolygon(a), asPolygon(b)));
      expect(Math.abs(shared - clipped)).toBeLessThan(tolerance(a, b));
      const both = measureSpans(spansOf([[a], [b]], 'both')).area;
      expect(Math.abs(both - clippedArea(union(asPolygon(a), asPolygon(b))))).toBeLessThan(tolerance(a, b));
      // What is joint is what either has, less what both have: exactly, on one set of rows.
      expect(both).toBeCloseTo(measureSpans(one).area + measureSpans(other).area - shared, 2);
    }),
    { numRuns: 150 },
  );
});

it('gives a shape all of itself', () => {
  fc.assert(
    fc.property(stars, (ring) => {
      const spans = spansOf([[ring]], 'a');
      const { area } = measureSpans(spans);
      new ShapeIndex([spansOf([[ring]], 'b')]).overlaps(spans, (_, um2) => expect(um2).toBe(area));
    }),
  );
});

import { pointInRings, signedRingArea } from '@spatile/formats/geometry/ring';
import type { Instances } from '@spatile/worker/segment/method';
import { polygonise } from '@spatile/worker/segment/polygons/polygonise';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const image = (rows: number, columns: number, labels: number[]): Instances => ({
  rows,
  columns,
  labels: Int32Array.from(labels),
  scores: new Float32Array(Math.max(0, ...labels)),
});

/** Label images from noise to blobs: each pixel repeats the one to its left or above it, or is drawn anew. */
const anyImage = fc
  .record({
    rows: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 12 }),
    draws: fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 4 })), {
      minLength: 144,
      maxLength: 144,
    }),
    again: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ rows, columns, draws, again }) => {
    const labels: number[] = [];
    for (let i = 0; i < rows * columns; i++) {
      const [how, fresh] = draws[i];
      const near = how % 2 === 0 ? i - 1 : i - columns;
      labels.push(how < again && near >= 0 ? labels[near] : fresh);
    }
    return image(rows, columns, labels);
  });

type Segment = [number, number, number, number];
const segmentsOf = (ring: Float64Array): Segment[] =>
  Array.from({ length: Math.max(0, ring.length / 2 - 1) }, (_, k) => [
    ring[2 * k],
    ring[2 * k + 1],
    ring[2 * k + 2],
    ring[2 * k + 3],
  ]);
const side = ([ax, ay, bx, by]: Segment, x: number, y: number): number =>
  Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
/** Whether two segments cross inside both. */
const cross = (a: Segment, b: Segment): boolean =>
  side(a, b[0], b[1]) * side(a, b[2], b[3]) < 0 && side(b, a[0], a[1]) * side(b, a[2], a[3]) < 0;

describe('polygonise', () => {
  test.each([0, 0.35, 0.5])(
    'gives simple rings that share no area, at a tolerance of %d pixels',
    async (tolerance) => {
      await fc.assert(
        fc.asyncProperty(
          anyImage,
          fc.array(fc.tuple(fc.nat(1023), fc.nat(1023)), { maxLength: 50 }),
          async (given, places) => {
            const rings = await polygonise(given, tolerance);
            for (const ring of rings.filter(({ length }) => length > 0)) {
              expect(ring.length).toBeGreaterThanOrEqual(8);
              expect([ring[0], ring[1]]).toEqual([ring[ring.length - 2], ring[ring.length - 1]]);
              expect(signedRingArea(ring)).toBeGreaterThan(0);
              const corners = segmentsOf(ring).map(([x, y]) => `${x} ${y}`);
              expect(new Set(corners).size).toBe(corners.length);
            }
            const all = rings.flatMap(segmentsOf);
            for (let i = 0; i < all.length; i++)
              for (let j = 0; j < i; j++) expect(cross(all[i], all[j])).toBe(false);
            for (const [u, v] of places) {
              // Off every line through multiples of 1/2 that is likely.
              const x = ((u + 0.37) / 1024) * given.columns;
              const y = ((v + 0.61) / 1024) * given.rows;
              expect(
                rings.filter((ring) => ring.length > 0 && pointInRings([ring], x, y)).length,
              ).toBeLessThan(2);
            }
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  test('without simplification holds the centres of the pixels of a label and no others', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (given) => {
        const rings = await polygonise(given, 0);
        rings.forEach((ring, i) => {
          if (ring.length === 0) return;
          given.labels.forEach((label, at) => {
            const [x, y] = [at % given.columns, Math.floor(at / given.columns)];
            if (!pointInRings([ring], x + 0.5, y + 0.5)) return;
            // Another label's pixel lies inside only if that label was enclosed or has a larger piece elsewhere.
            if (label !== 0 && label !== i + 1) {
              const other = rings[label - 1];
              expect(other.length === 0 || !pointInRings([other], x + 0.5, y + 0.5)).toBe(true);
            }
          });
        });
      }),
      { numRuns: 200 },
    );
  });

  test('gives a disc its area, and two halves a common border', async () => {
    const size = 41;
    const disc = (x: number, y: number): boolean => (x - 20) ** 2 + (y - 20) ** 2 <= 15 ** 2;
    const labels = Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)];
      return disc(x, y) ? (x < 20 ? 1 : 2) : 0;
    });
    const whole = await polygonise(
      image(
        size,
        size,
        labels.map((label) => Math.min(label, 1)),
      ),
    );
    expect(signedRingArea(whole[0]) / (Math.PI * 15.25 ** 2)).toBeCloseTo(1, 1);
    expect(whole[0].length / 2).toBeLessThan(40);
    const halves = await polygonise(image(size, size, labels));
    const sum = signedRingArea(halves[0]) + signedRingArea(halves[1]);
    expect(Math.abs(sum - signedRingArea(whole[0]))).toBeLessThan(8);
    const border = (ring: Float64Array): string[] =>
      segmentsOf(ring)
        .filter(([x0, , x1]) => x0 === 20 && x1 === 20)
        .map((segment) => [segment[1], segment[3]].sort((a, b) => a - b).join(' '));
    expect(border(halves[0]).sort()).toEqual(border(halves[1]).sort());
    expect(border(halves[0])).toHaveLength(1);
  });

  test('fills holes, joins pieces at corners, keeps the largest piece, drops what is enclosed', async () => {
    const ring = await polygonise(image(3, 3, [1, 1, 1, 1, 0, 1, 1, 1, 1]), 0);
    expect(signedRingArea(ring[0])).toBe(9 - 4 / 8);
    const enclosed = await polygonise(image(3, 3, [1, 1, 1, 1, 2, 1, 1, 1, 1]), 0);
    expect(enclosed.map(({ length }) => length > 0)).toEqual([true, false]);
    const diagonal = await polygonise(image(2, 2, [1, 0, 0, 1]), 0);
    expect(pointInRings(diagonal, 0.5, 0.5) && pointInRings(diagonal, 1.5, 1.5)).toBe(true);
    const pieces = await polygonise(image(1, 5, [1, 0, 0, 1, 1]), 0);
    expect([pointInRings(pieces, 0.5, 0.5), pointInRings(pieces, 3.5, 0.5)]).toEqual([false, true]);
    expect(await polygonise(image(1, 1, [0]))).toEqual([]);
    await expect(polygonise(image(1, 1, [0]), 2)).rejects.toThrow(RangeError);
  });
});

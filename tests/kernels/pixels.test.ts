import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPixelShape, openPixels } from '../../worker/kernels/bind-pixels.ts';
import { tidy } from '../../worker/kernels/reference/pieces.ts';
import {
  cross,
  fillHoles,
  interpolated,
  minimum,
  smooth,
  squaredDistance,
} from '../../worker/kernels/reference/pixel-filters.ts';
import { flood, localMaxima, measure, prominent } from '../../worker/kernels/reference/pixel-watershed.ts';
import { paintStars } from '../../worker/kernels/reference/star-paint.ts';
import { squaredDistance as distanceByKernel } from '../../worker/src/segment/distance/distance.ts';
import { paintStars as paintByKernel } from '../../worker/src/segment/stardist/paint.ts';
import { tidy as tidyByKernel } from '../../worker/src/segment/tidy.ts';
import { gaussianWeights } from '../../worker/src/segment/watershed/gaussian.ts';

const memory = await openPixels();
const { kernel } = memory;

/** Images of up to 40 x 40 pixels; `levels` values, in patches as long as `again` of ten pixels repeat a neighbour. */
const images = (levels: number) =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 40 }),
      draws: fc.array(fc.tuple(fc.nat(9), fc.nat(levels - 1)), { minLength: 1, maxLength: 1600 }),
      again: fc.nat(10),
    })
    .map(({ rows, columns, draws, again }) => {
      const values: number[] = [];
      for (let i = 0; i < rows * columns; i++) {
        const [how, fresh] = draws[i % draws.length];
        const from = how % 2 === 0 ? i - 1 : i - columns;
        values.push(how < again && from >= 0 ? values[from] : fresh);
      }
      return { rows, columns, values };
    });

describe('kernels over pixels equal their twins', () => {
  test('smoothing, to the bit', () => {
    fc.assert(
      fc.property(images(200), fc.constantFrom(0, 0.4, 1.25, 4), ({ rows, columns, values }, sigma) => {
        const weights = gaussianWeights(sigma);
        const n = values.length;
        const at = memory.reserve({
          source: 4 * n,
          target: 4 * n,
          line: 4 * (columns + 2 * weights.length + 16),
          weights: 4 * weights.length,
        });
        memory.floats(at.source, n).set(values);
        memory.floats(at.weights, weights.length).set(weights);
        kernel.smooth(at.source, at.target, at.line, rows, columns, at.weights, weights.length - 1);
        const twin = smooth(Float32Array.from(values), rows, columns, weights);
        expect(Array.from(memory.floats(at.target, n))).toEqual(Array.from(twin));
      }),
      { numRuns: 60 },
    );
  });

  test('block minima and means, square minima', () => {
    fc.assert(
      fc.property(
        images(200),
        fc.constantFrom(2, 4, 8),
        fc.nat(5),
        ({ rows, columns, values }, size, radius) => {
          const n = values.length;
          const across = Math.ceil(columns / size);
          const blocks = Math.ceil(rows / size) * across;
          const at = memory.reserve({
            source: 4 * n,
            low: 4 * blocks,
            mean: 4 * blocks,
            between: 4 * n,
            target: 4 * n,
          });
          memory.floats(at.source, n).set(values);
          kernel.blocks(at.source, rows, columns, size, at.low, at.mean);
          for (let block = 0; block < blocks; block++) {
            const own = values.filter(
              (_, i) =>
                Math.floor(Math.floor(i / columns) / size) * across + Math.floor((i % columns) / size) ===
                block,
            );
            expect(memory.floats(at.low, blocks)[block]).toBe(Math.min(...own));
            const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
            expect(memory.floats(at.mean, blocks)[block]).toBe(Math.fround(mean));
          }
          kernel.minimum(at.source, at.target, at.between, rows, columns, radius);
          expect(Array.from(memory.floats(at.target, n))).toEqual(
            Array.from(minimum(Float32Array.from(values), rows, columns, radius)),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('foreground above an interpolated surface', () => {
    fc.assert(
      fc.property(
        images(100),
        fc.constantFrom(2, 4, 16),
        fc.nat(1000),
        ({ rows, columns, values }, size, seed) => {
          const n = values.length;
          const blocks = Math.ceil(rows / size) * Math.ceil(columns / size);
          const surface = Float32Array.from(
            { length: blocks },
            (_, i) => (((i + 1) * (seed + 7)) % 97) + 0.3,
          );
          const at = memory.reserve({
            image: 4 * n,
            surface: 4 * blocks,
            line: 4 * (columns + 64),
            level: 4 * (columns + 4 * size),
            mask: n,
          });
          memory.floats(at.image, n).set(values);
          memory.floats(at.surface, blocks).set(surface);
          kernel.above(at.image, rows, columns, at.surface, size, at.line, at.level, at.mask);
          const mask = memory.bytes(at.mask, n);
          interpolated(surface, rows, columns, size).forEach((level, i) => {
            // Rounding in single precision decides nearer than this.
            if (Math.abs(values[i] - level) > 1e-4) expect(mask[i]).toBe(values[i] > level ? 1 : 0);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('erosion, dilation and holes', () => {
    fc.assert(
      fc.property(
        images(2),
        fc.nat(30),
        fc.integer({ min: 1, max: 9 }),
        ({ rows, columns, values }, most, reach) => {
          const n = values.length;
          const at = memory.reserve({ mask: n, target: n, list: 4 * (most + 4) });
          for (const erode of [true, false]) {
            memory.bytes(at.mask, n).set(values);
            kernel.cross(at.mask, at.target, rows, columns, erode);
            expect(Array.from(memory.bytes(at.target, n))).toEqual(
              Array.from(cross(Uint8Array.from(values), rows, columns, erode)),
            );
          }
          kernel.fillHoles(at.mask, rows, columns, most, reach, at.list);
          const filled = Array.from(memory.bytes(at.mask, n), (value) => (value === 1 ? 1 : 0));
          expect(filled).toEqual(Array.from(fillHoles(Uint8Array.from(values), rows, columns, most, reach)));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('exact Euclidean distance', async () => {
    await fc.assert(
      fc.asyncProperty(images(6), async ({ rows, columns, values }) => {
        const mask = Uint8Array.from(values, (value) => (value > 0 ? 1 : 0));
        expect(Array.from(await distanceByKernel(mask, rows, columns))).toEqual(
          Array.from(squaredDistance(mask, columns)),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('seeds, flooding and sizes', () => {
    fc.assert(
      fc.property(
        images(30),
        fc.nat(6),
        fc.nat(4),
        fc.integer({ min: 1, max: 30 }),
        ({ rows, columns, values }, depth, spacing, reach) => {
          const keys = Uint16Array.from(values, (value) => Math.max(0, value - 6));
          const shape = { rows, columns };
          const n = keys.length;
          const at = memory.reserve({
            keys: 2 * n,
            seeds: 4 * n,
            ranks: 4 * n,
            labels: 4 * n,
            next: 4 * n,
            list: 4 * (2 * reach + 1) ** 2,
            queues: 8 * 65536,
            shapes: 32 * (n + 1),
          });
          memory.shorts(at.keys, n).set(keys);
          memory.integers(at.labels, n).fill(0);
          const peaks = kernel.localMaxima(at.keys, rows, columns, at.seeds);
          const twinPeaks = localMaxima(keys, shape);
          expect(Array.from(memory.integers(at.seeds, peaks))).toEqual(twinPeaks);
          const kept = kernel.prominent(
            at.keys,
            rows,
            columns,
            at.seeds,
            peaks,
            depth,
            reach,
            spacing,
            at.labels,
            at.list,
          );
          const seeds = prominent(keys, shape, twinPeaks, depth, reach, spacing);
          expect(Array.from(memory.integers(at.seeds, kept))).toEqual(seeds);
          memory.integers(at.labels, n).fill(0);
          kernel.flood(
            at.keys,
            rows,
            columns,
            at.seeds,
            kept,
            reach ** 2,
            at.labels,
            at.next,
            at.queues,
            at.ranks,
          );
          const labels = flood(keys, shape, seeds, reach ** 2);
          expect(Array.from(memory.integers(at.labels, n))).toEqual(Array.from(labels));
          kernel.measure(at.labels, rows, columns, at.shapes, kept);
          const shapes = memory.integers(at.shapes, 8 * (kept + 1));
          measure(labels, shape, kept).forEach((twin, i) => {
            expect(Array.from(shapes.subarray(8 * i + 8, 8 * i + 14))).toEqual(twin);
          });
        },
      ),
      { numRuns: 80 },
    );
  });

  test('the largest pieces of labels, numbered anew', async () => {
    await fc.assert(
      fc.asyncProperty(images(5), fc.nat(12), async ({ rows, columns, values }, least) => {
        const scores = [0.1, 0.2, 0.3, 0.4];
        const found = await tidyByKernel(Int32Array.from(values), rows, columns, scores, least);
        const twin = tidy(Int32Array.from(values), rows, columns, scores, least);
        expect(Array.from(found.labels)).toEqual(Array.from(twin.labels));
        expect(Array.from(found.scores)).toEqual(twin.scores.map(Math.fround));
      }),
      { numRuns: 100 },
    );
  });

  test('painting of stars, also beyond the edge', () => {
    const star = fc.record({
      place: fc.tuple(fc.nat(39), fc.nat(29)),
      dist: fc.array(fc.double({ min: 0.001, max: 20, noNaN: true }), { minLength: 9, maxLength: 9 }),
    });
    fc.assert(
      fc.property(fc.array(star, { maxLength: 8 }), (drawn) => {
        const rays = 9;
        const turn = (k: number) => (2 * Math.PI * (k % rays)) / rays;
        const stars = {
          rays,
          place: Int32Array.from(drawn.flatMap(({ place }) => place)),
          dist: Float32Array.from(drawn.flatMap(({ dist }) => dist)),
          cosine: Float64Array.from({ length: rays + 1 }, (_, k) => Math.cos(turn(k))),
          sine: Float64Array.from({ length: rays + 1 }, (_, k) => Math.sin(turn(k))),
        };
        const labels = paintByKernel(memory, stars, 40, 30);
        const twin = new Int32Array(1200);
        paintStars(stars, twin, 40, 30);
        expect(Array.from(memory.integers(labels, 1200))).toEqual(Array.from(twin));
      }),
      { numRuns: 100 },
    );
  });

  test('refuse images that they cannot index', () => {
    for (const [rows, columns] of [
      [0, 5],
      [5, 32768],
      [32767, 32767],
      [1.5, 2],
    ])
      expect(() => checkPixelShape(rows, columns)).toThrow(RangeError);
    checkPixelShape(8192, 16384);
  });
});

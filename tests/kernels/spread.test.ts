import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openPixels } from '../../worker/kernels/bind-pixels.ts';
import { ridges, rims, spread } from '../../worker/kernels/reference/pixel-spread.ts';

const memory = await openPixels();
const { kernel } = memory;

/** Images of up to 16 x 16 pixels with up to six labels and weights of which some are walls. */
const scenes = fc
  .record({ rows: fc.integer({ min: 1, max: 16 }), columns: fc.integer({ min: 1, max: 16 }) })
  .chain(({ rows, columns }) => {
    const n = rows * columns;
    const many = (most: number) => fc.array(fc.nat(most), { minLength: n, maxLength: n });
    return fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      labels: many(60).map((draws) => Int32Array.from(draws, (k) => (k <= 6 ? k : 0))),
      weights: many(9).map((draws) => Uint8Array.from(draws, (k) => [0, 1, 1, 1, 1, 2, 3, 8, 40, 251][k])),
    });
  });

test('spreading labels and counting rims equal their twins', () => {
  fc.assert(
    fc.property(scenes, fc.integer({ min: 0, max: 3000 }), ({ rows, columns, labels, weights }, limit) => {
      const n = labels.length;
      const at = memory.reserve({
        labels: 4 * n,
        weights: n,
        cost: 4 * n,
        next: 4 * n,
        previous: 4 * n,
        queues: 4 * 2048,
        sums: 8 * 7,
      });
      memory.integers(at.labels, n).set(labels);
      memory.bytes(at.weights, n).set(weights);
      kernel.spread(at.labels, at.weights, rows, columns, limit, at.cost, at.next, at.previous, at.queues);
      const spreadOut = spread(labels, weights, { rows, columns }, limit);
      expect(Array.from(memory.integers(at.labels, n))).toEqual(Array.from(spreadOut));
      kernel.rims(at.labels, at.weights, rows, columns, 3, at.sums, 6);
      const sums = Array.from(memory.integers(at.sums, 14)).slice(2);
      expect(sums).toEqual(rims(spreadOut, weights, { rows, columns }, 3, 6).flat());
    }),
    { numRuns: 150 },
  );
});

test('weights of ridges equal their twin, and what is no number weighs nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(200), fc.integer({ min: -50, max: 200 })), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 250 }),
      (pairs, most) => {
        const n = pairs.length;
        const fine = Float32Array.from(pairs, ([value]) => value / 64);
        const coarse = Float32Array.from(pairs, ([, value]) => value / 64);
        fine[0] = Number.NaN;
        const at = memory.reserve({ fine: 4 * n, coarse: 4 * n, weights: n });
        memory.floats(at.fine, n).set(fine);
        memory.floats(at.coarse, n).set(coarse);
        // Powers of two, so that single precision divides as exactly as double does.
        kernel.ridges(at.fine, at.coarse, n, 0.0625, 0.5, most, at.weights);
        const twin = ridges(fine, coarse, 0.0625, 0.5, most);
        const weights = memory.bytes(at.weights, n);
        // Rounding decides between neighbouring steps.
        twin.forEach((weight, i) => {
          expect(Math.abs(weights[i] - weight)).toBeLessThanOrEqual(1);
        });
        expect(weights[0]).toBe(1);
      },
    ),
    { numRuns: 100 },
  );
});

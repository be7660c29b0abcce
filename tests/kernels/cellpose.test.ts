import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindCellpose } from '../../worker/kernels/bind-cellpose.ts';
import { flowOfMask, followOne } from '../../worker/kernels/reference/flows.ts';

const flows = fc
  .record({ rows: fc.integer({ min: 2, max: 9 }), columns: fc.integer({ min: 2, max: 9 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      flow: fc
        .array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), {
          minLength: 2 * rows * columns,
          maxLength: 2 * rows * columns,
        })
        .map((values) => Float32Array.from(values)),
    }),
  );

describe('following flows', () => {
  test('ends where its slow twin ends, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(flows, fc.integer({ min: 0, max: 30 }), async ({ rows, columns, flow }, steps) => {
        const kernel = await bindCellpose({ rows, columns, pixels: rows * columns });
        kernel.flow.set(flow);
        kernel.from.set(Int32Array.from({ length: rows * columns }, (_, i) => i));
        kernel.follow(steps);
        const at = (y: number, x: number): [number, number] => [
          flow[2 * (y * columns + x)],
          flow[2 * (y * columns + x) + 1],
        ];
        const expected = Array.from({ length: rows * columns }, (_, i) => {
          const [y, x] = followOne(at, rows, columns, [Math.floor(i / columns), i % columns], steps);
          return y * columns + x;
        });
        expect([...kernel.sink]).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the error of a mask', () => {
  const side = 16;
  const disc = () => {
    const labels = new Int32Array(side * side);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) if ((y - 7) ** 2 + (x - 7) ** 2 <= 25) labels[y * side + x] = 1;
    return labels;
  };

  /** The disc's own flow, turned by an angle and stretched. */
  async function errorWith(turn: number, length: number) {
    const labels = disc();
    const mask = new Set([...labels.keys()].filter((i) => labels[i] === 1).map((i) => `${i >> 4},${i & 15}`));
    const kernel = await bindCellpose({ rows: side, columns: side, pixels: 0 });
    const { labels: own, maskError } = kernel.withLabels(13 * 13);
    own.set(labels);
    const { flow } = kernel;
    for (const [key, [dy, dx]] of flowOfMask(mask, [7, 7], 2 * (11 + 11 + 2))) {
      const [y, x] = key.split(',').map(Number);
      flow[2 * (y * side + x)] = length * (Math.cos(turn) * dy - Math.sin(turn) * dx);
      flow[2 * (y * side + x) + 1] = length * (Math.sin(turn) * dy + Math.cos(turn) * dx);
    }
    return maskError(1, 2, 2, 11, 11, 7, 7);
  }

  test.each([
    ['its own flow', 0, 1, 0],
    ['the opposite', Math.PI, 1, 4],
    ['no flow', 0, 0, 1],
    ['its flow turned by 36.87 degrees', Math.acos(0.8), 1, 0.4],
  ])('is known for %s', async (_, turn, length, expected) => {
    // The centre of the disc has no flow of its own, one pixel of 81.
    expect(Math.abs((await errorWith(turn, length)) - expected)).toBeLessThan(0.06);
  });
});

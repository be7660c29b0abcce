import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTLINE_ARRAYS, OUTLINE_COUNTS, outlineLabels } from '../../worker/kernels/bind-outlines.ts';
import { openPixels } from '../../worker/kernels/bind-pixels.ts';
import { outlineLabels as outlinesByTwin } from '../../worker/kernels/reference/outlines.ts';

const memory = await openPixels();

/** Label images from noise to blobs: each pixel repeats the one to its left or above it, or is drawn anew. */
const images = (edge: number) =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: edge }),
      columns: fc.integer({ min: 1, max: edge }),
      draws: fc.array(fc.tuple(fc.nat(9), fc.nat(4)), { minLength: 20, maxLength: 400 }),
      again: fc.nat(10),
    })
    .map(({ rows, columns, draws, again }) => {
      const labels = new Int32Array(rows * columns);
      for (let i = 0; i < labels.length; i++) {
        const [how, fresh] = draws[(i * 7 + Math.floor(i / draws.length)) % draws.length];
        const from = how % 2 === 0 ? i - 1 : i - columns;
        labels[i] = how < again && from >= 0 ? labels[from] : fresh;
      }
      return { rows, columns, labels };
    });

const same = (
  { rows, columns, labels }: { rows: number; columns: number; labels: Int32Array },
  tolerance: number,
): void => {
  const count = labels.reduce((a, b) => Math.max(a, b), 0);
  const found = outlineLabels(memory, labels, rows, columns, count, tolerance);
  expect(found).toEqual(outlinesByTwin(labels, rows, columns, count, tolerance));
};

describe('outlines by the kernel equal those of their twin, to the bit', () => {
  test.each([0, 0.35, 0.5])('on random labels, at a tolerance of %d pixels', (tolerance) => {
    fc.assert(
      fc.property(images(24), (given) => same(given, tolerance)),
      { numRuns: 150 },
    );
  });

  test('on crowded discs of many labels', () => {
    const [rows, columns] = [150, 211];
    const labels = new Int32Array(rows * columns);
    for (let i = 0; i < 300; i++) {
      const [x, y, r] = [(i * 83) % columns, (i * 47 + (i * i) / 7) % rows, 3 + ((i * 29) % 9)];
      for (let at = 0; at < labels.length; at++)
        if (((at % columns) - x) ** 2 + (Math.floor(at / columns) - y) ** 2 < r * r) labels[at] = i + 1;
    }
    for (const tolerance of [0, 0.35, 0.5]) same({ rows, columns, labels }, tolerance);
  });

  test('on rings within rings, which hold other labels and pieces of their own', () => {
    const edge = 33;
    const labels = new Int32Array(edge * edge);
    for (let at = 0; at < labels.length; at++) {
      const depth = Math.max(Math.abs((at % edge) - 16), Math.abs(Math.floor(at / edge) - 16));
      labels[at] = [3, 0, 2, 0, 1, 4, 0, 2, 0, 1, 0, 0, 3, 5, 0, 0, 6][depth];
    }
    for (const tolerance of [0, 0.35]) same({ rows: edge, columns: edge, labels }, tolerance);
  });

  test('on an image without labels, and of one pixel', () => {
    same({ rows: 3, columns: 5, labels: new Int32Array(15) }, 0.35);
    same({ rows: 1, columns: 1, labels: Int32Array.of(1) }, 0.35);
  });
});

test('the fields that are laid out are those of the kernel', async () => {
  const source = await readFile(
    new URL('../../worker/kernels/assembly/outline-slots.ts', import.meta.url),
    'utf8',
  );
  const body = source.slice(
    source.indexOf('class Slots {'),
    source.indexOf('}', source.indexOf('class Slots {')),
  );
  const fields = [...body.matchAll(/^ {2}(\w+): (i32|usize);$/gm)].map(([, name, type]) => [name, type]);
  expect(fields).toEqual([
    ...OUTLINE_COUNTS.map((name) => [name, 'i32']),
    ...OUTLINE_ARRAYS.map((name) => [name, 'usize']),
  ]);
});

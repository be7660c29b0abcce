import { growLabels } from '@spatile/worker/raster/distance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Every pixel against every growing pixel, straight from the definition. */
function bruteForce(labels: Int32Array, width: number, height: number, limitSq: number): Int32Array {
  return labels.map((own, i) => {
    if (own !== 0) return Math.abs(own);
    let best = 0;
    let bestSq = limitSq + 1;
    for (let k = 0; k < width * height; k++) {
      if (labels[k] <= 0) continue;
      const d = ((i % width) - (k % width)) ** 2 + (Math.floor(i / width) - Math.floor(k / width)) ** 2;
      if (d < bestSq || (d === bestSq && labels[k] < best)) {
        bestSq = d;
        best = labels[k];
      }
    }
    return best;
  });
}

const blank = (width: number, height: number): Int32Array => new Int32Array(width * height);

function paint(
  labels: Int32Array,
  width: number,
  [x0, y0, x1, y1]: [number, number, number, number],
  label: number,
) {
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) labels[y * width + x] = label;
}

const twoSquares = (gap: number): { labels: Int32Array; width: number; height: number } => {
  const [width, height] = [60, 30];
  const labels = blank(width, height);
  paint(labels, width, [15, 10, 25, 20], 1);
  paint(labels, width, [25 + gap, 10, 35 + gap, 20], 2);
  return { labels, width, height };
};

const rowOf = (labels: Int32Array, width: number, y: number): number[] => [
  ...labels.subarray(y * width, (y + 1) * width),
];

describe('growLabels', () => {
  it('fills 3 + 3 of a gap of 8 pixels at a reach of 3 and leaves 2', () => {
    const { labels, width, height } = twoSquares(8);
    const row = rowOf(growLabels(labels, width, height, 9), width, 15);
    expect(row.slice(25, 33)).toEqual([1, 1, 1, 0, 0, 2, 2, 2]);
    expect(row.slice(11, 15)).toEqual([0, 1, 1, 1]);
    expect(row.slice(43, 47)).toEqual([2, 2, 2, 0]);
  });

  it('puts the border exactly midway at a reach of 10, also between the corners', () => {
    const { labels, width, height } = twoSquares(8);
    const grown = growLabels(labels, width, height, 100);
    for (const y of [4, 10, 15, 25])
      expect(rowOf(grown, width, y).slice(25, 33)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it('gives the middle column of an odd gap to the lower label, whichever side it is on', () => {
    const { labels, width, height } = twoSquares(7);
    expect(rowOf(growLabels(labels, width, height, 100), width, 12).slice(25, 32)).toEqual([
      1, 1, 1, 1, 2, 2, 2,
    ]);
    const swapped = labels.map((label) => (label === 0 ? 0 : 3 - label));
    expect(rowOf(growLabels(swapped, width, height, 100), width, 12).slice(25, 32)).toEqual([
      2, 2, 2, 1, 1, 1, 1,
    ]);
  });

  it('grows a disc to the lattice points within reach, counted by brute force', () => {
    const size = 81;
    const labels = blank(size, size).map((_, i) =>
      ((i % size) - 40) ** 2 + (Math.floor(i / size) - 40) ** 2 <= 100 ? 1 : 0,
    );
    const grown = growLabels(labels, size, size, 144);
    expect(grown).toEqual(bruteForce(labels, size, size, 144));
    expect(grown.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(317);
  });

  it('neither grows nor overgrows cells without nucleus', () => {
    const labels = Int32Array.from([1, 0, -2, 0, 0, 0]);
    expect([...growLabels(labels, 6, 1, 16)]).toEqual([1, 1, 2, 1, 1, 0]);
  });

  it('changes nothing at reach 0 and leaves an empty raster empty', () => {
    const labels = Int32Array.from([0, 1, 0, -2, 0, 3]);
    expect([...growLabels(labels, 3, 2, 0)]).toEqual([0, 1, 0, 2, 0, 3]);
    expect([...growLabels(new Int32Array(6), 3, 2, 25)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('equals brute force on any raster, ties included', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 0, max: 150 }),
        fc.infiniteStream(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, -6)),
        (width, height, limitSq, values) => {
          const labels = Int32Array.from([...values.take(width * height)]);
          expect(growLabels(labels, width, height, limitSq)).toEqual(
            bruteForce(labels, width, height, limitSq),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it('equals brute force with few far sources and labels as large as a slide has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ i: fc.nat(40 * 40 - 1), label: fc.constantFrom(1, 2, 99_999, 1_048_575) }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 0, max: 3000 }),
        (sources, limitSq) => {
          const labels = blank(40, 40);
          for (const { i, label } of sources) labels[i] = label;
          expect(growLabels(labels, 40, 40, limitSq)).toEqual(bruteForce(labels, 40, 40, limitSq));
        },
      ),
      { numRuns: 60 },
    );
  });
});

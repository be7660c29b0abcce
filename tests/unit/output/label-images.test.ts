import { labelSource } from '@spatile/coordinator/output/label-images';
import { paintRings } from '@spatile/coordinator/output/paint-rings';
import type { Affine } from '@spatile/formats/space';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const WINDOW = { x0: 0, y0: 0, x1: 12, y1: 8 };
const ring = (...points: number[]): Float64Array => Float64Array.from(points);
const square = (x0: number, y0: number, x1: number, y1: number): Float64Array =>
  ring(x0, y0, x1, y0, x1, y1, x0, y1, x0, y0);

function painted(...shapes: Float64Array[][]): string[] {
  const labels = new Uint32Array(12 * 8);
  shapes.forEach((rings, i) => {
    paintRings(labels, WINDOW, rings, i + 1);
  });
  return Array.from({ length: 8 }, (_, y) => [...labels.subarray(12 * y, 12 * y + 12)].join(''));
}

describe('paintRings', () => {
  test('takes the pixels whose centres lie inside, without holes and outside the window', () => {
    expect(painted([square(-3, 1.4, 4.6, 20), square(1, 3, 3, 5)])).toEqual([
      '000000000000',
      '111110000000',
      '111110000000',
      '100110000000',
      '100110000000',
      '111110000000',
      '111110000000',
      '111110000000',
    ]);
  });

  test('leaves what is taken to the first', () => {
    expect(painted([square(0, 0, 4, 1)], [square(2, 0, 6, 1)])[0]).toBe('111122000000');
  });

  test('parts a rectangle between two shapes with any common border', () => {
    const inner = fc.double({ min: 0.5, max: 11.5, noNaN: true });
    fc.assert(
      fc.property(inner, inner, inner, (a, b, c) => {
        const left = ring(0, 0, a, 0, b, 3.3, c, 8, 0, 8, 0, 0);
        const right = ring(12, 0, 12, 8, c, 8, b, 3.3, a, 0, 12, 0);
        const alone = painted([left]).join('');
        const other = painted([], [right]).join('');
        // Every pixel belongs to one of the two, none to both.
        [...alone].forEach((pixel, i) => {
          expect(Number(pixel) + Number(other[i]) / 2).toBe(1);
        });
      }),
    );
  });
});

describe('labelSource', () => {
  const toUm: Affine = [0.5, 0, 100, 0, 0.5, 200, 0, 0, 1];
  const shapes = {
    label: Uint32Array.of(3, 7),
    polygons: (i: number) => [[i === 0 ? square(100, 200, 102, 201) : square(1000, 200, 1010, 210)]],
  };

  test('paints a window wherever it lies, and says where there is nothing', () => {
    const { read } = labelSource({ widthPx: 4000, heightPx: 3000, toUm }, shapes);
    expect([...read(2, 0, 6, 3)!]).toEqual([3, 3, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0]);
    expect(read(1024, 1024, 2048, 2048)).toBeNull();
    expect(read(1024, 0, 2048, 1024)!.filter((label) => label === 7)).toHaveLength(20 * 20);
    // A window that begins and ends within the shape.
    expect(read(1805, 5, 1815, 15)!.every((label) => label === 7)).toBe(true);
  });

  test('drops what lies outside the grid', () => {
    const { read } = labelSource({ widthPx: 100, heightPx: 100, toUm }, shapes);
    expect(new Set(read(0, 0, 100, 100)!)).toEqual(new Set([0, 3]));
  });
});

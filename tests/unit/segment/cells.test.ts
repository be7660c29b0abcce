import { type ComposeInput, composeCells } from '@spatile/worker/segment/cells/compose';
import { interiorMask } from '@spatile/worker/segment/cells/interior-mask';
import { orderInstances } from '@spatile/worker/segment/order';
import { expect, test } from 'vitest';

const [ROWS, COLUMNS] = [120, 160];
const planes = { rows: ROWS, columns: COLUMNS, row0: 0, column0: 0 };

/** Labels of shapes in the order given. */
function instances(shapes: ((x: number, y: number) => boolean)[]) {
  const labels = new Int32Array(ROWS * COLUMNS);
  for (let i = 0; i < labels.length; i++) {
    const [x, y] = [(i % COLUMNS) + 0.5, Math.floor(i / COLUMNS) + 0.5];
    labels[i] = shapes.findIndex((inside) => inside(x, y)) + 1;
  }
  return orderInstances({ labels, scores: new Float32Array(shapes.length).fill(0.5) }, planes, 1);
}

const disc = (cx: number, cy: number, r: number) => (x: number, y: number) =>
  (x - cx) ** 2 + (y - cy) ** 2 <= r * r;
const box = (x0: number, y0: number, x1: number, y1: number) => (x: number, y: number) =>
  x > x0 && x < x1 && y > y0 && y < y1;

const compose = (changes: Partial<ComposeInput>) =>
  composeCells({
    rows: ROWS,
    columns: COLUMNS,
    nuclei: instances([]),
    boundary: null,
    interior: null,
    expandPx: 12,
    interiorPx: 36,
    ...changes,
  });

const area = (labels: Int32Array, label: number): number =>
  labels.reduce((sum, k) => sum + (k === label ? 1 : 0), 0);

test('a nucleus of radius 10 that grows by 12 is a cell of radius 22', () => {
  const cells = compose({ nuclei: instances([disc(60, 60, 10)]) });
  expect(area(cells.outlines, 1)).toBeGreaterThan(0.97 * Math.PI * 22 ** 2);
  expect(area(cells.outlines, 1)).toBeLessThan(1.03 * Math.PI * 22 ** 2);
  expect([...cells.method]).toEqual([1]);
});

test('two nuclei meet midway and never overlap', () => {
  const cells = compose({ nuclei: instances([disc(50, 60, 8), disc(80, 60, 8)]) });
  const row = cells.outlines.subarray(60 * COLUMNS, 61 * COLUMNS);
  expect(row.lastIndexOf(1)).toBe(64);
  expect(row.indexOf(2)).toBe(65);
});

test('a boundary cell takes the nuclei that lie in it; without one it counts none', () => {
  const cells = compose({
    nuclei: instances([disc(40, 40, 6), disc(60, 40, 6)]),
    boundary: instances([box(30, 30, 70, 50), box(100, 80, 120, 100)]),
  });
  expect([...cells.method]).toEqual([2, 2]);
  expect([...cells.nucleusCount]).toEqual([2, 0]);
});

test('a nucleus of which two boundary cells hold three tenths each is divided between them', () => {
  const cells = compose({
    nuclei: instances([box(40, 40, 60, 50)]),
    boundary: instances([box(20, 30, 52, 60), box(52, 30, 90, 60)]),
  });
  expect([...cells.method]).toEqual([2, 2]);
  expect([...cells.nucleusCount]).toEqual([1, 1]);
  expect([area(cells.nuclei, 1), area(cells.nuclei, 2)]).toEqual([120, 80]);
});

test('the interior stain is followed to its edge, but not into boundary cells, and no farther than allowed', () => {
  const plateau = instances([box(30, 30, 90, 80)]).labels;
  const nuclei = instances([disc(50, 55, 6)]);
  const interior = Uint8Array.from(plateau, (label) => (label > 0 ? 1 : 0));
  const free = compose({ nuclei, interior });
  expect([...free.method]).toEqual([3]);
  for (let i = 0; i < plateau.length; i++) if (free.outlines[i] > 0) expect(plateau[i] > 0).toBe(true);
  expect(area(free.outlines, 1)).toBeGreaterThan(0.9 * 60 * 50);
  const near = compose({ nuclei, interior, interiorPx: 10 });
  expect(area(near.outlines, 1)).toBeLessThan(Math.PI * 17 ** 2);
  const beside = compose({ nuclei, interior, boundary: instances([box(70, 30, 90, 80)]) });
  for (let i = 0; i < plateau.length; i++)
    if (i % COLUMNS >= 70 && i % COLUMNS < 90) expect(beside.outlines[i] === 2).toBe(false);
});

test('without stains the multimodal order is growth alone, pixel for pixel', () => {
  const nuclei = instances([disc(40, 40, 8), disc(90, 70, 9)]);
  const none = compose({ nuclei, interior: new Uint8Array(ROWS * COLUMNS) });
  expect(none.outlines).toEqual(compose({ nuclei }).outlines);
  expect([...none.method]).toEqual([1, 1]);
});

test('the interior mask is where the stain stands out against slide and surroundings', () => {
  const plane = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) =>
    box(30, 30, 90, 80)(i % COLUMNS, Math.floor(i / COLUMNS)) ? 900 : 100,
  );
  const mask = interiorMask(planes, plane, { low: 100, high: 1000, otsu: 0.5 }, 0.4);
  expect(mask[55 * COLUMNS + 60]).toBe(1);
  expect(mask[10 * COLUMNS + 10]).toBe(0);
});

import { RingStore, SegmentedCells } from '@spatile/coordinator/segment/cells';
import type { SettledPart, SettledUnit } from '@spatile/coordinator/segment/settle';
import type { Affine } from '@spatile/formats/space';
import type { SegmentPaintResult } from '@spatile/formats/tile/segment';
import { expect, test } from 'vitest';

const TO_UM: Affine = [0.5, 0, 100, 0, 0.5, 200, 0, 0, 1];

const part = (pixels: number, mean: number): SettledPart => ({
  runs: { y: Int32Array.of(0), x: Int32Array.of(0), length: Uint32Array.of(pixels) },
  eccentricity: 0.25,
  solidity: 0.75,
  means: Float32Array.of(mean, mean + 1),
});
const unit = (seedX: number, nucleus: SettledPart | null, cell: SettledPart | null): SettledUnit => ({
  ...{ tile: 0, seedX, seedY: 8, score: 0.5, method: 2, nuclei: nucleus === null ? 0 : 1, marginPx: 9 },
  ...{ nucleus, cell },
});

/** Rings as a tile outlines them: unit, kind and corners. */
function painted(...rings: [unit: number, kind: number, corners: number[]][]): SegmentPaintResult {
  const start: number[] = [];
  let at = 0;
  for (const [, , corners] of rings) {
    start.push(at);
    at += corners.length / 2;
  }
  const all = rings.flatMap(([, , corners]) => corners);
  return {
    meta: { tile: 's0000', diagnostics: {} },
    rings: {
      kind: Uint8Array.from(rings, ([, kind]) => kind),
      label: Uint32Array.from(rings, ([label]) => label),
      start: Uint32Array.from(start),
      count: Uint32Array.from(rings, ([, , corners]) => corners.length / 2),
    },
    vertices: {
      x: Float64Array.from(all.filter((_, i) => i % 2 === 0)),
      y: Float64Array.from(all.filter((_, i) => i % 2 === 1)),
    },
  };
}

const units = [unit(2, part(10, 5), part(30, 1)), unit(4, part(12, 6), null), unit(6, null, part(40, 7))];
const triangle = (x: number): number[] => [x, 0, x + 2.5, 0, x, 3.5, x, 0];
const store = new RingStore();
// Tiles come in any order; the unit in the middle has no outline.
store.add(painted([2, 1, triangle(6)], [0, 1, triangle(1)]));
store.add(painted([0, 0, triangle(2)]));
const cells = new SegmentedCells(units, store, 2, TO_UM);

test('cells keep the number they were settled under, and their place in microns', () => {
  expect(cells.length).toBe(2);
  expect(Array.from(cells, ({ id, seedX, seedY }) => [id, seedX, seedY])).toEqual([
    ['1', 101, 204],
    ['3', 103, 204],
  ]);
  expect(['1', '2', '3', '4', 'cell'].map((id) => cells.placeOf(id))).toEqual([0, -1, 1, -1, -1]);
});

test('measures are those of the nucleus, and of the outline where there is none', () => {
  expect(Array.from(cells, ({ nucleusPixels, means }) => [nucleusPixels, ...means])).toEqual([
    [10, 5, 6],
    [0, 7, 8],
  ]);
  expect(cells.at(0)).toMatchObject({ score: 0.5, method: 2, nuclei: 1, eccentricity: 0.25, solidity: 0.75 });
});

test('outlines come back to the half pixel, in microns, nuclei apart from cells', () => {
  const um = (ring: number[]): number[] => ring.map((v, i) => 0.5 * v + (i % 2 === 0 ? 100 : 200));
  expect(cells.at(0).nucleusRings.map((ring) => [...ring])).toEqual([um(triangle(2))]);
  expect(cells.at(0).cellRings.map((ring) => [...ring])).toEqual([um(triangle(1))]);
  expect(cells.at(1).nucleusRings).toEqual([]);
  expect(cells.hasRings('nucleus') && cells.hasRings('cell')).toBe(true);
});

test('more outlines than there was room for are kept', () => {
  const many = new RingStore();
  const one = unit(0, part(1, 0), null);
  for (let i = 0; i < 2000; i++) many.add(painted([i, 0, triangle(i)]));
  const all = new SegmentedCells(Array(2000).fill(one), many, 2, TO_UM);
  expect(all.length).toBe(2000);
  expect(all.at(1999).nucleusRings[0][0]).toBe(100 + 1999 / 2);
});

test('a slide without cells has none', () => {
  const none = new SegmentedCells([], new RingStore(), 1, TO_UM);
  expect([...none]).toEqual([]);
  expect(none.hasRings('cell')).toBe(false);
  expect(none.placeOf('1')).toBe(-1);
});

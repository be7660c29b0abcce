import { type OutlineResult, outlineResultFrom, outlineTileFrame } from '@spatile/formats/tile/outline';
import { distances, smooth } from '@spatile/worker/outline/box-field';
import { outline } from '@spatile/worker/outline/compute';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { context } from './little-slide.ts';

type Voxel = [cell: number, layer: number, y: number, x: number];

const SIDE = 60;

const square = (x0: number, y0: number, x1: number, y1: number): number[] => [
  x0,
  y0,
  x1,
  y0,
  x1,
  y1,
  x0,
  y1,
  x0,
  y0,
];

const block = (cell: number, x0: number, y0: number, x1: number, y1: number, layers = 2): Voxel[] =>
  Array.from({ length: layers }, (_, l) => l).flatMap((l) =>
    Array.from(
      { length: (x1 - x0) * (y1 - y0) },
      (_, i): Voxel => [cell, l, y0 + Math.floor(i / (x1 - x0)), x0 + (i % (x1 - x0))],
    ),
  );

async function compute(
  voxels: Voxel[],
  nuclei: Record<number, number[]>,
  reachUm: number,
  layerShapes = false,
): Promise<OutlineResult> {
  const cells = [...new Set(voxels.map(([cell]) => cell))].sort((a, b) => a - b);
  const rings = cells.filter((cell) => nuclei[cell] !== undefined);
  const rect = { x0: 0, y0: 0, x1: SIDE, y1: SIDE };
  const all = rings.flatMap((cell) => nuclei[cell]);
  const frame = outlineTileFrame({
    meta: {
      tile: 't',
      core: rect,
      region: rect,
      gridOriginUm: [0, 0],
      voxelUm: 1,
      layers: 2,
      layerUm: 1,
      reachUm,
      layerShapes,
    },
    transcripts: { x: new Float32Array(0), y: new Float32Array(0), cell: new Uint32Array(0) },
    runs: {
      cell: Uint32Array.from(voxels, ([cell]) => cell),
      layer: Uint16Array.from(voxels, ([, layer]) => layer),
      y: Int32Array.from(voxels, ([, , y]) => y),
      x: Int32Array.from(voxels, ([, , , x]) => x),
      length: new Uint32Array(voxels.length).fill(1),
    },
    cells: { cell: Uint32Array.from(cells), tile: new Uint32Array(cells.length) },
    cores: {
      tile: Uint32Array.of(0),
      x0: Float64Array.of(0),
      y0: Float64Array.of(0),
      x1: Float64Array.of(SIDE),
      y1: Float64Array.of(SIDE),
    },
    owned: { cell: Uint32Array.from(cells) },
    nuclei: {
      cell: Uint32Array.from(rings),
      start: Uint32Array.from(rings, (_, i) => 5 * i),
      count: new Uint32Array(rings.length).fill(5),
    },
    nucleusVertices: {
      x: Float64Array.from(all.filter((_, i) => i % 2 === 0)),
      y: Float64Array.from(all.filter((_, i) => i % 2 === 1)),
    },
  });
  return outlineResultFrom(await outline(frame, context));
}

const areaOf = ({ cells }: OutlineResult, cell: number): number => cells.areaUm2[cells.cell.indexOf(cell)];

describe('outlines by voxels and nuclei', () => {
  it('reach around a nucleus as far as cells do, whatever ragged voxels say', async () => {
    const ragged = block(1, 20, 20, 30, 30).filter(([, l, y, x]) => (x + y + l) % 3 !== 0);
    const result = await compute(ragged, { 1: square(22, 22, 28, 28) }, 3);
    expect([...result.cells.parts]).toEqual([1]);
    // A square of 6 grown by 3: 36 + 4 * 6 * 3 + 9 pi, and the voxels may move the border by 1.5 um.
    expect(areaOf(result, 1)).toBeGreaterThan(90);
    expect(areaOf(result, 1)).toBeLessThan(190);
  });

  it('give a pixel between two nuclei to the side the voxels took', async () => {
    const nuclei = { 1: square(10, 20, 16, 26), 2: square(22, 20, 28, 26) };
    const left = await compute([...block(1, 10, 20, 22, 26), ...block(2, 22, 20, 28, 26)], nuclei, 4);
    const right = await compute([...block(1, 10, 20, 16, 26), ...block(2, 16, 20, 28, 26)], nuclei, 4);
    expect(areaOf(left, 1)).toBeGreaterThan(areaOf(right, 1));
    expect(areaOf(left, 2)).toBeLessThan(areaOf(right, 2));
  });

  it('follow the voxels of a cell without a nucleus', async () => {
    const result = await compute(block(1, 20, 20, 34, 28), {}, 3);
    expect(areaOf(result, 1)).toBeGreaterThan(0.8 * 14 * 8);
    expect(areaOf(result, 1)).toBeLessThan(1.4 * 14 * 8);
  });

  it('leave every cell a pixel, also one beneath another', async () => {
    const result = await compute(
      [...block(1, 20, 20, 30, 30).filter(([, l, y, x]) => l === 0 || y !== 25 || x !== 25), [2, 1, 25, 25]],
      { 1: square(20, 20, 30, 30) },
      2,
    );
    expect(areaOf(result, 2)).toBeGreaterThanOrEqual(1);
  });

  it('never overlap, in the whole and in every layer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 12, max: 40 }), fc.integer({ min: 12, max: 40 }), fc.boolean()), {
          minLength: 1,
          maxLength: 5,
        }),
        async (places) => {
          const taken = new Map<string, Voxel>();
          places.forEach(([x, y], i) => {
            for (const voxel of block(i + 1, x, y, x + 6, y + 6)) taken.set(voxel.slice(1).join(), voxel);
          });
          const nuclei = Object.fromEntries(
            places.flatMap(([x, y, has], i) => (has ? [[i + 1, square(x + 1, y + 1, x + 4, y + 4)]] : [])),
          );
          const result = await compute([...taken.values()], nuclei, 3, true);
          const { rings, layerRings, vertices } = result;
          const area = (start: number, count: number): number => {
            let twice = 0;
            for (let v = start; v + 1 < start + count; v++)
              twice += vertices.x[v] * vertices.y[v + 1] - vertices.x[v + 1] * vertices.y[v];
            return twice / 2;
          };
          const covered = (table: typeof rings, keep: (r: number) => boolean): number =>
            table.cell.reduce((sum, _, r) => (keep(r) ? sum + area(table.start[r], table.count[r]) : sum), 0);
          // Outlines are unions of pixels of one map each: no more than the map can hold, and what the cells say they cover.
          expect(covered(rings, () => true)).toBeCloseTo(
            result.cells.areaUm2.reduce((a, b) => a + b, 0),
            6,
          );
          for (const layer of [0, 1])
            expect(covered(layerRings!, (r) => layerRings!.layer[r] === layer)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('fields on a box', () => {
  it('measure exact distances within reach', () => {
    const mask = new Uint8Array(7 * 5);
    mask[2 * 7 + 1] = 1;
    const found = distances(mask, 1, 7, 5, 4);
    expect(found[2 * 7 + 1]).toBe(0);
    expect(found[2 * 7 + 4]).toBe(3);
    expect(found[4 * 7 + 3]).toBeCloseTo(Math.sqrt(8), 5);
    expect(found[0 * 7 + 6]).toBe(Number.POSITIVE_INFINITY);
  });

  it('smooth without losing anything inside, with half a pixel of variance for each pass', () => {
    const field = new Float32Array(21 * 21);
    field[10 * 21 + 10] = 1;
    smooth(field, 21, 21, 4);
    let [sum, squares] = [0, 0];
    field.forEach((value, k) => {
      sum += value;
      squares += value * ((k % 21) - 10) ** 2;
    });
    expect(sum).toBeCloseTo(1, 5);
    expect(squares).toBeCloseTo(2, 5);
  });
});

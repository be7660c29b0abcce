import { features } from '@spatile/worker/segment/features/features';
import { hullArea } from '@spatile/worker/segment/features/hull-area';
import type { Instances, Planes } from '@spatile/worker/segment/method';
import { expect, test } from 'vitest';

const ROWS = 40;
const COLUMNS = 60;

function scene(): { planes: Planes; instances: Instances } {
  const labels = new Int32Array(ROWS * COLUMNS);
  const paint = (label: number, inside: (x: number, y: number) => boolean): void => {
    for (let i = 0; i < labels.length; i++)
      if (inside(i % COLUMNS, Math.floor(i / COLUMNS))) labels[i] = label;
  };
  paint(1, (x, y) => x >= 2 && x < 12 && y >= 3 && y < 8);
  paint(2, (x, y) => (x - 30) ** 2 + (y - 20) ** 2 <= 100);
  // An L of 10 x 10 without its 5 x 5 corner.
  paint(4, (x, y) => x >= 45 && x < 55 && y >= 5 && y < 15 && !(x >= 50 && y < 10));
  const ramp = Float32Array.from(labels, (_, i) => i % COLUMNS);
  const planes = { rows: ROWS, columns: COLUMNS, row0: 160, column0: 32, pixelSizeUm: 0.5 };
  return {
    planes: { ...planes, channels: [ramp, new Float32Array(labels.length).fill(7)] },
    instances: { rows: ROWS, columns: COLUMNS, labels, scores: new Float32Array(4) },
  };
}

test('measures a rectangle, a disc and an L', async () => {
  const { planes, instances } = scene();
  const found = await features(planes, instances);
  expect(Array.from(found.pixels)).toEqual([50, 317, 0, 75]);
  expect(found.areaUm2[0]).toBe(12.5);
  expect([found.meanIntensity[0][0], found.meanIntensity[1][1]]).toEqual([6.5, 7]);
  expect([found.centroidColumn[0], found.centroidRow[0]]).toEqual([32 + 7, 160 + 5.5]);
  expect([found.centroidColumn[1], found.centroidRow[1]]).toEqual([62.5, 180.5]);
  expect(found.eccentricity[0]).toBeCloseTo(Math.sqrt(1 - (5 / 10) ** 2), 12);
  expect(found.eccentricity[1]).toBe(0);
  expect(found.solidity[0]).toBe(1);
  // The hull of the L cuts a triangle off the corner that is missing.
  expect(found.solidity[3]).toBeCloseTo(75 / (100 - 12.5), 12);
  expect(found.solidity[1]).toBeGreaterThan(0.9);
  expect(Array.from(found.box.slice(0, 4))).toEqual([163, 167, 34, 43]);
  expect([found.areaUm2[2], found.centroidRow[2], found.meanIntensity[0][2]]).toEqual([
    0,
    Number.NaN,
    Number.NaN,
  ]);
});

test('gives the same bits from another tile', async () => {
  const { planes, instances } = scene();
  const whole = await features(planes, instances);
  const cut = <T extends Float32Array | Int32Array>(plane: T): T => {
    const kept = Array.from(plane).filter((_, i) => i % COLUMNS >= 16);
    return (plane instanceof Int32Array ? Int32Array.from(kept) : Float32Array.from(kept)) as T;
  };
  const columns = COLUMNS - 16;
  const part = await features(
    { ...planes, columns, column0: planes.column0 + 16, channels: planes.channels.map(cut) },
    { ...instances, columns, labels: cut(instances.labels) },
  );
  for (const label of [1, 3]) {
    for (const name of ['areaUm2', 'eccentricity', 'solidity', 'centroidRow', 'centroidColumn'] as const)
      expect(part[name][label]).toBe(whole[name][label]);
    expect(part.meanIntensity[0][label]).toBe(whole.meanIntensity[0][label]);
    expect(part.box.slice(4 * label, 4 * label + 4)).toEqual(whole.box.slice(4 * label, 4 * label + 4));
  }
});

test('takes the hull of pixels, not of their centres', () => {
  expect(hullArea(Int32Array.of(3, 3))).toBe(1);
  expect(hullArea(Int32Array.of(0, 0, 1, 1))).toBe(3);
  expect(hullArea(Int32Array.of(0, 4, 2, 2, 0, 4))).toBe(15);
  expect(hullArea(Int32Array.of(0, 0, 2 ** 31 - 1, -1, 0, 0))).toBe(3);
  expect(hullArea(new Int32Array())).toBe(0);
});

test('refuses labels of another size', async () => {
  const { planes, instances } = scene();
  await expect(features({ ...planes, rows: ROWS - 1 }, instances)).rejects.toThrow(RangeError);
});

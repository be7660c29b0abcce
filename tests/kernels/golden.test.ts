import { describe, expect, it } from 'vitest';
import { compactness, measure } from '../../worker/kernels/reference/assign-model.ts';
import { displacementTable, mirrored } from '../../worker/src/assign/proseg/displacement.ts';
import { temperature } from '../../worker/src/assign/proseg/schedule.ts';
import { bound, emptyTile } from './small-tile.ts';

/** A tile whose one cell is the voxels (x, y) with `inside`, away from the edge. */
function shapeTile(size: number, inside: (x: number, y: number) => boolean) {
  const edge = size + 4;
  const label = Array.from({ length: edge * edge }, (_, v) =>
    inside((v % edge) - 2, Math.floor(v / edge) - 2) ? 1 : 0,
  );
  return emptyTile({ width: edge, height: edge, label, cells: 1 });
}
const box = (w: number, h: number) => shapeTile(Math.max(w, h), (x, y) => x >= 0 && x < w && y >= 0 && y < h);
const disc = (r: number) => shapeTile(2 * r + 1, (x, y) => (x - r) ** 2 + (y - r) ** 2 <= r * r);

describe('golden values of the method notes', () => {
  it.each([
    ['single voxel', box(1, 1), 1, 8, 0],
    ['1x10 line', box(10, 1), 10, 62, 1.17676],
    ['10x10 square', box(10, 10), 100, 116, 0.12709],
    ['5x20 rectangle', box(20, 5), 100, 146, 0.58712],
    ['disc 3', disc(3), 29, 64, 0.17555],
    ['disc 6', disc(6), 113, 120, 0.07268],
    ['disc 10', disc(10), 317, 200, 0.06281],
    ['disc 20', disc(20), 1257, 392, 0.03112],
  ])('perimeter and Q of a %s', async (_, t, n, perimeter, q) => {
    expect(measure(t, 1, 0)).toEqual({ n, perimeter });
    expect(compactness(n, perimeter)).toBeCloseTo(q, 5);
    const b = await bound(t);
    expect([b.arrays.size[1], b.arrays.perimeter[1]]).toEqual([n, perimeter]);
    b.release();
  });

  it('displacement tables at h = 1 and L = 4', async () => {
    const b = await bound(box(1, 1));
    const near = displacementTable(1, 1, b.kernel);
    const far = displacementTable(4, 1, b.kernel);
    const depth = displacementTable(0.1, 0.25, b.kernel);
    b.release();
    expect(near.slice(0, 5).map((p) => +p.toFixed(6))).toEqual([
      0.368746, 0.240802, 0.066716, 0.007734, 0.000368,
    ]);
    expect(far.slice(0, 3).map((p) => +p.toFixed(6))).toEqual([0.099219, 0.096198, 0.087674]);
    expect(far).toHaveLength(19);
    expect(depth.slice(0, 3).map((p) => +p.toFixed(6))).toEqual([0.682449, 0.157974, 0.000802]);
    for (const table of [near, far, depth]) {
      expect(Math.abs(2 * table.reduce((a, p) => a + p, 0) - table[0] - 1)).toBeLessThan(4e-6);
      expect(mirrored(table).reduce((a, p) => a + p, 0)).toBeCloseTo(1, 14);
    }
  });

  it('temperatures', async () => {
    const b = await bound(box(1, 1));
    const last = 0.01 ** (49 / 200);
    expect(temperature(49, 50, last, b.kernel)).toBeCloseTo(0.32359, 5);
    expect(temperature(0, 50, last, b.kernel)).toBe(1);
    expect(temperature(1, 50, last, b.kernel)).toBeCloseTo(0.01 ** (1 / 200), 12);
    expect(temperature(0, 1, 0.3, b.kernel)).toBe(1);
    b.release();
  });
});

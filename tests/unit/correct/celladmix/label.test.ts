import { labelFrame, NO_FACTOR, readLabels } from '@spatile/formats/tile/celladmix';
import { labelCells } from '@spatile/worker/correct/celladmix/label';
import { expect, test } from 'vitest';

const context = { progress() {}, count() {} };

/** Labels of cells of so many molecules at one place each, all of a gene that is surely of the last factor. */
async function labelsOf(sizes: readonly number[], factors: number, settings: object) {
  const n = sizes.reduce((a, b) => a + b, 0);
  const axis = Float32Array.from({ length: n }, (_, i) => i);
  const frame = labelFrame({
    cells: {
      length: Uint32Array.from(sizes),
      gene: new Uint32Array(n),
      ...{ x: axis, y: new Float32Array(n), z: new Float32Array(n) },
    },
    potentials: Float32Array.from({ length: factors }, (_, f) => (f === factors - 1 ? 0 : -5)),
    settings: { factors, neighbours: 5, bond: 1, sweeps: 10, fewest: 1, ...settings },
  });
  return readLabels(await labelCells(frame, context));
}

test('cells of one molecule, of two, of none', async () => {
  const { factor, counts } = await labelsOf([1, 0, 2], 3, {});
  expect([...factor]).toEqual([2, 2, 2]);
  expect([...counts]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 2]);
});

test('cells of too few molecules get no labels, and no cells at all are no error', async () => {
  const { factor, counts } = await labelsOf([2, 3], 2, { fewest: 3 });
  expect([...factor]).toEqual([NO_FACTOR, NO_FACTOR, 1, 1, 1]);
  expect([...counts]).toEqual([0, 0, 0, 3]);
  expect((await labelsOf([], 2, {})).factor).toHaveLength(0);
});

test('a cell whose messages would fill a gigabyte gets none, and the others theirs', async () => {
  const { factor } = await labelsOf([11_500, 4], 120, { neighbours: 50 });
  expect(factor.subarray(0, 11_500).every((label) => label === NO_FACTOR)).toBe(true);
  expect([...factor.subarray(11_500)]).toEqual([119, 119, 119, 119]);
});

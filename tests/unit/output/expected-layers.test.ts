import { expectedLayers } from '@spatile/coordinator/output/expected-layers';
import { countInterval } from '@spatile/coordinator/output/interval';
import { expect, test, vi } from 'vitest';

/** Cell c has c - 1 entries, and 500 when c is a multiple of 7. */
function row(cell: number) {
  const n = cell % 7 === 0 ? 500 : cell - 1;
  return {
    column: Int32Array.from({ length: n }, (_, i) => 2 * i + cell),
    mean: Float32Array.from({ length: n }, (_, i) => (i % 9) + cell / 8),
    variance: Float32Array.from({ length: n }, (_, i) => ((i % 9) + cell / 8) / 2),
  };
}

/** There may be room for more than a row has. */
const rows = (clear = (): void => undefined) => ({ of: row, room: (cell: number) => cell + 500, clear });

test('layers hold the rows of the kept cells, one after the other, with their intervals', () => {
  const clear = vi.fn();
  const kept = Uint32Array.of(1, 3, 7, 8, 14, 15);
  const { expected, counts_low: low, counts_high: high } = expectedLayers(rows(clear), kept);
  const wanted = [...kept].map(row);
  const ends = [0];
  for (const { column } of wanted) ends.push(ends[ends.length - 1] + column.length);
  expect([...expected.indptr]).toEqual(ends);
  expect([...expected.indices]).toEqual(wanted.flatMap(({ column }) => [...column]));
  expect([...expected.data]).toEqual(wanted.flatMap(({ mean }) => [...mean]));
  const intervals = wanted.flatMap(({ mean, variance }) =>
    [...mean].map((value, i) => countInterval(value, variance[i])),
  );
  expect([...low.data]).toEqual(intervals.map(([end]) => end));
  expect([...high.data]).toEqual(intervals.map(([, end]) => end));
  expect(clear).toHaveBeenCalledOnce();
  for (const layer of [low, high]) {
    expect(layer.indptr).toBe(expected.indptr);
    expect(layer.indices).toBe(expected.indices);
  }
});

test('no cells, no entries', () => {
  const { expected } = expectedLayers(rows(), new Uint32Array(0));
  expect([...expected.indptr]).toEqual([0]);
  expect(expected.data.length).toBe(0);
});

import { ReachSurvey } from '@spatile/coordinator/outline/reach';
import type { SlideContext } from '@spatile/coordinator/run/slide';
import { columnsOf } from '@spatile/worker/outline/columns';
import { expect, test } from 'vitest';

const VOXEL_UM = 0.5;
/** A square nucleus of 4 x 4 um. */
const NUCLEUS = Float64Array.of(0, 0, 4, 0, 4, 4, 0, 4, 0, 0);

/** One cell with these runs [layer, y, x, length]. */
function reachOf(runs: [number, number, number, number][]): number {
  const survey = new ReachSurvey({ cells: { nucleus: [[NUCLEUS]] } } as unknown as SlideContext);
  const columns = columnsOf(
    {
      cell: new Uint32Array(runs.length).fill(1),
      layer: Uint16Array.from(runs, ([layer]) => layer),
      y: Int32Array.from(runs, ([, y]) => y),
      x: Int32Array.from(runs, ([, , x]) => x),
      length: Uint32Array.from(runs, ([, , , length]) => length),
    },
    [0, runs.length],
  );
  survey.add({ cell: Uint32Array.of(1), columns: Uint32Array.of(columns) }, VOXEL_UM);
  return survey.median();
}

/** The r at which 16 + 16 r + pi r^2 is the area of so many columns. */
function expected(columns: number): number {
  const more = columns * VOXEL_UM ** 2 - 16;
  return Math.round((1000 * (Math.sqrt(256 + 4 * Math.PI * more) - 16)) / (2 * Math.PI)) / 1000;
}

test('columns that several layers share count once, wherever on the slide they lie', () => {
  const rows = [...Array(10).keys()].map((y): [number, number, number, number] => [0, y - 3, -7, 12]);
  expect(reachOf(rows)).toBe(expected(120));
  // The second layer repeats five columns of each row and adds three; the third adds a row of its own.
  const more = rows.map(([, y]): [number, number, number, number] => [1, y, 0, 8]);
  expect(reachOf([...rows, ...more, [2, 40, 3, 9]])).toBe(expected(120 + 30 + 9));
});

test('a cell smaller than its nucleus reaches nowhere', () => {
  expect(reachOf([[0, 2, 2, 3]])).toBe(0);
});

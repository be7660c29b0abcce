import type { BorderOutcome } from '@spatile/formats/tile/parts';
import { overlayClaims } from '@spatile/worker/assign/proseg/settle/changes';
import { settledCells } from '@spatile/worker/assign/proseg/settle/settle';
import { describe, expect, it } from 'vitest';
import { assignResult } from './result.ts';

/** Rows 10, 12, 14, 16, 18 lie in the tile, which owns the cells 1, 3 and 4. */
const ROWS = Uint32Array.of(10, 12, 14, 16, 18);
const settled = () =>
  assignResult({
    claims: [
      { row: 10, cell: 1, probability: 0.5 },
      { row: 12, cell: 1, probability: 0.5, dx: 2 },
      { row: 14, cell: 3, probability: 0.75 },
      { row: 16, cell: 0, probability: 1 },
      { row: 18, cell: 4, probability: 0.25, dl: -1 },
    ],
    shapes: [
      { cell: 1, component: 5, runs: [[0, 0, 3]], loadings: [1, 1.5] },
      { cell: 3, component: 6, runs: [[4, 4, 2]], loadings: [3, 3.5] },
      {
        cell: 4,
        component: 7,
        runs: [
          [8, 0, 1],
          [9, 0, 1],
        ],
        loadings: [4, 4.5],
      },
    ],
  });

/** Active cells of tile 0. */
const owned = (...numbers: number[]): Map<number, number> => new Map(numbers.map((cell) => [cell, 0]));

/** What the units make of the tile. */
function settledAfter(outcomes: BorderOutcome[]) {
  const { claims, ...shapes } = settled();
  overlayClaims(claims, ROWS, outcomes);
  return { verdicts: claims, ...settledCells([shapes], outcomes) };
}

describe('verdicts', () => {
  it('change for the rows of the tile that a unit names, and for no other', () => {
    const result = assignResult({
      claims: [
        { row: 9, cell: 2, probability: 1 },
        { row: 12, cell: 3, probability: 0.875, dx: 1, dy: -1, dl: 1 },
        { row: 13, cell: 2, probability: 1 },
        { row: 16, cell: 2, probability: 0.625 },
        { row: 30, cell: 2, probability: 1 },
      ],
    });
    const { verdicts } = settledAfter([{ result, active: owned() }]);
    expect([...verdicts.cell]).toEqual([1, 3, 3, 2, 4]);
    expect([...verdicts.probability]).toEqual([0.5, 0.875, 0.75, 0.625, 0.25]);
    expect([...verdicts.dx]).toEqual([0, 1, 0, 0, 0]);
    expect([...verdicts.dy]).toEqual([0, -1, 0, 0, 0]);
    expect([...verdicts.dl]).toEqual([0, 1, 0, 0, -1]);
  });
});

describe('cells', () => {
  const shapes = [
    { cell: 1, component: 15, runs: [[0, 1, 4]] as [number, number, number][], loadings: [10, 10.5] },
    { cell: 2, component: 16, runs: [[2, 0, 4]] as [number, number, number][], loadings: [20, 20.5] },
    { cell: 3, component: 17, runs: [[3, 4, 2]] as [number, number, number][], loadings: [30, 30.5] },
  ];

  it('are replaced when they were active and are owned here; others are not touched', () => {
    const result = assignResult({ claims: [], shapes });
    const made = settledAfter([{ result, active: owned(1, 2) }]);
    expect([...made.cells.cell]).toEqual([1, 3, 4]);
    expect([...made.cells.component]).toEqual([15, 6, 7]);
    expect([...made.runs.cell]).toEqual([1, 3, 4, 4]);
    expect([...made.runs.y]).toEqual([0, 4, 8, 9]);
    expect([...made.runs.x]).toEqual([1, 4, 0, 0]);
    expect([...made.runs.length]).toEqual([4, 2, 1, 1]);
    expect(made.verdicts).toEqual(settled().claims);
  });

  it('of other tiles do not enter the state', () => {
    const result = assignResult({ claims: [], shapes: [shapes[1]] });
    const { runs, cells } = settled();
    expect(settledAfter([{ result, active: owned(2) }])).toEqual({
      verdicts: settled().claims,
      runs,
      cells,
    });
  });

  it('that lost all voxels are gone', () => {
    const result = assignResult({ claims: [], shapes: [shapes[0]] });
    const made = settledAfter([{ result, active: owned(1, 3) }]);
    expect([...made.cells.cell]).toEqual([1, 4]);
    expect([...made.runs.cell]).toEqual([1, 4, 4]);
    const none = settledAfter([{ result: assignResult({ claims: [] }), active: owned(1, 3, 4) }]);
    expect([none.cells.cell.length, none.runs.cell.length]).toEqual([0, 0]);
  });

  it('of two units on one tile are both replaced, in either order', () => {
    const first = {
      result: assignResult({ claims: [{ row: 10, cell: 3, probability: 1 }], shapes: [shapes[0]] }),
      active: owned(1),
    };
    const second = {
      result: assignResult({ claims: [{ row: 18, cell: 0, probability: 1 }], shapes: [shapes[2]] }),
      active: owned(3),
    };
    const made = settledAfter([first, second]);
    expect([...made.cells.component]).toEqual([15, 17, 7]);
    expect([...made.verdicts.cell]).toEqual([3, 1, 3, 0, 0]);
    expect(settledAfter([second, first])).toEqual(made);
  });

  it('that are listed without voxels are refused', () => {
    const result = assignResult({ claims: [], shapes: [{ ...shapes[0], runs: [] }] });
    expect(() => settledAfter([{ result, active: owned(1) }])).toThrow(/cell 1 is listed without voxels/);
  });
});

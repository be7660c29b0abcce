import { applyBorderResults } from '@spatile/coordinator/assign/border-settle';
import { describe, expect, it } from 'vitest';
import { assignResult, tileState } from './result.ts';

/** Rows 10, 12, 14, 16, 18 lie in the tile, which owns the cells 1, 3 and 4. */
const ROWS = Uint32Array.of(10, 12, 14, 16, 18);
const OWNED = new Set([1, 3, 4]);
const owns = (cell: number): boolean => OWNED.has(cell);
const settled = () =>
  tileState(
    [
      { row: 10, cell: 1, probability: 0.5 },
      { row: 12, cell: 1, probability: 0.5, dx: 2 },
      { row: 14, cell: 3, probability: 0.75 },
      { row: 16, cell: 0, probability: 1 },
      { row: 18, cell: 4, probability: 0.25, dl: -1 },
    ],
    [
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
  );

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
    const { verdicts } = applyBorderResults(settled(), ROWS, [{ result, active: new Set() }], owns);
    expect([...verdicts.cell]).toEqual([1, 3, 3, 2, 4]);
    expect([...verdicts.probability]).toEqual([0.5, 0.875, 0.75, 0.625, 0.25]);
    expect([...verdicts.dx]).toEqual([0, 1, 0, 0, 0]);
    expect([...verdicts.dy]).toEqual([0, -1, 0, 0, 0]);
    expect([...verdicts.dl]).toEqual([0, 1, 0, 0, -1]);
  });

  it('of the state before stay as they were', () => {
    const state = settled();
    const result = assignResult({ claims: [{ row: 10, cell: 0, probability: 1 }] });
    applyBorderResults(state, ROWS, [{ result, active: new Set() }], owns);
    expect(state).toEqual(settled());
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
    const after = applyBorderResults(settled(), ROWS, [{ result, active: new Set([1, 2]) }], owns);
    expect([...after.cells.cell]).toEqual([1, 3, 4]);
    expect([...after.cells.component]).toEqual([15, 6, 7]);
    expect([...after.loadings.value]).toEqual([10, 10.5, 3, 3.5, 4, 4.5]);
    expect([...after.runs.cell]).toEqual([1, 3, 4, 4]);
    expect([...after.runs.y]).toEqual([0, 4, 8, 9]);
    expect([...after.runs.x]).toEqual([1, 4, 0, 0]);
    expect([...after.runs.length]).toEqual([4, 2, 1, 1]);
    expect(after.verdicts).toEqual(settled().verdicts);
  });

  it('of other tiles do not enter the state', () => {
    const result = assignResult({ claims: [], shapes });
    const after = applyBorderResults(settled(), ROWS, [{ result, active: new Set([1, 2, 3]) }], () => false);
    expect(after).toEqual(settled());
  });

  it('that lost all voxels are gone', () => {
    const result = assignResult({ claims: [], shapes: [shapes[0]] });
    const after = applyBorderResults(settled(), ROWS, [{ result, active: new Set([1, 3]) }], owns);
    expect([...after.cells.cell]).toEqual([1, 4]);
    expect([...after.loadings.value]).toEqual([10, 10.5, 4, 4.5]);
    expect([...after.runs.cell]).toEqual([1, 4, 4]);
    const none = applyBorderResults(
      settled(),
      ROWS,
      [{ result: assignResult({ claims: [] }), active: new Set([1, 3, 4]) }],
      owns,
    );
    expect([none.cells.cell.length, none.runs.cell.length, none.loadings.value.length]).toEqual([0, 0, 0]);
  });

  it('of two units on one tile are both replaced, in either order', () => {
    const first = {
      result: assignResult({ claims: [{ row: 10, cell: 3, probability: 1 }], shapes: [shapes[0]] }),
      active: new Set([1]),
    };
    const second = {
      result: assignResult({ claims: [{ row: 18, cell: 0, probability: 1 }], shapes: [shapes[2]] }),
      active: new Set([3]),
    };
    const after = applyBorderResults(settled(), ROWS, [first, second], owns);
    expect([...after.cells.component]).toEqual([15, 17, 7]);
    expect([...after.verdicts.cell]).toEqual([3, 1, 3, 0, 0]);
    expect(applyBorderResults(settled(), ROWS, [second, first], owns)).toEqual(after);
  });

  it('with loadings of another width are refused', () => {
    const result = assignResult({ claims: [], shapes: [{ ...shapes[0], loadings: [1] }] });
    expect(() => applyBorderResults(settled(), ROWS, [{ result, active: new Set([1]) }], owns)).toThrow(
      /loadings are 1 wide, expected 2/,
    );
  });
});

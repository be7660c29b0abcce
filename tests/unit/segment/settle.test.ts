import { settleUnits } from '@spatile/coordinator/segment/settle';
import type { SegmentResult } from '@spatile/formats/tile/segment';
import { expect, test } from 'vitest';

interface Block {
  x: number;
  y: number;
  width: number;
  height: number;
  score?: number;
  margin?: number;
  owned?: boolean;
}

/** A tile that reports rectangles as cells. */
function result(tile: string, blocks: Block[]): SegmentResult {
  const rows = blocks.flatMap(({ x, y, width, height }, part) =>
    Array.from({ length: height }, (_, row) => ({ part, y: y + row, x, length: width })),
  );
  return {
    meta: { tile, channels: 1, diagnostics: {} },
    units: {
      seedX: Float64Array.from(blocks, ({ x, width }) => x + width / 2),
      seedY: Float64Array.from(blocks, ({ y, height }) => y + height / 2),
      owned: Uint8Array.from(blocks, ({ owned = true }) => (owned ? 1 : 0)),
      score: Float32Array.from(blocks, ({ score = 0.5 }) => score),
      method: new Uint8Array(blocks.length),
      marginPx: Uint32Array.from(blocks, ({ margin = 10 }) => margin),
      nuclei: new Uint16Array(blocks.length),
    },
    parts: {
      unit: Uint32Array.from(blocks, (_, i) => i),
      kind: new Uint8Array(blocks.length).fill(1),
      pixels: Uint32Array.from(blocks, ({ width, height }) => width * height),
      eccentricity: new Float32Array(blocks.length),
      solidity: new Float32Array(blocks.length),
    },
    means: { value: new Float32Array(blocks.length) },
    runs: {
      part: Uint32Array.from(rows, ({ part }) => part),
      y: Int32Array.from(rows, ({ y }) => y),
      x: Int32Array.from(rows, ({ x }) => x),
      length: Uint32Array.from(rows, ({ length }) => length),
    },
  };
}

const pixels = (settled: ReturnType<typeof settleUnits>): number[] =>
  settled.units.map(({ cell }) => cell!.runs.length.reduce((sum, n) => sum + n, 0));

test('one cell that two tiles report is one, as the tile saw it that saw most around it', () => {
  const settled = settleUnits(
    [
      result('a', [{ x: 0, y: 0, width: 10, height: 10, margin: 3 }]),
      result('b', [{ x: 1, y: 0, width: 10, height: 10, margin: 30, owned: false }]),
    ],
    1,
  );
  expect(settled.units.map(({ tile, seedX }) => [tile, seedX])).toEqual([[1, 6]]);
  expect(settled.diagnostics).toEqual({ reported: 2, joined: 1, cut: 0, lost: 0 });
});

test('a cell that no tile owns is kept', () => {
  const settled = settleUnits(
    [result('a', [{ x: 0, y: 0, width: 4, height: 4, owned: false }]), result('b', [])],
    1,
  );
  expect(settled.units).toHaveLength(1);
});

test('pixels that two tiles claim go to the surer cell, and what is left too small goes', () => {
  const rivals = [
    result('a', [{ x: 0, y: 0, width: 10, height: 10, score: 0.9 }]),
    result('b', [{ x: 8, y: 0, width: 10, height: 10, score: 0.4 }]),
  ];
  expect(pixels(settleUnits(rivals, 1))).toEqual([100, 80]);
  expect(pixels(settleUnits(rivals, 90))).toEqual([100]);
  expect(settleUnits(rivals, 90).diagnostics).toEqual({ reported: 2, joined: 0, cut: 1, lost: 1 });
});

test('cells are numbered by row and column of their seed', () => {
  const settled = settleUnits(
    [
      result('a', [{ x: 20, y: 20, width: 4, height: 4 }]),
      result('b', [
        { x: 40, y: 0, width: 4, height: 4 },
        { x: 0, y: 0, width: 4, height: 4 },
      ]),
    ],
    1,
  );
  expect(settled.units.map(({ seedX, seedY }) => [seedX, seedY])).toEqual([
    [2, 2],
    [42, 2],
    [22, 22],
  ]);
});

test('two cells of one tile that another tile took for one stay two, or become one, never less', () => {
  const two = [
    { x: 0, y: 0, width: 10, height: 10, score: 0.9 },
    { x: 12, y: 0, width: 10, height: 10, score: 0.8 },
  ];
  const settled = (score: number) =>
    settleUnits([result('a', two), result('b', [{ x: 0, y: 0, width: 22, height: 10, score }])], 1).units;
  expect(settled(0.5).map(({ tile, seedX }) => [tile, seedX])).toEqual([
    [0, 5],
    [0, 17],
  ]);
  expect(settled(0.95).map(({ tile, seedX }) => [tile, seedX])).toEqual([[1, 11]]);
});

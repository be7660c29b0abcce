import { farFromCells } from '@spatile/worker/assign/proseg/far';
import { describe, expect, it } from 'vitest';

/** A core of 40 x 40 um with 1 um fine and 2 um coarse columns; one cell covers the coarse columns x < 4, y < 4 (8 x 8 um). */
const EDGE = 40;
const label = new Uint16Array((EDGE / 2) ** 2);
for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) label[y * (EDGE / 2) + x] = 1;
const start = { width: EDGE / 2, height: EDGE / 2, label } as never;
const grid = {
  width: EDGE,
  height: EDGE,
  coarseFactor: 2,
  voxelUm: 1,
  core: { x0: 0, y0: 0, x1: EDGE, y1: EDGE },
} as never;
const model = { genes: 2 } as never;

function count(points: [x: number, y: number, gene: number][], modelled: Uint8Array) {
  const observed = {
    x: Uint16Array.from(points, ([x]) => x),
    y: Uint16Array.from(points, ([, y]) => y),
  } as never;
  const tile = { transcripts: { gene: Uint32Array.from(points, ([, , gene]) => gene) } } as never;
  return farFromCells(tile, model, grid, observed, Uint32Array.from(points.keys()), modelled, start);
}

describe('what lies far from cells', () => {
  it('begins 8 um beyond the first labels, counted along the axes', () => {
    const all = new Uint8Array(EDGE * EDGE).fill(1);
    const { farCounts } = count(
      [
        [0, 0, 0],
        [15, 0, 0],
        [16, 0, 1],
        [17, 0, 1],
        [12, 12, 0],
        [30, 30, 0],
      ],
      all,
    );
    expect([...farCounts]).toEqual([2, 2]);
  });

  it('counts only columns of the model', () => {
    const all = new Uint8Array(EDGE * EDGE).fill(1);
    const brute = (): number => {
      let n = 0;
      for (let y = 0; y < EDGE; y++) {
        for (let x = 0; x < EDGE; x++) {
          const steps = Math.max(0, Math.floor(x / 2) - 3) + Math.max(0, Math.floor(y / 2) - 3);
          if (steps > 4) n++;
        }
      }
      return n;
    };
    expect(count([], all).farColumns[0]).toBe(brute());
    expect(count([], new Uint8Array(EDGE * EDGE)).farColumns[0]).toBe(0);
  });
});

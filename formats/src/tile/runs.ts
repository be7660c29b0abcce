import { SpatileError } from '../errors.ts';
import type { RectUm } from '../space.ts';
import type { TileState } from './state.ts';

/** Voxel indices on the slide-wide grid (x0, y0, x1, y1), half-open. */
export type VoxelBox = [number, number, number, number];

/** A place on the voxel lattice is as near to it as the rounding of microns allows. */
const ON_LATTICE = 1e-6;

/** The voxels that a rectangle in microns meets; its edges may miss the lattice by their rounding. */
export function voxelBox(rect: RectUm, [x, y]: readonly [number, number], voxelUm: number): VoxelBox {
  return [
    Math.floor((rect.x0 - x) / voxelUm + ON_LATTICE),
    Math.floor((rect.y0 - y) / voxelUm + ON_LATTICE),
    Math.ceil((rect.x1 - x) / voxelUm - ON_LATTICE),
    Math.ceil((rect.y1 - y) / voxelUm - ON_LATTICE),
  ];
}

/** First and past-the-last run of each cell (runs are sorted by cell). */
export function runSpans(runs: TileState['runs']): Map<number, [number, number]> {
  const spans = new Map<number, [number, number]>();
  for (let i = 0; i < runs.cell.length; ) {
    let end = i + 1;
    while (end < runs.cell.length && runs.cell[end] === runs.cell[i]) end++;
    spans.set(runs.cell[i], [i, end]);
    i = end;
  }
  return spans;
}

/** Bounding box of the runs of a span; (Infinity, Infinity, -Infinity, -Infinity) of none. */
export function boxOf(runs: TileState['runs'], [from, to]: [number, number]): VoxelBox {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = from; i < to; i++) {
    x0 = Math.min(x0, runs.x[i]);
    x1 = Math.max(x1, runs.x[i] + runs.length[i]);
    y0 = Math.min(y0, runs.y[i]);
    y1 = Math.max(y1, runs.y[i] + 1);
  }
  return [x0, y0, x1, y1];
}

/** Whether one of the voxels of a span lies in a box. */
export function touchesBox(
  runs: TileState['runs'],
  [from, to]: [number, number],
  [x0, y0, x1, y1]: VoxelBox,
): boolean {
  for (let i = from; i < to; i++) {
    if (runs.y[i] >= y0 && runs.y[i] < y1 && runs.x[i] < x1 && runs.x[i] + runs.length[i] > x0) return true;
  }
  return false;
}

/** Room for n runs. */
export function emptyRuns(n: number): TileState['runs'] {
  return {
    cell: new Uint32Array(n),
    layer: new Uint16Array(n),
    y: new Int32Array(n),
    x: new Int32Array(n),
    length: new Uint32Array(n),
  };
}

/** Copies the runs of a span into `out` from entry `at` on. */
export function copyRuns(
  runs: TileState['runs'],
  [from, to]: [number, number],
  out: TileState['runs'],
  at: number,
): void {
  out.cell.set(runs.cell.subarray(from, to), at);
  out.layer.set(runs.layer.subarray(from, to), at);
  out.y.set(runs.y.subarray(from, to), at);
  out.x.set(runs.x.subarray(from, to), at);
  out.length.set(runs.length.subarray(from, to), at);
}

/** The runs of several spans, in their order. */
export function sliceRuns(runs: TileState['runs'], spans: [number, number][]): TileState['runs'] {
  const out = emptyRuns(spans.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const span of spans) {
    copyRuns(runs, span, out, at);
    at += span[1] - span[0];
  }
  return out;
}

/**
 * Several lists of runs as one, sorted by (cell, layer, y, x). Each list is sorted so already; the runs of one cell are in one
 * list, since every cell has one owner (`INTERNAL` otherwise).
 */
export function mergeRuns(lists: TileState['runs'][]): TileState['runs'] {
  const n = lists.reduce((sum, list) => sum + list.cell.length, 0);
  const out = emptyRuns(n);
  const spans = lists.flatMap((list) => [...runSpans(list)].map(([cell, span]) => ({ cell, list, span })));
  spans.sort((a, b) => a.cell - b.cell);
  let at = 0;
  spans.forEach(({ cell, list, span }, i) => {
    if (i > 0 && spans[i - 1].cell === cell)
      throw new SpatileError(
        'INTERNAL',
        `settled state: cell ${cell} has voxels from two tiles; expected one owner; please report this`,
      );
    copyRuns(list, span, out, at);
    at += span[1] - span[0];
  });
  return out;
}

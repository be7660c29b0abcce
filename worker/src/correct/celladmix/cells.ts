import type { CellMolecules } from '@spatile/formats/tile/celladmix';
import type { BoundCelladmix } from '../../../kernels/bind-celladmix.ts';

/** Where the molecules of each cell begin: cells + 1 numbers. */
export function startsOf(length: Uint32Array): Float64Array {
  const start = new Float64Array(length.length + 1);
  length.forEach((n, i) => {
    start[i + 1] = start[i] + n;
  });
  return start;
}

/** The most molecules of a cell. */
export const largestOf = (length: Uint32Array): number => length.reduce((most, n) => Math.max(most, n), 0);

/** Kernel arrays for the neighbours of the molecules of one cell of up to n, up to m of each. */
export const neighbourArrays = (n: number, m: number) =>
  ({
    x: ['f32', n],
    y: ['f32', n],
    z: ['f32', n],
    id: ['i32', n],
    near: ['i32', n * m],
    squared: ['f64', n * m],
  }) as const;

type Room = ReturnType<BoundCelladmix['lay']> & {
  view: { x: Float32Array; y: Float32Array; z: Float32Array; id: Int32Array };
  at: Record<'x' | 'y' | 'z' | 'id' | 'near' | 'squared', number>;
};

/**
 * Finds the m nearest molecules of each of the molecules [from, to) of one cell, in the kernel's `near` and `squared`
 * (numbers count from `from`).
 */
export function findNeighbours(
  { kernel }: BoundCelladmix,
  { at, view }: Pick<Room, 'at' | 'view'>,
  cells: CellMolecules,
  from: number,
  to: number,
  m: number,
): void {
  const n = to - from;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => cells.x[from + a] - cells.x[from + b] || a - b,
  );
  for (let s = 0; s < n; s++) {
    const i = from + order[s];
    view.x[s] = cells.x[i];
    view.y[s] = cells.y[i];
    view.z[s] = cells.z[i];
  }
  view.id.set(order);
  kernel.nearest(n, m, at.x, at.y, at.z, at.id, at.near, at.squared);
}

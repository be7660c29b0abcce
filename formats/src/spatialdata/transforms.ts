import { type Affine, IDENTITY } from '../space.ts';
import type { NodeJson } from './store.ts';

/** Coordinate transformations in the form SpatialData stores them: one entry per target frame, element's axis order. */

export type AxesName = 'cyx' | 'yx' | 'xy' | 'xyz';

function axesOf(axes: AxesName): NodeJson[] {
  return [...axes].map((name) =>
    name === 'c' ? { name, type: 'channel' } : { name, type: 'space', unit: 'unit' },
  );
}

/** `b` after `a`. */
export function compose(b: Affine, a: Affine): Affine {
  const cell = (row: number, column: number): number =>
    b[row * 3] * a[column] + b[row * 3 + 1] * a[3 + column] + b[row * 3 + 2] * a[6 + column];
  return [cell(0, 0), cell(0, 1), cell(0, 2), cell(1, 0), cell(1, 1), cell(1, 2), 0, 0, 1];
}

/** The inverse of an affine; throws `RangeError` when it has none. */
export function invert(m: Affine): Affine {
  const det = m[0] * m[4] - m[1] * m[3];
  if (!Number.isFinite(1 / det)) throw new RangeError('the transform cannot be inverted');
  return [
    m[4] / det,
    -m[1] / det,
    (m[1] * m[5] - m[2] * m[4]) / det,
    -m[3] / det,
    m[0] / det,
    (m[2] * m[3] - m[0] * m[5]) / det,
    0,
    0,
    1,
  ];
}

/** Entries are compared to the precision with which pixel sizes are known; rounding must not turn identity into affine. */
const CLOSE = 1e-9;
const near = (a: number, b: number): boolean =>
  Math.abs(a - b) <= CLOSE * Math.max(1, Math.abs(a), Math.abs(b));

function payload(axes: AxesName, m: Affine): NodeJson {
  if (m.every((value, i) => near(value, IDENTITY[i]))) return { type: 'identity' };
  const pureScale = [m[1], m[2], m[3], m[5]].every((value) => near(value, 0));
  if (pureScale)
    return { type: 'scale', scale: [...axes].map((axis) => (axis === 'x' ? m[0] : axis === 'y' ? m[4] : 1)) };
  const rows: Record<string, Record<string, number>> = {
    x: { x: m[0], y: m[1], offset: m[2] },
    y: { x: m[3], y: m[4], offset: m[5] },
    z: { z: 1 },
    c: { c: 1 },
  };
  return {
    type: 'affine',
    affine: [...axes].map((row) => [...axes, 'offset'].map((column) => rows[row][column] ?? 0)),
  };
}

/**
 * The list `coordinateTransformations` of an element with the given axes.
 * `targets` maps the name of a frame to the affine (x, y) from the element's own coordinates to it.
 */
export function transformations(axes: AxesName, targets: [name: string, affine: Affine][]): NodeJson[] {
  return targets.map(([name, affine]) => ({
    ...payload(axes, affine),
    input: { name: axes, axes: axesOf(axes) },
    output: { name, axes: axesOf(axes) },
  }));
}

/** Pixels of a settled shape as runs along x, sorted by (y, x). */
export interface ShapeRuns {
  y: Int32Array;
  x: Int32Array;
  length: Uint32Array;
}

/** Smallest rectangle around a shape, half-open. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const pixelsOf = ({ length }: ShapeRuns): number => length.reduce((sum, n) => sum + n, 0);

export function boxOf({ y, x, length }: ShapeRuns): Box {
  let [x0, x1] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < x.length; i++) {
    x0 = Math.min(x0, x[i]);
    x1 = Math.max(x1, x[i] + length[i]);
  }
  return { x0, x1, y0: y[0], y1: y[y.length - 1] + 1 };
}

export const boxesMeet = (a: Box, b: Box): boolean =>
  a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** Number of pixels that two shapes share. */
export function sharedPixels(a: ShapeRuns, b: ShapeRuns): number {
  let shared = 0;
  eachOverlap(a, b, (_, from, to) => {
    shared += to - from;
  });
  return shared;
}

/** Visits the stretches that two shapes share: run of `a`, columns from and to. */
function eachOverlap(
  a: ShapeRuns,
  b: ShapeRuns,
  visit: (run: number, from: number, to: number) => void,
): void {
  let first = 0;
  for (let i = 0; i < a.y.length; i++) {
    while (first < b.y.length && b.y[first] < a.y[i]) first++;
    for (let k = first; k < b.y.length && b.y[k] === a.y[i]; k++) {
      const from = Math.max(a.x[i], b.x[k]);
      const to = Math.min(a.x[i] + a.length[i], b.x[k] + b.length[k]);
      if (from < to) visit(i, from, to);
    }
  }
}

/** The shape without the pixels of another. */
export function without(shape: ShapeRuns, other: ShapeRuns): ShapeRuns {
  const cuts = new Map<number, [number, number][]>();
  eachOverlap(shape, other, (run, from, to) => {
    cuts.set(run, [...(cuts.get(run) ?? []), [from, to]]);
  });
  if (cuts.size === 0) return shape;
  const [y, x, length]: number[][] = [[], [], []];
  const add = (row: number, from: number, to: number): void => {
    if (from >= to) return;
    y.push(row);
    x.push(from);
    length.push(to - from);
  };
  for (let i = 0; i < shape.y.length; i++) {
    let at = shape.x[i];
    for (const [from, to] of cuts.get(i) ?? []) {
      add(shape.y[i], at, from);
      at = to;
    }
    add(shape.y[i], at, shape.x[i] + shape.length[i]);
  }
  return { y: Int32Array.from(y), x: Int32Array.from(x), length: Uint32Array.from(length) };
}

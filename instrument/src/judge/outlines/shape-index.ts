import { ROW_UM, type Spans } from './spans.ts';

/** Edge of a bin, microns: about a cell. */
const BIN_UM = 16;
/** A slide of 20 mm has 1.6 million bins; more means coordinates that are not microns, and gets larger bins. */
const MAX_BINS = 1 << 21;

interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Finds, among many shapes, those that share area with another. */
export class ShapeIndex {
  readonly #shapes: readonly Spans[];
  readonly #area: Box;
  readonly #binUm: number;
  readonly #columns: number;
  /** Shapes whose box touches bin b: `#shape[#start[b] .. #start[b + 1])`. */
  readonly #start: Uint32Array;
  readonly #shape: Uint32Array;
  /** Number of the last question that met a shape. */
  readonly #met: Uint32Array;
  #questions = 0;

  constructor(shapes: readonly Spans[]) {
    this.#shapes = shapes;
    const boxes = shapes.map(boxOf);
    const area = { x0: 0, y0: 0, x1: 0, y1: 0 };
    for (const { x0, y0, x1, y1 } of boxes) {
      if (x0 > x1) continue;
      area.x0 = Math.min(area.x0, x0);
      area.y0 = Math.min(area.y0, y0);
      area.x1 = Math.max(area.x1, x1);
      area.y1 = Math.max(area.y1, y1);
    }
    this.#area = area;
    const [width, height] = [area.x1 - area.x0, area.y1 - area.y0];
    this.#binUm = Math.max(BIN_UM, Math.sqrt((width * height) / MAX_BINS), (width + height) / MAX_BINS);
    this.#columns = Math.floor(width / this.#binUm) + 1;
    const bins = this.#columns * (Math.floor(height / this.#binUm) + 1);
    this.#start = new Uint32Array(bins + 1);
    for (const box of boxes) this.#forEachBin(box, (bin) => this.#start[bin + 1]++);
    for (let bin = 0; bin < bins; bin++) this.#start[bin + 1] += this.#start[bin];
    const fill = this.#start.slice();
    this.#shape = new Uint32Array(this.#start[bins]);
    boxes.forEach((box, shape) => {
      this.#forEachBin(box, (bin) => {
        this.#shape[fill[bin]++] = shape;
      });
    });
    this.#met = new Uint32Array(shapes.length);
  }

  /** Calls `visit` with every shape that shares area with `other`, and that area in um2. */
  overlaps(other: Spans, visit: (shape: number, sharedUm2: number) => void): void {
    this.#questions++;
    this.#forEachBin(boxOf(other), (bin) => {
      for (let i = this.#start[bin]; i < this.#start[bin + 1]; i++) {
        const shape = this.#shape[i];
        if (this.#met[shape] === this.#questions) continue;
        this.#met[shape] = this.#questions;
        const shared = sharedArea(this.#shapes[shape], other);
        if (shared > 0) visit(shape, shared);
      }
    });
  }

  /** Bins that a box touches; what lies outside all shapes touches none of them. */
  #forEachBin({ x0, y0, x1, y1 }: Box, visit: (bin: number) => void): void {
    const area = this.#area;
    if (!(x0 <= area.x1 && x1 >= area.x0 && y0 <= area.y1 && y1 >= area.y0)) return;
    const at = (value: number, low: number, high: number): number =>
      Math.floor((Math.min(high, Math.max(low, value)) - low) / this.#binUm);
    const [left, right] = [at(x0, area.x0, area.x1), at(x1, area.x0, area.x1)];
    const bottom = at(y1, area.y0, area.y1);
    for (let row = at(y0, area.y0, area.y1); row <= bottom; row++) {
      for (let column = left; column <= right; column++) visit(row * this.#columns + column);
    }
  }
}

/** Smallest box around a shape; that of nothing has x0 > x1. */
function boxOf({ firstRow, start, x }: Spans): Box {
  const box = {
    x0: Infinity,
    y0: firstRow * ROW_UM,
    x1: -Infinity,
    y1: (firstRow + start.length - 1) * ROW_UM,
  };
  for (const end of x) {
    box.x0 = Math.min(box.x0, end);
    box.x1 = Math.max(box.x1, end);
  }
  return box;
}

/** Area in um2 that two shapes have in common. */
function sharedArea(a: Spans, b: Spans): number {
  const first = Math.max(a.firstRow, b.firstRow);
  const end = Math.min(a.firstRow + a.start.length, b.firstRow + b.start.length) - 1;
  let length = 0;
  for (let row = first; row < end; row++) {
    const [ra, rb] = [row - a.firstRow, row - b.firstRow];
    let i = a.start[ra];
    let j = b.start[rb];
    while (i < a.start[ra + 1] && j < b.start[rb + 1]) {
      const right = Math.min(a.x[i + 1], b.x[j + 1]);
      const shared = right - Math.max(a.x[i], b.x[j]);
      if (shared > 0) length += shared;
      if (a.x[i + 1] === right) i += 2;
      else j += 2;
    }
  }
  return length * ROW_UM;
}

import type { PixelWindow } from '../raster/lattice.ts';
import { connectRuns, type Runs } from '../raster/runs.ts';

/** A closed ring of pixel corners (interleaved column, row; first = last), no three in line. */
export interface Ring {
  vertices: number[];
  /** Twice the shoelace area in pixels: > 0 for exteriors, < 0 for holes. */
  doubleArea: number;
}

/** One 4-connected part of a cell: its exterior, then its holes. */
export type Part = Ring[];

/**
 * Traces the border of one label along pixel edges.
 *
 * Pixels that only meet at a corner are apart, and a ring that would touch itself at a corner is split there, so every ring
 * is simple, parts meet each other and holes meet their exterior at single points at most: valid (multi)polygons in the sense of
 * OGC simple features. Rings of neighbouring cells run over the same corners.
 *
 * `map`: height x width labels; `runs`: all runs of `label` in it, by (y, x), in columns and rows of the slide-wide lattice.
 * `seen`: height x width scratch, 0 on the pixels of the label; top edges already walked are marked in it.
 */
export function traceLabel(
  map: Int32Array,
  window: PixelWindow,
  label: number,
  runs: Runs,
  seen: Uint8Array,
): Part[] {
  const group = connectRuns(runs, false);
  const parts = new Map<number, Ring[]>();
  const walker = new BorderWalker(map, window, label, seen);
  for (let r = 0; r < runs.y.length; r++) {
    const row = runs.y[r] - window.row0;
    const from = runs.x[r] - window.column0;
    for (let x = from; x < from + runs.length[r]; x++) {
      if (seen[row * window.width + x] === 1 || walker.has(x, row - 1)) continue;
      const rings = parts.get(group[r]) ?? [];
      parts.set(group[r], rings);
      walker.walk(x, row, rings);
    }
  }
  return [...parts.values()].map((rings) => [
    ...rings.filter((ring) => ring.doubleArea > 0),
    ...rings.filter((ring) => ring.doubleArea < 0),
  ]);
}

/** Directions +x, +y, -x, -y; the inside lies one quarter turn ahead (from +x towards +y). */
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];
/** From a corner, the pixel ahead on the inner side, and the one ahead on the outer side. */
const INNER_X = [0, -1, -1, 0];
const INNER_Y = [0, 0, -1, -1];
const OUTER_X = [0, 0, -1, -1];
const OUTER_Y = [-1, 0, 0, -1];

class BorderWalker {
  readonly #map: Int32Array;
  readonly #window: PixelWindow;
  readonly #label: number;
  readonly #seen: Uint8Array;

  constructor(map: Int32Array, window: PixelWindow, label: number, seen: Uint8Array) {
    this.#map = map;
    this.#window = window;
    this.#label = label;
    this.#seen = seen;
  }

  has(x: number, y: number): boolean {
    const { width, height } = this.#window;
    return x >= 0 && x < width && y >= 0 && y < height && this.#map[y * width + x] === this.#label;
  }

  /** Walks the border from the top edge of pixel (startX, startY), whose left end is a corner, and adds its simple rings. */
  walk(startX: number, startY: number, rings: Ring[]): void {
    const { width } = this.#window;
    const path: number[] = [];
    // Only corners where two pixels of the label meet diagonally can be passed twice: place in `path` of each.
    const meetings = new Map<number, number>();
    let [x, y, direction] = [startX, startY, 0];
    do {
      if (direction === 0) this.#seen[y * width + x] = 1;
      x += DX[direction];
      y += DY[direction];
      const inner = this.has(x + INNER_X[direction], y + INNER_Y[direction]);
      const outer = this.has(x + OUTER_X[direction], y + OUTER_Y[direction]);
      if (inner && !outer) continue;
      const corner = y * (width + 1) + x;
      const before = outer && !inner ? meetings.get(corner) : undefined;
      if (before === undefined) {
        if (outer && !inner) meetings.set(corner, path.length);
        path.push(x, y);
      } else {
        rings.push(this.#ring(path.splice(before + 2), x, y));
      }
      direction = inner ? (direction + 3) & 3 : (direction + 1) & 3;
    } while (x !== startX || y !== startY || direction !== 0);
    if (path.length > 0) rings.push(this.#ring(path.slice(2), path[0], path[1]));
  }

  /** Closes a ring that begins and ends at (x, y), in lattice coordinates. */
  #ring(rest: number[], x: number, y: number): Ring {
    const { column0, row0 } = this.#window;
    const vertices = [x + column0, y + row0];
    for (let k = 0; k < rest.length; k += 2) vertices.push(rest[k] + column0, rest[k + 1] + row0);
    vertices.push(x + column0, y + row0);
    let doubleArea = 0;
    for (let k = 0; k + 3 < vertices.length; k += 2) {
      doubleArea += vertices[k] * vertices[k + 3] - vertices[k + 2] * vertices[k + 1];
    }
    return { vertices, doubleArea };
  }
}

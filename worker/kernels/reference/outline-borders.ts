/**
 * Borders of a label image as arcs: a border between two labels (or a label and the background) from one corner where three
 * labels meet to the next, or all around. Both labels share the arc, so whatever is done to it is done once for both.
 *
 * Where equal labels meet at a corner only, they are joined there and the other two pixels are apart; if both pairs are equal,
 * the lower label is joined and the background never.
 */
export interface Arc {
  /** Corners of pixels where the border turns, interleaved x, y; both ends included. */
  corners: number[];
  /** Whether it runs all around without meeting a third label; then the first corner is not repeated. */
  closed: boolean;
}

/** One border of a label, its inside on the right hand (y down). */
export interface Ring {
  label: number;
  /** Arc numbers in order; ~arc where it is walked backwards. */
  arcs: number[];
  /** Twice the area in pixels: > 0 for exteriors, < 0 for holes. */
  doubleArea: number;
  /** Pixel at which the walk began: the inside of a top edge. */
  start: number;
}

export interface Borders {
  arcs: Arc[];
  rings: Ring[];
}

/** Directions +x, +y, -x, -y. */
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/** Traces the borders of all labels > 0; `labels` rows x columns, row-major. Memory: 5 bytes per pixel and the borders. */
export function traceBorders(labels: Int32Array, rows: number, columns: number): Borders {
  const tracer = new Tracer(labels, rows, columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const label = labels[y * columns + x];
      if (label > 0 && (y === 0 || labels[(y - 1) * columns + x] !== label)) tracer.walk(x, y, label);
    }
  }
  return tracer;
}

class Tracer implements Borders {
  readonly arcs: Arc[] = [];
  readonly rings: Ring[] = [];
  /** Labels with a frame of background, so that no step looks outside. */
  readonly #framed: Int32Array;
  readonly #width: number;
  readonly #seen: Uint8Array;
  /** Arc by the first step of its way back: corner and direction. */
  readonly #backwards = new Map<number, number>();
  /** From a corner, by direction: places of the pixels ahead on the inner and on the outer side, and behind on the outer side. */
  readonly #inner: number[];
  readonly #outer: number[];
  readonly #behind: number[];

  constructor(labels: Int32Array, rows: number, columns: number) {
    const width = columns + 2;
    this.#width = width;
    this.#framed = new Int32Array(width * (rows + 2));
    for (let y = 0; y < rows; y++)
      this.#framed.set(labels.subarray(y * columns, (y + 1) * columns), (y + 1) * width + 1);
    this.#seen = new Uint8Array(this.#framed.length);
    // Corner (x, y) has the framed place y * width + x, which is that of its upper left pixel.
    const [upperLeft, upperRight, lowerLeft, lowerRight] = [0, 1, width, width + 1];
    this.#inner = [lowerRight, lowerLeft, upperLeft, upperRight];
    this.#outer = [upperRight, lowerRight, lowerLeft, upperLeft];
    this.#behind = [upperLeft, upperRight, lowerRight, lowerLeft];
  }

  /** Walks the border that begins with the top edge of a pixel, unless it is known. */
  walk(startX: number, startY: number, label: number): void {
    const first = startY * this.#width + startX;
    if (this.#seen[first] === 1) return;
    const corners: number[] = [];
    const nodes: number[] = [];
    /** Direction in which each corner is left. */
    const leaving: number[] = [];
    let doubleArea = 0;
    let corner = first;
    let direction = 0;
    let [x, y] = [startX, startY];
    do {
      if (direction === 0) this.#seen[corner] = 1;
      x += DX[direction];
      y += DY[direction];
      corner = y * this.#width + x;
      const turn = this.#turn(corner, direction, label);
      const node = (turn & NODE) !== 0;
      const next = (direction + turn) & 3;
      if (node || next !== direction) {
        if (node) nodes.push(leaving.length);
        corners.push(x, y);
        leaving.push(next);
      }
      doubleArea += x * DY[direction] - y * DX[direction];
      direction = next;
    } while (corner !== first || direction !== 0);
    const ring: Ring = { label, arcs: [], doubleArea, start: first };
    if (nodes.length === 0) {
      ring.arcs.push(this.arcs.push({ corners, closed: true }) - 1);
    } else {
      nodes.forEach((from, k) => {
        ring.arcs.push(this.#arc(corners, leaving, from, nodes[(k + 1) % nodes.length]));
      });
    }
    this.rings.push(ring);
  }

  /** Quarter turns to the right to take at a corner (0, 1, 3), and whether three labels meet there. */
  #turn(corner: number, direction: number, label: number): number {
    const inner = this.#framed[corner + this.#inner[direction]];
    const outer = this.#framed[corner + this.#outer[direction]];
    const behind = this.#framed[corner + this.#behind[direction]];
    if (inner === label) {
      if (outer === label) return 3;
      return outer === behind ? 0 : NODE;
    }
    if (outer !== label) return inner === behind ? 1 : 1 | NODE;
    // Equal labels meet across the corner.
    return inner !== behind || inner === 0 || label < inner ? 3 : 1;
  }

  /** The arc between two nodes of a border: the one that the other side has walked, backwards, or a new one. */
  #arc(corners: number[], leaving: number[], from: number, to: number): number {
    const key = (at: number, direction: number): number =>
      (corners[2 * at + 1] * this.#width + corners[2 * at]) * 4 + direction;
    const known = this.#backwards.get(key(from, leaving[from]));
    if (known !== undefined) return ~known;
    const n = leaving.length;
    const path: number[] = [];
    for (let at = from; ; at = (at + 1) % n) {
      path.push(corners[2 * at], corners[2 * at + 1]);
      if (at === to && path.length > 2) break;
    }
    const last = (to + n - 1) % n;
    this.#backwards.set(key(to, (leaving[last] + 2) & 3), this.arcs.length);
    return this.arcs.push({ corners: path, closed: false }) - 1;
  }
}

/** Marks a corner where the border meets a third label; beyond the two bits of a turn. */
const NODE = 4;

/**
 * Outlines of pixel sets, exact to the pixel: rings run along pixel edges, pixel (column c, row r) covers
 * `[c, c + 1) x [r, r + 1)`. Filling the rings by the even-odd rule gives the pixels back.
 */

/** A turn of the outline. Every corner ends one horizontal and one vertical edge. */
interface Corners {
  x: number[];
  y: number[];
  /** Corner at the other end of the horizontal and of the vertical edge. */
  across: number[];
  along: number[];
  /** Whether the pixel to the lower right of the corner is covered. */
  covered: boolean[];
}

/**
 * Rings of the pixels given as runs.
 * @param runs triples (line, start, end) sorted by line and start; runs of one line neither touch nor overlap.
 * @param columns true when lines are columns of the image: x and y are swapped back.
 * @returns closed rings of x, y pairs in pixels, each from its topmost, then leftmost corner and ordered by it; outlines run
 *   clockwise on a screen (positive area), holes the other way.
 */
export function traceRuns(runs: readonly number[], columns = false): Float64Array[] {
  const corners = findCorners(runs);
  const rings: Float64Array[] = [];
  const seen = new Uint8Array(corners.x.length);
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1) continue;
    const points: number[] = [];
    let at = start;
    do {
      const next = corners.across[at];
      seen[at] = 1;
      seen[next] = 1;
      points.push(corners.x[at], corners.y[at], corners.x[next], corners.y[next]);
      at = corners.along[next];
    } while (at !== start);
    rings.push(ringFrom(points, columns, !corners.covered[start]));
  }
  return columns ? rings.sort((a, b) => a[1] - b[1] || a[0] - b[0]) : rings;
}

/** Edges of the runs of one line: start, end, start, end, ... */
function edgesOfLine(runs: readonly number[], from: number): { edges: number[]; next: number } {
  const edges: number[] = [];
  let at = from;
  while (at < runs.length && runs[at] === runs[from]) {
    edges.push(runs[at + 1], runs[at + 2]);
    at += 3;
  }
  return { edges, next: at };
}

function findCorners(runs: readonly number[]): Corners {
  const corners: Corners = { x: [], y: [], across: [], along: [], covered: [] };
  /** Upper corner of the vertical edge that comes down at x. */
  const open = new Map<number, number>();
  let above: number[] = [];
  let at = 0;
  let line = runs.length > 0 ? runs[0] : 0;
  while (at < runs.length || above.length > 0) {
    let below: number[] = [];
    if (at < runs.length && runs[at] === line) {
      const { edges, next } = edgesOfLine(runs, at);
      below = edges;
      at = next;
    }
    addLine(corners, open, above, below, line);
    above = below;
    // A piece has no empty line inside, but a set of pieces may.
    line = above.length === 0 && at < runs.length ? runs[at] : line + 1;
  }
  return corners;
}

/**
 * Corners on the horizontal grid line between two lines of pixels. Going along it, `left` is the corner whose horizontal
 * edge is under way: it is so exactly where one of the two lines is covered and the other is not.
 */
function addLine(
  corners: Corners,
  open: Map<number, number>,
  above: number[],
  below: number[],
  y: number,
): void {
  let a = 0;
  let b = 0;
  let left = -1;
  const add = (x: number): number => {
    corners.x.push(x);
    corners.y.push(y);
    corners.across.push(-1);
    corners.along.push(-1);
    corners.covered.push((b & 1) === 1);
    return corners.x.length - 1;
  };
  const link = (side: number[], p: number, q: number): void => {
    side[p] = q;
    side[q] = p;
  };
  const goDown = (x: number, corner: number): void => {
    open.set(x, corner);
  };
  const comeFromAbove = (x: number, corner: number): void => {
    link(corners.along, open.get(x)!, corner);
    open.delete(x);
  };
  while (a < above.length || b < below.length) {
    const x = Math.min(above[a] ?? Number.POSITIVE_INFINITY, below[b] ?? Number.POSITIVE_INFINITY);
    const fromAbove = above[a] === x;
    const toBelow = below[b] === x;
    // An odd number of edges passed means that the pixel to the left is covered.
    const coveredAbove = (a & 1) === 1;
    if (fromAbove) a++;
    if (toBelow) b++;
    if (fromAbove && toBelow) {
      if (left < 0) continue;
      // Two pixels touch by this corner alone: two turns, each around its own pixel.
      const ending = add(x);
      const starting = add(x);
      link(corners.across, left, ending);
      comeFromAbove(x, coveredAbove ? ending : starting);
      goDown(x, coveredAbove ? starting : ending);
      left = starting;
      continue;
    }
    const corner = add(x);
    if (fromAbove) comeFromAbove(x, corner);
    else goDown(x, corner);
    if (left < 0) {
      left = corner;
    } else {
      link(corners.across, left, corner);
      left = -1;
    }
  }
}

/**
 * Closed ring from corners that begin with a horizontal edge of the traced image; starts at the topmost, then leftmost
 * corner and turns as outlines and holes must.
 */
function ringFrom(points: readonly number[], columns: boolean, hole: boolean): Float64Array {
  const n = points.length / 2;
  const x = (i: number): number => points[2 * ((i + n) % n) + Number(columns)];
  const y = (i: number): number => points[2 * ((i + n) % n) + Number(!columns)];
  let first = 0;
  for (let i = 1; i < n; i++) {
    if (y(i) < y(first) || (y(i) === y(first) && x(i) < x(first))) first = i;
  }
  const nextAlongX = y(first + 1) === y(first);
  const step = nextAlongX === hole ? -1 : 1;
  const ring = new Float64Array(2 * n + 2);
  for (let i = 0; i <= n; i++) {
    ring[2 * i] = x((first + step * i) % n);
    ring[2 * i + 1] = y((first + step * i) % n);
  }
  return ring;
}

/** Edge of the cells of the grid in which segments are looked up, in pixels. */
const CELL = 4;

/**
 * Lines that meet where they should not: two segments with a common point that is not the end of both, or two that lie on
 * each other. Coordinates are multiples of 1/2 below 2^15, so every test is exact. Gives the numbers of the lines, each once.
 *
 * @param lines points interleaved x, y; null = no line.
 */
export function crossingLines(
  lines: readonly (Float64Array | null)[],
  rows: number,
  columns: number,
): number[] {
  const across = Math.ceil((columns + 1) / CELL) + 1;
  const down = Math.ceil((rows + 1) / CELL) + 1;
  const start = new Uint32Array(across * down + 1);
  const eachCell = (visit: (cell: number, line: number, k: number) => void): void => {
    lines.forEach((points, line) => {
      for (let k = 0; points !== null && k + 3 < points.length; k += 2) {
        const x0 = Math.floor(Math.min(points[k], points[k + 2]) / CELL);
        const x1 = Math.floor(Math.max(points[k], points[k + 2]) / CELL);
        const y0 = Math.floor(Math.min(points[k + 1], points[k + 3]) / CELL);
        const y1 = Math.floor(Math.max(points[k + 1], points[k + 3]) / CELL);
        for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) visit(y * across + x, line, k);
      }
    });
  };
  eachCell((cell) => start[cell + 1]++);
  for (let cell = 0; cell + 1 < start.length; cell++) start[cell + 1] += start[cell];
  const at = start.slice();
  const lineOf = new Uint32Array(start[across * down]);
  const pointOf = new Uint32Array(lineOf.length);
  eachCell((cell, line, k) => {
    lineOf[at[cell]] = line;
    pointOf[at[cell]++] = k;
  });
  const guilty = new Set<number>();
  for (let cell = 0; cell < across * down; cell++) {
    for (let i = start[cell]; i < start[cell + 1]; i++) {
      for (let j = i + 1; j < start[cell + 1]; j++) {
        const [a, b] = [lines[lineOf[i]]!, lines[lineOf[j]]!];
        if (!conflict(a, pointOf[i], b, pointOf[j])) continue;
        guilty.add(lineOf[i]);
        guilty.add(lineOf[j]);
      }
    }
  }
  return [...guilty].sort((x, y) => x - y);
}

/** On which side of the segment p-q the point r lies: twice the area of the triangle. */
const side = (px: number, py: number, qx: number, qy: number, rx: number, ry: number): number =>
  (qx - px) * (ry - py) - (qy - py) * (rx - px);

function conflict(a: Float64Array, i: number, b: Float64Array, j: number): boolean {
  const [ax, ay, bx, by] = [a[i], a[i + 1], a[i + 2], a[i + 3]];
  const [cx, cy, dx, dy] = [b[j], b[j + 1], b[j + 2], b[j + 3]];
  if (Math.max(ax, bx) < Math.min(cx, dx) || Math.max(cx, dx) < Math.min(ax, bx)) return false;
  if (Math.max(ay, by) < Math.min(cy, dy) || Math.max(cy, dy) < Math.min(ay, by)) return false;
  const c = Math.sign(side(ax, ay, bx, by, cx, cy));
  const d = Math.sign(side(ax, ay, bx, by, dx, dy));
  const p = Math.sign(side(cx, cy, dx, dy, ax, ay));
  const q = Math.sign(side(cx, cy, dx, dy, bx, by));
  if (c === 0 && d === 0) return overlap(ax, ay, bx, by, cx, cy, dx, dy);
  if (c * d > 0 || p * q > 0) return false;
  // They meet in one point; that is as it should be if it is an end of both.
  const atC = c === 0 && ((cx === ax && cy === ay) || (cx === bx && cy === by));
  const atD = d === 0 && ((dx === ax && dy === ay) || (dx === bx && dy === by));
  return !(atC || atD);
}

/** Whether two segments of one line have more than a point in common. */
function overlap(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  const steep = Math.abs(by - ay) > Math.abs(bx - ax);
  const [a, b, c, d] = steep ? [ay, by, cy, dy] : [ax, bx, cx, dx];
  return Math.min(Math.max(a, b), Math.max(c, d)) > Math.max(Math.min(a, b), Math.min(c, d));
}

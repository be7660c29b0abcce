/** Cells of a bin, about. */
const PER_BIN = 4;

/** Cells in square bins that cover them all; never many more bins than cells. */
export interface Bins {
  edge: number;
  columns: number;
  lines: number;
  column(x: number): number;
  line(y: number): number;
  /** Rows of a bin: `rows[start[b]] .. rows[start[b + 1] - 1]`. */
  start: Uint32Array;
  rows: Uint32Array;
}

/**
 * Puts cells into bins, in order of their rows within each.
 * @param spatial x, y pairs of all rows, finite for those that are given; @param leastEdge of a bin.
 */
export function binned(spatial: Float64Array, rows: Uint32Array, leastEdge = 1e-3): Bins {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const row of rows) {
    x0 = Math.min(x0, spatial[2 * row]);
    x1 = Math.max(x1, spatial[2 * row]);
    y0 = Math.min(y0, spatial[2 * row + 1]);
    y1 = Math.max(y1, spatial[2 * row + 1]);
  }
  const [width, height] = [Math.max(0, x1 - x0), Math.max(0, y1 - y0)];
  const wanted = Math.max(1, rows.length / PER_BIN);
  // A line of cells has no area: then its length sets the bins.
  const edge = Math.max(Math.sqrt((width * height) / wanted), Math.max(width, height) / wanted, leastEdge);
  const columns = Math.floor(width / edge) + 1;
  const lines = Math.floor(height / edge) + 1;
  const column = (x: number): number => Math.floor((x - x0) / edge);
  const line = (y: number): number => Math.floor((y - y0) / edge);
  const binOf = (row: number): number => line(spatial[2 * row + 1]) * columns + column(spatial[2 * row]);
  const start = new Uint32Array(columns * lines + 1);
  for (const row of rows) start[binOf(row) + 1]++;
  for (let b = 1; b < start.length; b++) start[b] += start[b - 1];
  const next = start.slice();
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[next[binOf(row)]++] = row;
  return { edge, columns, lines, column, line, start, rows: sorted };
}

/** Bins whose larger offset from a bin is `ring`. */
export function* ringOf(
  { columns, lines }: Bins,
  column: number,
  line: number,
  ring: number,
): Generator<number> {
  for (let l = Math.max(0, line - ring); l <= Math.min(lines - 1, line + ring); l++) {
    const edge = Math.abs(l - line) === ring;
    const step = edge || ring === 0 ? 1 : 2 * ring;
    for (let c = column - ring; c <= column + ring; c += step)
      if (c >= 0 && c < columns) yield l * columns + c;
  }
}

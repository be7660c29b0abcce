/** The nearest other cells of each of some cells: `count` of each, nearest first. */
export interface NearestCells {
  /** How many each cell has. */
  count: number;
  /** Rows of the table, and squared distances in square microns: `count` for each of the rows that were asked for. */
  row: Uint32Array;
  distance: Float32Array;
}

/** Cells of a bin, about. */
const PER_BIN = 4;

/**
 * The nearest cells of each of the given rows among these rows; equally far ones in order of their row. Exact: rings of square
 * bins are searched until no nearer cell can be outside. Memory grows with cells.
 * @param spatial x, y pairs in microns of all rows.
 */
export function nearestCells(spatial: Float64Array, rows: Uint32Array, most: number): NearestCells {
  const count = Math.max(0, Math.min(most, rows.length - 1));
  const bins = binned(spatial, rows);
  const out = {
    count,
    row: new Uint32Array(rows.length * count),
    distance: new Float32Array(rows.length * count),
  };
  for (let i = 0; i < rows.length; i++) {
    const near = nearestOf(spatial, rows[i], count, bins);
    near.forEach(({ row, squared }, k) => {
      out.row[i * count + k] = row;
      out.distance[i * count + k] = squared;
    });
  }
  return out;
}

interface Bins {
  edge: number;
  columns: number;
  lines: number;
  column(x: number): number;
  line(y: number): number;
  /** Rows of a bin: `rows[start[b]] .. rows[start[b + 1] - 1]`. */
  start: Uint32Array;
  rows: Uint32Array;
}

function binned(spatial: Float64Array, rows: Uint32Array): Bins {
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
  const edge = Math.max(Math.sqrt((width * height) / wanted), Math.max(width, height) / wanted, 1e-3);
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

interface Near {
  row: number;
  squared: number;
}

function nearestOf(spatial: Float64Array, row: number, count: number, bins: Bins): Near[] {
  const [x, y] = [spatial[2 * row], spatial[2 * row + 1]];
  const [column, line] = [bins.column(x), bins.line(y)];
  const found: Near[] = [];
  const reach = Math.max(bins.columns, bins.lines);
  for (let ring = 0; ring <= reach; ring++) {
    // Cells of this ring and beyond are at least so far.
    const least = Math.max(0, ring - 1) * bins.edge;
    if (found.length >= count) {
      found.sort(order);
      found.length = count;
      if (count === 0 || found[count - 1].squared < least * least) break;
    }
    for (const b of ringOf(bins, column, line, ring))
      for (let e = bins.start[b]; e < bins.start[b + 1]; e++) {
        const other = bins.rows[e];
        if (other === row) continue;
        const [dx, dy] = [spatial[2 * other] - x, spatial[2 * other + 1] - y];
        found.push({ row: other, squared: dx * dx + dy * dy });
      }
  }
  return found.sort(order).slice(0, count);
}

const order = (a: Near, b: Near): number => a.squared - b.squared || a.row - b.row;

/** Bins whose larger offset from a bin is `ring`. */
function* ringOf({ columns, lines }: Bins, column: number, line: number, ring: number): Generator<number> {
  for (let l = Math.max(0, line - ring); l <= Math.min(lines - 1, line + ring); l++) {
    const edge = Math.abs(l - line) === ring;
    const step = edge || ring === 0 ? 1 : 2 * ring;
    for (let c = column - ring; c <= column + ring; c += step)
      if (c >= 0 && c < columns) yield l * columns + c;
  }
}

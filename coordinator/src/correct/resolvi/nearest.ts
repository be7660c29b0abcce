import { type Bins, binned, ringOf } from '../cell-bins.ts';

/** The nearest other cells of each of some cells: `count` of each, nearest first. */
export interface NearestCells {
  /** How many each cell has. */
  count: number;
  /** Rows of the table, and squared distances in square microns: `count` for each of the rows that were asked for. */
  row: Uint32Array;
  distance: Float32Array;
}

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

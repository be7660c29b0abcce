import type { CellTable } from './table.ts';

/** Smallest edge of a square of the grid, microns: about a cell. */
const LEAST_EDGE_UM = 16;
/** Squares per seed at most, so that seeds far apart do not cost memory. */
const SQUARES_PER_SEED = 2;

/** Seeds by square of a grid over the slide: those near a place are found without looking along a whole band. */
export class SeedGrid {
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private readonly x0: number;
  private readonly y0: number;
  private readonly edgeUm: number;
  private readonly columns: number;
  private readonly rows: number;
  /** Seeds of square s: `seeds[start[s]]` to `seeds[start[s + 1]]`, ascending. */
  private readonly start: Uint32Array;
  private readonly seeds: Uint32Array;

  constructor({ seedX, seedY }: Pick<CellTable, 'seedX' | 'seedY'>) {
    [this.x, this.y] = [seedX, seedY];
    const [x0, x1] = bounds(seedX);
    const [y0, y1] = bounds(seedY);
    [this.x0, this.y0] = [x0, y0];
    const squares = Math.max(1, SQUARES_PER_SEED * seedX.length);
    const [width, height] = [x1 - x0, y1 - y0];
    this.edgeUm = Math.max(
      LEAST_EDGE_UM,
      Math.sqrt((width * height) / squares),
      Math.max(width, height) / squares,
    );
    this.columns = Math.floor(width / this.edgeUm) + 1;
    this.rows = Math.floor(height / this.edgeUm) + 1;
    this.start = new Uint32Array(this.columns * this.rows + 1);
    const square = Uint32Array.from(seedX, (x, i) => this.row(seedY[i]) * this.columns + this.column(x));
    for (const s of square) this.start[s + 1]++;
    for (let s = 0; s + 1 < this.start.length; s++) this.start[s + 1] += this.start[s];
    const next = this.start.slice();
    this.seeds = new Uint32Array(seedX.length);
    square.forEach((s, i) => {
      this.seeds[next[s]++] = i;
    });
  }

  /** The cells (1-based, ascending) other than that of seed `at` (0-based) whose seed lies within a distance of it. */
  within(at: number, distanceUm: number): number[] {
    const [x, y] = [this.x[at], this.y[at]];
    const found: number[] = [];
    const [c0, c1] = [this.column(x - distanceUm), this.column(x + distanceUm)];
    const last = this.row(y + distanceUm);
    for (let r = this.row(y - distanceUm); r <= last; r++) {
      // The squares of one row lie side by side in the list.
      const to = this.start[r * this.columns + c1 + 1];
      for (let k = this.start[r * this.columns + c0]; k < to; k++) {
        const i = this.seeds[k];
        const [dx, dy] = [this.x[i] - x, this.y[i] - y];
        if (i !== at && dx * dx + dy * dy <= distanceUm * distanceUm) found.push(i + 1);
      }
    }
    return found.sort((a, b) => a - b);
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.x0) / this.edgeUm)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.y0) / this.edgeUm)));
  }
}

function bounds(values: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.length === 0 ? [0, 0] : [low, high];
}

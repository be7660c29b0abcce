/** Cells in square bins, for the nearest of a cell whatever their distance. */
export class CellGrid {
  readonly #spatial: Float64Array;
  readonly #side: number;
  readonly #x0: number;
  readonly #y0: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #start: Uint32Array;
  readonly #cell: Uint32Array;

  constructor(spatial: Float64Array) {
    this.#spatial = spatial;
    const n = spatial.length / 2;
    const placed = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => this.#isPlaced(i));
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const i of placed) {
      x0 = Math.min(x0, spatial[2 * i]);
      x1 = Math.max(x1, spatial[2 * i]);
      y0 = Math.min(y0, spatial[2 * i + 1]);
      y1 = Math.max(y1, spatial[2 * i + 1]);
    }
    [this.#x0, this.#y0] = [x0, y0];
    if (placed.length === 0) [x0, y0, x1, y1] = [0, 0, 0, 0];
    // About four cells in a bin, and never more bins than cells by much.
    this.#side = Math.max(1e-6, Math.sqrt((4 * (x1 - x0) * (y1 - y0)) / n), Math.max(x1 - x0, y1 - y0) / n);
    this.#columns = Math.floor((x1 - x0) / this.#side) + 1;
    this.#rows = Math.floor((y1 - y0) / this.#side) + 1;
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    for (const i of placed) this.#start[this.#binOf(i) + 1]++;
    for (let b = 1; b < this.#start.length; b++) this.#start[b] += this.#start[b - 1];
    const fill = this.#start.slice();
    this.#cell = new Uint32Array(placed.length);
    for (const i of placed) this.#cell[fill[this.#binOf(i)]++] = i;
  }

  #isPlaced(i: number): boolean {
    return Number.isFinite(this.#spatial[2 * i]) && Number.isFinite(this.#spatial[2 * i + 1]);
  }

  #at(i: number): [column: number, row: number] {
    return [
      Math.floor((this.#spatial[2 * i] - this.#x0) / this.#side),
      Math.floor((this.#spatial[2 * i + 1] - this.#y0) / this.#side),
    ];
  }

  #binOf(i: number): number {
    const [column, row] = this.#at(i);
    return row * this.#columns + column;
  }

  /** The m nearest other cells, equally far ones by number; none for a cell without a place. */
  nearest(i: number, m: number): number[] {
    if (!this.#isPlaced(i)) return [];
    const [column, row] = this.#at(i);
    const found: { cell: number; squared: number }[] = [];
    for (let ring = 0; ; ring++) {
      this.#collect(i, column, row, ring, found);
      // Cells beyond the rings so far are at least this far away.
      const safe = ring * this.#side;
      const isAll = ring > Math.max(this.#columns, this.#rows);
      if (!isAll && found.filter(({ squared }) => squared <= safe * safe).length < m) continue;
      found.sort((a, b) => a.squared - b.squared || a.cell - b.cell);
      return found.slice(0, m).map(({ cell }) => cell);
    }
  }

  #collect(
    i: number,
    column: number,
    row: number,
    ring: number,
    found: { cell: number; squared: number }[],
  ): void {
    for (let y = row - ring; y <= row + ring; y++) {
      if (y < 0 || y >= this.#rows) continue;
      const isEdge = y === row - ring || y === row + ring;
      for (let x = column - ring; x <= column + ring; x += isEdge || ring === 0 ? 1 : 2 * ring) {
        if (x < 0 || x >= this.#columns) continue;
        const bin = y * this.#columns + x;
        for (let e = this.#start[bin]; e < this.#start[bin + 1]; e++) {
          const cell = this.#cell[e];
          if (cell === i) continue;
          const dx = this.#spatial[2 * cell] - this.#spatial[2 * i];
          const dy = this.#spatial[2 * cell + 1] - this.#spatial[2 * i + 1];
          found.push({ cell, squared: dx * dx + dy * dy });
        }
      }
    }
  }
}

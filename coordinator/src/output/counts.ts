/** Entries that a collector has room for at first. */
const FIRST_ROOM = 1024;

/**
 * Counts of (cell, feature) pairs, collected tile by tile: memory grows with the non-zero entries, not with transcripts.
 */
export class CountCollector {
  private readonly columns: number;
  private cell = new Uint32Array(FIRST_ROOM);
  private column = new Uint32Array(FIRST_ROOM);
  private count = new Uint32Array(FIRST_ROOM);
  private length = 0;

  /** @param columns number of columns of the matrix. */
  constructor(columns: number) {
    this.columns = columns;
  }

  /** Adds one count for each pair `(cells[i], columns[i])`, i < n. Rows are 0-based. */
  add(cells: Uint32Array, columns: Uint32Array, n: number): void {
    const keys = new Float64Array(n);
    for (let i = 0; i < n; i++) keys[i] = cells[i] * this.columns + columns[i];
    keys.sort();
    for (let i = 0; i < n; ) {
      let end = i + 1;
      while (end < n && keys[end] === keys[i]) end++;
      const cell = Math.floor(keys[i] / this.columns);
      this.push(cell, keys[i] - cell * this.columns, end - i);
      i = end;
    }
  }

  /**
   * Takes the counts out as compressed sparse rows; columns ascend within a row, equal pairs of several tiles are added up. The
   * collector is empty afterwards: on a large slide both would be more than the coordinator may hold.
   */
  takeCsr(rows: number): { indptr: Int32Array | BigInt64Array; indices: Int32Array; data: Int32Array } {
    const start = new Float64Array(rows + 1);
    for (let i = 0; i < this.length; i++) start[this.cell[i] + 1]++;
    for (let r = 0; r < rows; r++) start[r + 1] += start[r];
    const keys = new Float64Array(this.length);
    const fill = start.slice(0, rows);
    // Column above, count below: sorting a row's keys sorts it by column.
    for (let i = 0; i < this.length; i++)
      keys[fill[this.cell[i]]++] = this.column[i] * 2 ** 32 + this.count[i];
    const collected = this.length;
    this.length = 0;
    for (const key of ['cell', 'column', 'count'] as const) this[key] = new Uint32Array(FIRST_ROOM);
    const indices = new Int32Array(collected);
    const data = new Int32Array(collected);
    const ends = new Float64Array(rows + 1);
    let n = 0;
    for (let r = 0; r < rows; r++) {
      const row = keys.subarray(start[r], start[r + 1]).sort();
      for (const key of row) {
        const column = Math.floor(key / 2 ** 32);
        if (n > ends[r] && indices[n - 1] === column) {
          data[n - 1] += key - column * 2 ** 32;
        } else {
          indices[n] = column;
          data[n++] = key - column * 2 ** 32;
        }
      }
      ends[r + 1] = n;
    }
    const indptr = n < 2 ** 31 ? Int32Array.from(ends) : BigInt64Array.from(ends, BigInt);
    return { indptr, indices: fitted(indices, n), data: fitted(data, n) };
  }

  private push(cell: number, column: number, count: number): void {
    if (this.length === this.cell.length) {
      for (const key of ['cell', 'column', 'count'] as const) {
        const grown = new Uint32Array(Math.ceil(this.length * 1.5));
        grown.set(this[key]);
        this[key] = grown;
      }
    }
    this.cell[this.length] = cell;
    this.column[this.length] = column;
    this.count[this.length++] = count;
  }
}

/** The first `n` values; without a copy where that is all, or nearly so. */
const fitted = (values: Int32Array, n: number): Int32Array =>
  n > 0.9 * values.length ? values.subarray(0, n) : values.slice(0, n);

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
  /** By column, while one cell is counted. */
  private readonly times: Uint32Array;

  /** @param columns number of columns of the matrix. */
  constructor(columns: number) {
    this.columns = columns;
    this.times = new Uint32Array(columns);
  }

  /** Adds one count for each pair `(cells[i], columns[i])`, i < n. Rows are 0-based. */
  add(cells: Uint32Array, columns: Uint32Array, n: number): void {
    let [least, most] = [Number.POSITIVE_INFINITY, -1];
    for (let i = 0; i < n; i++) {
      least = Math.min(least, cells[i]);
      most = Math.max(most, cells[i]);
    }
    // Where the columns of each cell begin, and as they are filled in, where they end.
    const ends = new Uint32Array(Math.max(0, most - least + 2));
    for (let i = 0; i < n; i++) ends[cells[i] - least + 1]++;
    for (let c = 1; c < ends.length; c++) ends[c] += ends[c - 1];
    const byCell = new Uint32Array(n);
    for (let i = 0; i < n; i++) byCell[ends[cells[i] - least]++] = columns[i];
    const { times } = this;
    for (let cell = least, from = 0; cell <= most; cell++) {
      const end = ends[cell - least];
      for (let k = from; k < end; k++) times[byCell[k]]++;
      for (; from < end; from++) {
        const column = byCell[from];
        if (times[column] > 0) this.push(cell, column, times[column]);
        times[column] = 0;
      }
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
    const { ends: columnEnds, cell, count } = this.takeByColumn();
    const indices = new Int32Array(cell.length);
    const data = new Int32Array(cell.length);
    const next = start.slice(0, rows);
    for (let column = 0, i = 0; column < this.columns; column++)
      for (; i < columnEnds[column]; i++) {
        const at = next[cell[i]]++;
        indices[at] = column;
        data[at] = count[i];
      }
    const ends = new Float64Array(rows + 1);
    let n = 0;
    for (let r = 0; r < rows; r++) {
      for (let at = start[r]; at < start[r + 1]; at++) {
        if (n > ends[r] && indices[n - 1] === indices[at]) {
          data[n - 1] += data[at];
        } else {
          indices[n] = indices[at];
          data[n++] = data[at];
        }
      }
      ends[r + 1] = n;
    }
    const indptr = n < 2 ** 31 ? Int32Array.from(ends) : BigInt64Array.from(ends, BigInt);
    return { indptr, indices: fitted(indices, n), data: fitted(data, n) };
  }

  /** Takes all entries out in the order of their columns; entries of column c end at `ends[c]`. */
  private takeByColumn(): { ends: Float64Array; cell: Uint32Array; count: Uint32Array } {
    const ends = new Float64Array(this.columns + 1);
    for (let i = 0; i < this.length; i++) ends[this.column[i] + 1]++;
    for (let c = 1; c < ends.length; c++) ends[c] += ends[c - 1];
    const cell = new Uint32Array(this.length);
    const count = new Uint32Array(this.length);
    for (let i = 0; i < this.length; i++) {
      const at = ends[this.column[i]]++;
      cell[at] = this.cell[i];
      count[at] = this.count[i];
    }
    this.length = 0;
    for (const key of ['cell', 'column', 'count'] as const) this[key] = new Uint32Array(FIRST_ROOM);
    return { ends, cell, count };
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

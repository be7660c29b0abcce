import { MinQueue } from './min-queue.ts';

/** A sparse bipartite graph: row r has edges `[start[r], start[r + 1])` to columns `column[e]` of integer weight `weight[e]` > 0. */
export interface WeightedEdges {
  start: Uint32Array;
  column: Uint32Array;
  weight: Uint32Array;
  columns: number;
}

/**
 * Maximum-weight one-to-one matching, exactly: shortest augmenting paths with dual prices (Jonker and Volgenant 1987),
 * where a row may also stay alone at weight 0. A search ends at the first free column, so it stays local; the result
 * depends on the graph only. Returns the column of each row, -1 = alone.
 */
export function matchByWeight(edges: WeightedEdges): Int32Array {
  const rows = edges.start.length - 1;
  const matching = new Matching(edges, rows);
  for (let row = 0; row < rows; row++) matching.place(row);
  return matching.columnOf;
}

class Matching {
  readonly columnOf: Int32Array;
  readonly #edges: WeightedEdges;
  /** Row of each matched column, -1 = free, and weight of the edge between them. */
  readonly #rowOf: Int32Array;
  readonly #weightOf: Float64Array;
  /** Dual price of each column: 0 while free, else at most 0. */
  readonly #price: Float64Array;
  /** Of the current search: distance of each column, the row and weight it was reached by, whether it is settled. */
  readonly #distance: Float64Array;
  readonly #viaRow: Int32Array;
  readonly #viaWeight: Float64Array;
  readonly #settled: Uint8Array;
  readonly #touched: number[] = [];
  readonly #queue = new MinQueue();

  constructor(edges: WeightedEdges, rows: number) {
    this.#edges = edges;
    this.columnOf = new Int32Array(rows).fill(-1);
    this.#rowOf = new Int32Array(edges.columns).fill(-1);
    this.#weightOf = new Float64Array(edges.columns);
    this.#price = new Float64Array(edges.columns);
    this.#distance = new Float64Array(edges.columns).fill(Number.POSITIVE_INFINITY);
    this.#viaRow = new Int32Array(edges.columns).fill(-1);
    this.#viaWeight = new Float64Array(edges.columns);
    this.#settled = new Uint8Array(edges.columns);
  }

  /** Adds one row to the matching in the cheapest way: by a free column, or by leaving some row on the path alone. */
  place(first: number): void {
    let loser = first;
    let shortest = 0;
    let free = -1;
    const order: number[] = [];
    this.#reach(first, 0);
    for (let next = this.#queue.pop(); next !== null; next = this.#queue.pop()) {
      const distance = next.key;
      const column = next.value % this.#edges.columns;
      if (distance >= shortest) break;
      if (this.#settled[column] === 1) continue;
      if (this.#rowOf[column] < 0) {
        free = column;
        shortest = distance;
        break;
      }
      this.#settled[column] = 1;
      order.push(column);
      const row = this.#rowOf[column];
      // What the row gains now: the path may end here by leaving it alone, or go on from it.
      const beyond = distance + this.#weightOf[column] + this.#price[column];
      if (beyond < shortest) {
        shortest = beyond;
        loser = row;
      }
      this.#reach(row, beyond);
    }
    for (const column of order) this.#price[column] += this.#distance[column] - shortest;
    if (free >= 0) this.#shift(free, first);
    else if (loser !== first) this.#shift(this.#release(loser), first);
    this.#forget();
  }

  #reach(row: number, base: number): void {
    const { start, column, weight, columns } = this.#edges;
    for (let e = start[row]; e < start[row + 1]; e++) {
      const c = column[e];
      const distance = base - weight[e] - this.#price[c];
      if (this.#settled[c] === 1 || distance >= this.#distance[c]) continue;
      if (this.#distance[c] === Number.POSITIVE_INFINITY) this.#touched.push(c);
      this.#distance[c] = distance;
      this.#viaRow[c] = row;
      this.#viaWeight[c] = weight[e];
      // Of equally distant columns a free one comes first: it ends the search.
      this.#queue.push(distance, this.#rowOf[c] < 0 ? c : columns + c);
    }
  }

  /** Leaves a row alone and gives the column it had. */
  #release(row: number): number {
    const column = this.columnOf[row];
    this.columnOf[row] = -1;
    return column;
  }

  /** Gives `column` to the row it was reached from, that row's column to the one before, and so on back to `first`. */
  #shift(column: number, first: number): void {
    let c = column;
    for (;;) {
      const row = this.#viaRow[c];
      const before = this.columnOf[row];
      this.columnOf[row] = c;
      this.#rowOf[c] = row;
      this.#weightOf[c] = this.#viaWeight[c];
      if (row === first) return;
      c = before;
    }
  }

  #forget(): void {
    for (const column of this.#touched) {
      this.#distance[column] = Number.POSITIVE_INFINITY;
      this.#settled[column] = 0;
    }
    this.#touched.length = 0;
    this.#queue.clear();
  }
}

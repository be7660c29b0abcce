/**
 * Counts of (cell, item) pairs that occur: a small hash table for each cell, the tables of neighbouring cells side by side.
 * Memory grows with molecules, never with cells x items.
 */
export class CellCounts {
  /** Item + 1 (0 = free) and count, by slot. */
  readonly #slots: Uint32Array;
  readonly #start: Uint32Array;
  readonly #mask: Uint32Array;
  #distinct: Uint32Array;

  /** @param items item of each molecule; @param molecules,cells the most there will be. */
  constructor(molecules: number, cells: number) {
    // A cell of n molecules takes the power of two from 2n on: less than 4n slots.
    this.#slots = new Uint32Array(8 * molecules + 4 * cells + 8);
    this.#start = new Uint32Array(cells + 2);
    this.#mask = new Uint32Array(cells + 1);
    this.#distinct = new Uint32Array(cells + 1);
  }

  /**
   * Counts anew. `label`: cell of each molecule, 1 to `cells`, 0 = none; molecules of item `none` are left out.
   * @param sizes molecules of each cell (entry k: cell k).
   */
  build(label: Int32Array, item: Uint32Array, sizes: Uint32Array, cells: number, none = 0xffffffff): void {
    const start = this.#start;
    for (let c = 1; c <= cells; c++) {
      const slots = sizes[c] === 0 ? 0 : 1 << (32 - Math.clz32(2 * sizes[c] - 1));
      this.#mask[c] = slots - 1;
      start[c + 1] = start[c] + slots;
    }
    this.#slots.fill(0, 0, 2 * start[cells + 1]);
    this.#distinct.fill(0);
    for (let i = 0; i < label.length; i++) {
      const c = label[i];
      if (c === 0 || item[i] === none) continue;
      const slot = this.#find(c, item[i]);
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = item[i] + 1;
        this.#distinct[c]++;
      }
      this.#slots[slot + 1]++;
    }
  }

  /** How often a cell has an item. */
  get(cell: number, item: number): number {
    return this.#mask[cell] === 0xffffffff ? 0 : this.#slots[this.#find(cell, item) + 1];
  }

  /** Number of items that a cell has. */
  distinct(cell: number): number {
    return this.#distinct[cell];
  }

  /** Every item of a cell with its count, in no order that means anything. */
  each(cell: number, visit: (item: number, count: number) => void): void {
    for (let s = this.#start[cell]; s < this.#start[cell + 1]; s++)
      if (this.#slots[2 * s] !== 0) visit(this.#slots[2 * s] - 1, this.#slots[2 * s + 1]);
  }

  #find(cell: number, item: number): number {
    const mask = this.#mask[cell];
    const start = this.#start[cell];
    const slots = this.#slots;
    let at = (Math.imul(item + 1, 0x9e3779b1) >>> 12) & mask;
    for (;;) {
      const slot = 2 * (start + at);
      if (slots[slot] === 0 || slots[slot] === item + 1) return slot;
      at = (at + 1) & mask;
    }
  }
}

/**
 * Finds rows by a key of a few 32-bit words: all words of row r are `words[r * width .. (r + 1) * width)`. Rows of equal
 * keys are kept in order. Memory: 4 (`width` + 1) bytes per row and 16 to 32 for the slots.
 */
export class RowIndex {
  readonly #words: Uint32Array;
  readonly #width: number;
  /** First row of the key in a slot, plus 1; 0 = free. */
  readonly #slots: Uint32Array;
  /** Next row to take of the key in a slot, plus 1; 0 = none left. */
  readonly #heads: Uint32Array;
  /** Next row of the same key, plus 1. */
  readonly #next: Uint32Array;

  constructor(words: Uint32Array, width: number, rows: number) {
    let size = 16;
    while (size < 2 * rows) size *= 2;
    this.#words = words;
    this.#width = width;
    this.#slots = new Uint32Array(size);
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(rows);
    for (let row = rows - 1; row >= 0; row--) {
      const slot = this.#slotOf(words, row);
      this.#next[row] = this.#heads[slot];
      this.#heads[slot] = row + 1;
      this.#slots[slot] = row + 1;
    }
  }

  /** First row with the key at entry `at` of `words`; -1 when there is none. */
  rowOf(words: Uint32Array, at: number): number {
    return this.#slots[this.#slotOf(words, at)] - 1;
  }

  /** As `rowOf`, but every row is given once; -1 when none is left. */
  take(words: Uint32Array, at: number): number {
    const slot = this.#slotOf(words, at);
    const row = this.#heads[slot] - 1;
    if (row >= 0) this.#heads[slot] = this.#next[row];
    return row;
  }

  /** Slot of a key, or the free one where it belongs. */
  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    const from = at * this.#width;
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.#width; i++) {
      hash = Math.imul(hash ^ words[from + i], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    let slot = hash & mask;
    while (this.#slots[slot] !== 0 && !this.#equals(this.#slots[slot] - 1, words, from))
      slot = (slot + 1) & mask;
    return slot;
  }

  #equals(row: number, words: Uint32Array, from: number): boolean {
    const start = row * this.#width;
    for (let i = 0; i < this.#width; i++) if (this.#words[start + i] !== words[from + i]) return false;
    return true;
  }
}

/** Words that grow by doubling, for indices over rows whose number is not known beforehand. */
export class GrowingWords {
  #words = new Uint32Array(1 << 16);
  length = 0;

  /** Room for `n` more words; they are to be written from the old `length` on. */
  grow(n: number): Uint32Array {
    this.length += n;
    if (this.length > this.#words.length) {
      const words = new Uint32Array(Math.max(this.length, 2 * this.#words.length));
      words.set(this.#words);
      this.#words = words;
    }
    return this.#words;
  }

  get words(): Uint32Array {
    return this.#words;
  }
}

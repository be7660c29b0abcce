/** Numbers transcripts in the order first met and finds them by id: two levels of 32 bits, since ids of 64 bits hash slowly. */
export class IdSlots {
  size = 0;
  readonly #groups = new Map<number, Map<number, number>>();
  #lastHigh = -1;
  #last: Map<number, number> | undefined;

  /** Gives the id `words[2 i], words[2 i + 1]` (low, high) the next number; false when it has one. */
  add(words: Uint32Array, i: number): boolean {
    let group = this.#group(words[2 * i + 1]);
    if (group === undefined) {
      group = new Map();
      this.#groups.set(words[2 * i + 1], group);
      this.#lastHigh = -1;
    }
    if (group.has(words[2 * i])) return false;
    group.set(words[2 * i], this.size++);
    return true;
  }

  /** Number of the id, or -1. */
  slotOf(words: Uint32Array, i: number): number {
    return this.#group(words[2 * i + 1])?.get(words[2 * i]) ?? -1;
  }

  /** Ids that follow each other share their upper half. */
  #group(high: number): Map<number, number> | undefined {
    if (high !== this.#lastHigh) {
      this.#lastHigh = high;
      this.#last = this.#groups.get(high);
    }
    return this.#last;
  }
}

/** Low and high words of ids, in turn. */
export const wordsOf = (ids: BigUint64Array): Uint32Array =>
  new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);

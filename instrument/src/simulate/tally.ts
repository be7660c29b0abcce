/** Counts small integers: a bit for each that was met finds them again in order, which is quicker than to sort them. */
export class Tally {
  readonly #counts: Uint32Array;
  readonly #met: Int32Array;

  /** `size`: one more than the greatest integer. */
  constructor(size: number) {
    this.#counts = new Uint32Array(size);
    this.#met = new Int32Array(Math.ceil(size / 32));
  }

  /** Calls back for each different integer of a list, in rising order, with how often it is there. */
  take(values: readonly number[], each: (value: number, count: number) => void): void {
    const counts = this.#counts;
    const met = this.#met;
    for (let i = 0; i < values.length; i++) {
      counts[values[i]]++;
      met[values[i] >> 5] |= 1 << (values[i] & 31);
    }
    for (let word = 0; word < met.length; word++) {
      while (met[word] !== 0) {
        const lowest = met[word] & -met[word];
        const value = 32 * word + 31 - Math.clz32(lowest);
        met[word] ^= lowest;
        each(value, counts[value]);
        counts[value] = 0;
      }
    }
  }
}

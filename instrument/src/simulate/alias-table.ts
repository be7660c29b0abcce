/** Draws an index with given probabilities from one uniform number in constant time (Walker 1977, Vose's construction). */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #other: Uint32Array;

  /** `weights`: non-negative, with a positive sum. */
  constructor(weights: Float64Array) {
    const n = weights.length;
    let total = 0;
    for (let i = 0; i < n; i++) total += weights[i];
    const scaled = weights.map((w) => (w * n) / total);
    this.#keep = new Float64Array(n).fill(1);
    this.#other = Uint32Array.from(weights, (_, i) => i);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = n - 1; i >= 0; i--) (scaled[i] < 1 ? small : large).push(i);
    while (small.length > 0 && large.length > 0) {
      const low = small.pop()!;
      const high = large[large.length - 1];
      this.#keep[low] = scaled[low];
      this.#other[low] = high;
      scaled[high] -= 1 - scaled[low];
      if (scaled[high] < 1) small.push(large.pop()!);
    }
    // What is left differs from 1 by rounding only, except where rounding left a weight of 0 without a partner.
    for (const i of small) if (weights[i] === 0) this.#other[i] = weights.indexOf(Math.max(...weights));
    for (const i of small) if (weights[i] === 0) this.#keep[i] = 0;
  }

  /** Size of `copyTo`. */
  get bytes(): number {
    return 8 + 16 * this.#keep.length;
  }

  /**
   * Writes the table as the kernel reads it: count, shares kept, and what both sides of each place stand for, by default
   * the indices themselves.
   */
  copyTo({ buffer, byteOffset }: Uint8Array, meaning?: Uint32Array): void {
    const n = this.#keep.length;
    new Uint32Array(buffer, byteOffset, 1)[0] = n;
    new Float64Array(buffer, byteOffset + 8, n).set(this.#keep);
    const sides = new Uint32Array(buffer, byteOffset + 8 + 8 * n, 2 * n);
    for (let i = 0; i < n; i++) {
      sides[i] = meaning ? meaning[i] : i;
      sides[n + i] = meaning ? meaning[this.#other[i]] : this.#other[i];
    }
  }

  /** Index for a uniform number in (0, 1). */
  draw(u: number): number {
    const at = u * this.#keep.length;
    const i = Math.min(Math.floor(at), this.#keep.length - 1);
    return at - i < this.#keep[i] ? i : this.#other[i];
  }
}

/** A binary heap of (key, value) pairs of numbers; equal keys come out by ascending value, so the order is determined. */
export class MinQueue {
  readonly #keys: number[] = [];
  readonly #values: number[] = [];

  clear(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
  }

  push(key: number, value: number): void {
    let i = this.#keys.length;
    this.#keys.push(key);
    this.#values.push(value);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isBefore(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  /** Removes and returns the least pair; null when empty. */
  pop(): { key: number; value: number } | null {
    if (this.#keys.length === 0) return null;
    const least = { key: this.#keys[0], value: this.#values[0] };
    const key = this.#keys.pop()!;
    const value = this.#values.pop()!;
    if (this.#keys.length === 0) return least;
    this.#keys[0] = key;
    this.#values[0] = value;
    for (let i = 0; ; ) {
      let smallest = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#keys.length && this.#isBefore(child, smallest)) smallest = child;
      }
      if (smallest === i) return least;
      this.#swap(i, smallest);
      i = smallest;
    }
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#keys[i];
    const b = this.#keys[j];
    return a < b || (a === b && this.#values[i] < this.#values[j]);
  }

  #swap(i: number, j: number): void {
    [this.#keys[i], this.#keys[j]] = [this.#keys[j], this.#keys[i]];
    [this.#values[i], this.#values[j]] = [this.#values[j], this.#values[i]];
  }
}

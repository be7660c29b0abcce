/**
 * Numbers what the rows of one group hold from 0 in order of appearance, so that a group's dictionary lists nothing else.
 * Memory grows with the greatest code met.
 */
export class RowCodes {
  #local = new Int32Array(1024).fill(-1);
  readonly #met: number[] = [];

  /** Replaces the first `rows` codes by local ones; returns the codes that these stand for. Forgets the group before. */
  renumber(codes: Uint32Array, rows: number): readonly number[] {
    for (const code of this.#met) this.#local[code] = -1;
    this.#met.length = 0;
    for (let i = 0; i < rows; i++) {
      const code = codes[i];
      if (code >= this.#local.length) this.#grow(code);
      let local = this.#local[code];
      if (local < 0) {
        local = this.#met.push(code) - 1;
        this.#local[code] = local;
      }
      codes[i] = local;
    }
    return this.#met;
  }

  #grow(code: number): void {
    const larger = new Int32Array(Math.max(code + 1, this.#local.length * 2)).fill(-1);
    larger.set(this.#local);
    this.#local = larger;
  }
}

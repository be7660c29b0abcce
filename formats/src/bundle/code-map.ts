/** Translates the dense codes of a `TextTable` to other numbers, each decided once, where its text is first met. */
export class CodeMap {
  #values = new Int32Array(256).fill(UNMET);

  /**
   * Replaces every code of `codes` in place. `firstMet` decides the number (0 to 2^31 - 1) of a code when it occurs for
   * the first time; `row` is its place in `codes`.
   */
  translate(codes: Uint32Array, tableSize: number, firstMet: (code: number, row: number) => number): void {
    if (tableSize > this.#values.length) this.#grow(tableSize);
    const values = this.#values;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row];
      if (values[code] === UNMET) values[code] = firstMet(code, row);
      codes[row] = values[code];
    }
  }

  #grow(size: number): void {
    const values = new Int32Array(Math.max(size, this.#values.length * 2)).fill(UNMET);
    values.set(this.#values);
    this.#values = values;
  }
}

const UNMET = -1;

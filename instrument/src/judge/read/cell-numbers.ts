/**
 * Gives every cell of a result a number from 1 by its id, the same in all passes and for verdicts and outlines alike.
 * Memory grows with cells.
 */
export class CellNumbers {
  readonly #numbers = new Map<string, number>();

  /** Number of the cell, which is a new one at first sight. `12.0`, as tables of floats write it, is `12`. */
  numberOf(id: string): number {
    const plain = plainId(id);
    let number = this.#numbers.get(plain);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(plain, number);
    }
    return number;
  }

  /** Numbers by id, in the order first met. */
  get all(): ReadonlyMap<string, number> {
    return this.#numbers;
  }
}

/** A whole number as an integer is written; other texts as they are. */
export const plainId = (id: string): string => (/^\d+\.0+$/.test(id) ? id.slice(0, id.indexOf('.')) : id);

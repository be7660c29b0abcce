import type { RectUm } from '@spatile/formats/space';

/** Things at places, by square bins over a rectangle, so that those near a place are found without a look at all. */
export class NearBins<T> {
  readonly #rect: RectUm;
  readonly #binUm: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #bins: T[][];

  /** Bins as wide as the farthest distance that will be asked for. */
  constructor(rect: RectUm, binUm: number) {
    this.#rect = rect;
    this.#binUm = binUm;
    this.#columns = Math.ceil((rect.x1 - rect.x0) / binUm);
    this.#rows = Math.ceil((rect.y1 - rect.y0) / binUm);
    this.#bins = Array.from({ length: this.#columns * this.#rows }, () => []);
  }

  /** Remembers a thing; one outside the rectangle is left out. */
  add(x: number, y: number, thing: T): void {
    const column = Math.floor((x - this.#rect.x0) / this.#binUm);
    const row = Math.floor((y - this.#rect.y0) / this.#binUm);
    if (column >= 0 && row >= 0 && column < this.#columns && row < this.#rows) {
      this.#bins[row * this.#columns + column].push(thing);
    }
  }

  /** Calls back for all things within a bin's width of a place and for some farther away. */
  visit(x: number, y: number, visit: (thing: T) => void): void {
    const column = Math.floor((x - this.#rect.x0) / this.#binUm);
    const row = Math.floor((y - this.#rect.y0) / this.#binUm);
    for (let r = Math.max(0, row - 1); r <= Math.min(this.#rows - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(this.#columns - 1, column + 1); c++) {
        for (const thing of this.#bins[r * this.#columns + c]) visit(thing);
      }
    }
  }
}

import type { RectUm } from '@spatile/formats/space';

/** Things at places, by square bins over a rectangle, so that those near a place are found without a look at all. */
export class NearBins<T> {
  readonly #rect: RectUm;
  readonly #binUm: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #bins: T[][];

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

  /** Calls back for all things within `reachUm` of a place and for some farther away. */
  visit(x: number, y: number, reachUm: number, visit: (thing: T) => void): void {
    const fromX = x - this.#rect.x0;
    const fromY = y - this.#rect.y0;
    const firstRow = Math.max(0, Math.floor((fromY - reachUm) / this.#binUm));
    const lastRow = Math.min(this.#rows - 1, Math.floor((fromY + reachUm) / this.#binUm));
    const first = Math.max(0, Math.floor((fromX - reachUm) / this.#binUm));
    const last = Math.min(this.#columns - 1, Math.floor((fromX + reachUm) / this.#binUm));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = first; column <= last; column++) {
        const bin = this.#bins[row * this.#columns + column];
        for (let k = 0; k < bin.length; k++) visit(bin[k]);
      }
    }
  }
}

import { SpatileError } from '../errors.ts';

/** Codes of the cells used in a row group, renumbered in order of first use, with their names. */
export class CellDictionary {
  readonly #ids: readonly string[];
  readonly #local: Int32Array;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
    this.#local = new Int32Array(ids.length + 1).fill(-1);
  }

  encode(cells: Uint32Array): { codes: Int32Array; dictionary: Uint8Array[] } {
    const codes = new Int32Array(cells.length);
    const used: number[] = [];
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      if (cell > this.#ids.length)
        throw new SpatileError('INTERNAL', `points: cell code ${cell} of ${this.#ids.length}`);
      if (this.#local[cell] < 0) this.#local[cell] = used.push(cell) - 1;
      codes[i] = this.#local[cell];
    }
    for (const cell of used) this.#local[cell] = -1;
    return {
      codes,
      dictionary: used.map((cell) => Buffer.from(cell === 0 ? '' : this.#ids[cell - 1], 'utf8')),
    };
  }
}

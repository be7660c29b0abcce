import type { Instances } from '../method.ts';
import { momentsOf } from '../order.ts';
import { tidy } from '../tidy.ts';

/**
 * Puts the instances of overlapping patches together: an instance counts in the one patch whose inner part, without half the
 * overlap, holds its centre of mass. Where two claim a pixel, the one of higher score has it, among equals the earlier.
 */
export class PatchMosaic {
  readonly #rows: number;
  readonly #columns: number;
  readonly #side: number;
  readonly #overlap: number;
  readonly #labels: Int32Array;
  readonly #scores: number[] = [];

  constructor(rows: number, columns: number, side: number, overlap: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#side = side;
    this.#overlap = overlap;
    this.#labels = new Int32Array(rows * columns);
  }

  /** Adds the instances of the patch that begins at a row and column of the tile. */
  add({ labels, scores }: Instances, row: number, column: number): void {
    const side = this.#side;
    const names = this.#namesOf(labels, scores);
    for (let y = Math.max(0, -row); y < side && row + y < this.#rows; y++) {
      for (let x = Math.max(0, -column); x < side && column + x < this.#columns; x++) {
        const name = names[labels[y * side + x]];
        if (name === 0) continue;
        const at = (row + y) * this.#columns + column + x;
        const there = this.#labels[at];
        if (there === 0 || this.#scores[name - 1] > this.#scores[there - 1]) this.#labels[at] = name;
      }
    }
  }

  /** Labels in the tile of the labels of a patch; 0 for those that another patch has. */
  #namesOf(labels: Int32Array, scores: Float32Array): Int32Array {
    const { sumX, sumY, pixels } = momentsOf(labels, scores.length, {
      rows: this.#side,
      columns: this.#side,
      row0: 0,
      column0: 0,
    });
    const first = this.#overlap / 2;
    const end = this.#side - first;
    const inner = (sum: number, n: number): boolean => sum / n + 0.5 >= first && sum / n + 0.5 < end;
    const names = new Int32Array(scores.length + 1);
    for (let k = 0; k < scores.length; k++) {
      if (!inner(sumX[k], pixels[k]) || !inner(sumY[k], pixels[k])) continue;
      this.#scores.push(scores[k]);
      names[k + 1] = this.#scores.length;
    }
    return names;
  }

  /** All instances, without pieces that others cut off and what is small. */
  instances(minPixels: number): Promise<Instances> {
    return tidy(this.#labels, this.#rows, this.#columns, this.#scores, minPixels);
  }
}

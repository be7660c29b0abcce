import type { RectUm } from '@spatile/formats/space';
import type { Settings } from './options.ts';

/**
 * The slide is simulated in square blocks, each a pure function of the settings and its column and row: what one block
 * holds never depends on which others were made before. A block looks at most one neighbour far.
 */
export const BLOCK_UM = 200;

/** A block never holds this many cells: the densest preset packs 920. */
export const MAX_CELLS_PER_BLOCK = 4096;

export interface BlockGrid {
  readonly columns: number;
  readonly rows: number;
}

export function blockGrid(settings: Settings): BlockGrid {
  const n = Math.ceil(settings.sizeUm / BLOCK_UM);
  return { columns: n, rows: n };
}

/** Row-major index; -1 outside the slide. */
export function blockIndex(grid: BlockGrid, column: number, row: number): number {
  const inside = column >= 0 && row >= 0 && column < grid.columns && row < grid.rows;
  return inside ? row * grid.columns + column : -1;
}

export function blockRect(column: number, row: number): RectUm {
  const x0 = column * BLOCK_UM;
  const y0 = row * BLOCK_UM;
  return { x0, y0, x1: x0 + BLOCK_UM, y1: y0 + BLOCK_UM };
}

/** Keeps the blocks used last, so that neighbours share work while memory stays bounded by `capacity` blocks. */
export class BlockMemo<T> {
  readonly #kept = new Map<number, T>();
  readonly #make: (column: number, row: number) => T;
  readonly #capacity: number;

  constructor(capacity: number, make: (column: number, row: number) => T) {
    this.#capacity = capacity;
    this.#make = make;
  }

  get(column: number, row: number): T {
    const key = (row + 2) * 65536 + column + 2;
    const found = this.#kept.get(key);
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
      return found;
    }
    const made = this.#make(column, row);
    this.#kept.set(key, made);
    if (this.#kept.size > this.#capacity) this.#kept.delete(this.#kept.keys().next().value!);
    return made;
  }

  /** The values of the block and its eight neighbours, row by row. */
  around(column: number, row: number): T[] {
    const values: T[] = [];
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) values.push(this.get(column + dx, row + dy));
    return values;
  }
}

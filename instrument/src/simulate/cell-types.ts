import type { RandomStream } from '@spatile/random/stream';
import { SmoothField } from './smooth-field.ts';

/** How a type differs from the average cell; the expression of the types is in `expression.ts`. */
export interface CellType {
  name: string;
  /** Types of one lineage share part of their expression. */
  lineage: number;
  /** Factor on the radius and on the number of transcripts. */
  size: number;
  output: number;
  /** Length over width of the typical cell, alone. */
  aspect: number;
  /** Nuclear share of the cell's radius. */
  nucleus: number;
}

export const CELL_TYPES: readonly CellType[] = [
  { name: 'epithelial_a', lineage: 0, size: 1.05, output: 1.2, aspect: 1.2, nucleus: 0.55 },
  { name: 'epithelial_b', lineage: 0, size: 1.15, output: 1.4, aspect: 1.25, nucleus: 0.52 },
  { name: 'myoepithelial', lineage: 0, size: 0.9, output: 0.9, aspect: 2.1, nucleus: 0.58 },
  { name: 'fibroblast', lineage: 1, size: 1.05, output: 0.7, aspect: 2.6, nucleus: 0.5 },
  { name: 'endothelial', lineage: 1, size: 0.85, output: 0.8, aspect: 2.3, nucleus: 0.58 },
  { name: 't_cell', lineage: 2, size: 0.75, output: 0.5, aspect: 1.1, nucleus: 0.72 },
  { name: 'b_cell', lineage: 2, size: 0.75, output: 0.55, aspect: 1.1, nucleus: 0.72 },
  { name: 'macrophage', lineage: 2, size: 1.25, output: 1.3, aspect: 1.4, nucleus: 0.45 },
];

/** Composition of the niches: weight of each type above. */
const NICHES: readonly (readonly number[])[] = [
  [60, 25, 8, 3, 2, 1, 1, 2],
  [10, 60, 12, 6, 4, 3, 1, 6],
  [2, 2, 4, 62, 18, 4, 2, 8],
  [1, 1, 1, 8, 6, 45, 32, 8],
];
const NICHE_SCALE_UM = 110;
/** Cells whose type ignores the niche they lie in. */
const SCATTERED = 0.1;

/** Which type a cell has where: patches by smooth noise, with scattered cells of any type among them. */
export class NicheField {
  readonly #fields: SmoothField[];

  constructor(seed: number) {
    this.#fields = NICHES.map((_, niche) => new SmoothField(seed, `niche-${niche}`, NICHE_SCALE_UM));
  }

  nicheAt(x: number, y: number): number {
    const values = this.#fields.map((field) => field.at(x, y));
    return values.indexOf(Math.max(...values));
  }

  /** Index into `CELL_TYPES`. */
  drawType(stream: RandomStream, x: number, y: number): number {
    if (stream.uniform() < SCATTERED) return stream.integer(CELL_TYPES.length);
    return stream.categorical(NICHES[this.nicheAt(x, y)]);
  }
}

import type { RectUm } from '@spatile/formats/space';
import type { Column } from '@spatile/formats/tile/frame';
import type { TileCells } from '@spatile/formats/tile/nearby';
import { boxOf, runSpans, sliceRuns, type VoxelBox, voxelBox } from '@spatile/formats/tile/runs';

/** Squares of a core by number, row by row; its middle last, since readers of an edge want what lies around it in one stretch. */
export const SQUARES = [0, 1, 2, 3, 5, 6, 7, 8, 4];
/** Stands for none. */
export const NO_SQUARE = -1;

/**
 * Nine squares of a core: a band of some width along each edge, and the middle. What lies in the middle is farther than that
 * from all neighbours.
 */
export class Squares {
  private readonly inside: RectUm;
  private readonly voxels: VoxelBox;

  constructor({ x0, y0, x1, y1 }: RectUm, bandUm: number, gridOriginUm: [number, number], voxelUm: number) {
    this.inside = { x0: x0 + bandUm, y0: y0 + bandUm, x1: x1 - bandUm, y1: y1 - bandUm };
    this.voxels = voxelBox(this.inside, gridOriginUm, voxelUm);
  }

  /** The square of a place in the core. */
  ofPlace(x: number, y: number): number {
    const { x0, y0, x1, y1 } = this.inside;
    return 3 * third(y < y0, y >= y1) + third(x < x0, x >= x1);
  }

  /** The square of a cell with voxels in this box: the middle when they all lie there. */
  ofVoxels([x0, y0, x1, y1]: VoxelBox): number {
    const inside = this.voxels;
    return 3 * third(y0 < inside[1], y1 > inside[3]) + third(x0 < inside[0], x1 > inside[2]);
  }

  /** Cells by square, with their voxels. */
  cut({ runs, cells, loadings }: Omit<TileCells, 'tile'>): Omit<TileCells, 'tile'>[] {
    const spans = runSpans(runs);
    const spanOf = (cell: number): [number, number] => spans.get(cell)!;
    const latent = cells.cell.length === 0 ? 0 : loadings.value.length / cells.cell.length;
    const groups = grouped(cells.cell.length, (k) => this.ofVoxels(boxOf(runs, spanOf(cells.cell[k]))));
    return groups.map((at) => {
      const own = picked(cells, at);
      const value = new Float32Array(at.length * latent);
      at.forEach((k, i) => {
        value.set(loadings.value.subarray(k * latent, (k + 1) * latent), i * latent);
      });
      return { runs: sliceRuns(runs, [...own.cell].map(spanOf)), cells: own, loadings: { value } };
    });
  }
}

const third = (low: boolean, high: boolean): number => (low ? 0 : high ? 2 : 1);

/** Items 0 to n - 1 by square, ascending; those without one are in none. */
export function grouped(n: number, squareOf: (i: number) => number): Uint32Array[] {
  const size = new Uint32Array(SQUARES.length);
  const square = Int8Array.from({ length: n }, (_, i) => squareOf(i));
  for (const s of square) if (s !== NO_SQUARE) size[s]++;
  const groups = Array.from(size, (count) => new Uint32Array(count));
  size.fill(0);
  square.forEach((s, i) => {
    if (s !== NO_SQUARE) groups[s][size[s]++] = i;
  });
  return groups;
}

/** Entries of columns, in the order of `at`. */
export function picked<T extends { [name in keyof T]: Column }>(columns: T, at: Uint32Array): T {
  const pick = (column: Uint32Array): Uint32Array => {
    const out = new (column.constructor as Uint32ArrayConstructor)(at.length);
    for (let i = 0; i < at.length; i++) out[i] = column[at[i]];
    return out;
  };
  const entries = Object.entries(columns).map(([name, column]) => [name, pick(column as Uint32Array)]);
  return Object.fromEntries(entries) as T;
}

/** Bounding box of all voxels of some cells; null without any. */
export const voxelsOf = (runs: TileCells['runs']): VoxelBox | null =>
  runs.cell.length === 0 ? null : boxOf(runs, [0, runs.cell.length]);

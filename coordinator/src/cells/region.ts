import type { RectUm } from '@spatile/formats/space';
import { SeedGrid } from './seed-grid.ts';
import type { CellTable } from './table.ts';

/** Finds cells by rectangle (seeds are sorted by y, so a query reads one band of them) and by distance (from a grid). */
export class CellIndex {
  private readonly cells: CellTable;
  private readonly maxReachUm: number;
  private grid: SeedGrid | null = null;

  constructor(cells: CellTable) {
    this.cells = cells;
    this.maxReachUm = cells.reachUm.reduce((most, reach) => Math.max(most, reach), 0);
  }

  /** Cells (1-based, ascending) whose seed or whose outline's surrounding square touches `rect`. */
  touching(rect: RectUm): Uint32Array {
    const { seedX, seedY, reachUm } = this.cells;
    const found: number[] = [];
    for (
      let i = this.firstFrom(rect.y0 - this.maxReachUm);
      i < seedY.length && seedY[i] < rect.y1 + this.maxReachUm;
      i++
    ) {
      const reach = reachUm[i];
      if (
        seedX[i] + reach >= rect.x0 &&
        seedX[i] - reach < rect.x1 &&
        seedY[i] + reach >= rect.y0 &&
        seedY[i] - reach < rect.y1
      )
        found.push(i + 1);
    }
    return Uint32Array.from(found);
  }

  /** Cells (1-based, ascending) whose seed lies in a rectangle (edges included). */
  seeded({ x0, y0, x1, y1 }: RectUm): Uint32Array {
    const { seedX, seedY } = this.cells;
    const found: number[] = [];
    for (let i = this.firstFrom(y0); i < seedY.length && seedY[i] <= y1; i++)
      if (seedX[i] >= x0 && seedX[i] <= x1) found.push(i + 1);
    return Uint32Array.from(found);
  }

  /** Number of seeds in a rectangle (half-open). */
  seedsIn(rect: RectUm): number {
    const { seedX, seedY } = this.cells;
    let n = 0;
    for (let i = this.firstFrom(rect.y0); i < seedY.length && seedY[i] < rect.y1; i++)
      if (seedX[i] >= rect.x0 && seedX[i] < rect.x1) n++;
    return n;
  }

  /** The other cells (1-based, ascending) whose seed lies within a distance of a cell's seed. */
  seedsWithin(cell: number, distanceUm: number): number[] {
    this.grid ??= new SeedGrid(this.cells);
    return this.grid.within(cell - 1, distanceUm);
  }

  private firstFrom(y: number): number {
    let low = 0;
    let high = this.cells.seedY.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cells.seedY[middle] < y) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

import type { RectUm } from '@spatile/formats/space';

/**
 * The single rule for which tile's core holds a point: cores are half-open, so every point of the extent belongs to
 * exactly one. A lookup table on the plan's lattice answers in constant time.
 */
export class OwnerGrid {
  private readonly owner: Int32Array;
  private readonly columns: number;
  private readonly rows: number;
  private readonly x0: number;
  private readonly y0: number;
  private readonly latticeUm: number;

  constructor(extent: RectUm, latticeUm: number, cores: RectUm[]) {
    this.x0 = extent.x0;
    this.y0 = extent.y0;
    this.latticeUm = latticeUm;
    this.columns = Math.round((extent.x1 - extent.x0) / latticeUm);
    this.rows = Math.round((extent.y1 - extent.y0) / latticeUm);
    this.owner = new Int32Array(this.columns * this.rows).fill(-1);
    cores.forEach((core, index) => {
      const c0 = Math.round((core.x0 - extent.x0) / latticeUm);
      const c1 = Math.round((core.x1 - extent.x0) / latticeUm);
      const r0 = Math.round((core.y0 - extent.y0) / latticeUm);
      const r1 = Math.round((core.y1 - extent.y0) / latticeUm);
      for (let r = r0; r < r1; r++) this.owner.fill(index, r * this.columns + c0, r * this.columns + c1);
    });
  }

  /** Index of the tile whose core holds (x, y) in microns; points off the extent belong to the nearest border tile. */
  ownerOf(x: number, y: number): number {
    const column = Math.floor((x - this.x0) / this.latticeUm);
    const row = Math.floor((y - this.y0) / this.latticeUm);
    const c = column < 0 ? 0 : column >= this.columns ? this.columns - 1 : column;
    const r = row < 0 ? 0 : row >= this.rows ? this.rows - 1 : row;
    return this.owner[r * this.columns + c];
  }
}

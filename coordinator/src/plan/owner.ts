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
  private readonly cores: readonly RectUm[];

  constructor(extent: RectUm, latticeUm: number, cores: RectUm[]) {
    this.x0 = extent.x0;
    this.y0 = extent.y0;
    this.latticeUm = latticeUm;
    this.cores = cores;
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

  /**
   * Index of the tile whose core holds (x, y) in microns; points off the extent belong to the nearest border tile. The
   * table gives the lattice square, whose number is rounded; the comparison with the core's edges decides.
   */
  ownerOf(x: number, y: number): number {
    let c = clamp(Math.floor((x - this.x0) / this.latticeUm), this.columns);
    let r = clamp(Math.floor((y - this.y0) / this.latticeUm), this.rows);
    const core = this.cores[this.owner[r * this.columns + c]];
    if (x < core.x0) c = clamp(c - 1, this.columns);
    else if (x >= core.x1) c = clamp(c + 1, this.columns);
    if (y < core.y0) r = clamp(r - 1, this.rows);
    else if (y >= core.y1) r = clamp(r + 1, this.rows);
    return this.owner[r * this.columns + c];
  }
}

const clamp = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);

import type { RectUm } from '@spatile/formats/space';
import { directions, distanceToRing } from './star-ring.ts';
import type { VendorNucleus } from './vendor.ts';

const BIN_UM = 2;
const HALF_DIAGONAL_UM = BIN_UM * Math.SQRT1_2;
/** Nuclei farther than this are not looked for; the distance is then given as this. */
export const FARTHEST_UM = 15;
/** The vendor's cells: nuclei grown by this much, halfway between neighbours. */
export const EXPANSION_UM = 5;
/** Vertices of a vendor cell's outline. */
const RAYS = 16;

/** Which vendor nucleus is nearest to a point, exactly; in a rectangle it is fast, since bins list the only nuclei that can be. */
export class VendorMap {
  readonly #nuclei: readonly VendorNucleus[];
  readonly #rect: RectUm;
  readonly #columns: number;
  readonly #rows: number;
  readonly #start: Uint32Array;
  readonly #list: Uint32Array;
  /** Of the last `locate`: distance to the nearest nucleus in microns, 0 inside. */
  distanceUm = 0;

  constructor(nuclei: readonly VendorNucleus[], rect: RectUm) {
    this.#nuclei = nuclei;
    this.#rect = rect;
    this.#columns = Math.ceil((rect.x1 - rect.x0) / BIN_UM);
    this.#rows = Math.ceil((rect.y1 - rect.y0) / BIN_UM);
    const bins = this.#columns * this.#rows;
    // No point of a bin is farther than this from the nucleus nearest to it.
    const bound = new Float64Array(bins).fill(FARTHEST_UM);
    this.#visit((bin, index, centreUm) => {
      bound[bin] = Math.min(bound[bin], centreUm + HALF_DIAGONAL_UM - nuclei[index].innerUm);
    });
    const bin: number[] = [];
    const possible: number[] = [];
    this.#visit((b, index, centreUm) => {
      if (centreUm - HALF_DIAGONAL_UM - nuclei[index].reachUm > bound[b]) return;
      bin.push(b);
      possible.push(index);
    });
    this.#start = new Uint32Array(bins + 1);
    for (const b of bin) this.#start[b + 1]++;
    for (let b = 0; b < bins; b++) this.#start[b + 1] += this.#start[b];
    this.#list = new Uint32Array(bin.length);
    const fill = this.#start.slice();
    for (let k = 0; k < bin.length; k++) this.#list[fill[bin[k]]++] = possible[k];
  }

  /** Index of the nearest nucleus (ties: the earlier one), or -1 when none is within `FARTHEST_UM`; sets `distanceUm`. */
  locate(x: number, y: number): number {
    const column = Math.floor((x - this.#rect.x0) / BIN_UM);
    const row = Math.floor((y - this.#rect.y0) / BIN_UM);
    const isBinned = column >= 0 && row >= 0 && column < this.#columns && row < this.#rows;
    // The few points beyond the bins are compared with every nucleus.
    const from = isBinned ? this.#start[row * this.#columns + column] : 0;
    const to = isBinned ? this.#start[row * this.#columns + column + 1] : this.#nuclei.length;
    let best = -1;
    let least = FARTHEST_UM;
    for (let k = from; k < to; k++) {
      const index = isBinned ? this.#list[k] : k;
      const nucleus = this.#nuclei[index];
      const dx = x - nucleus.centreX;
      const dy = y - nucleus.centreY;
      const centreUm = Math.sqrt(dx * dx + dy * dy);
      if (centreUm - nucleus.reachUm >= least) continue;
      const distance = centreUm < nucleus.innerUm ? 0 : distanceToRing(nucleus.ring, x, y);
      if (distance < least) {
        least = distance;
        best = index;
        if (distance === 0) break;
      }
    }
    this.distanceUm = least;
    return best;
  }

  /** The vendor cell around a nucleus as x, y pairs (not closed): rays from its centre, cut where the cell ends. */
  cellRing(index: number): Float64Array {
    const { centreX, centreY, innerUm, reachUm } = this.#nuclei[index];
    const { cos, sin } = directions(RAYS);
    const ring = new Float64Array(2 * RAYS);
    for (let k = 0; k < RAYS; k++) {
      let low = innerUm;
      let high = reachUm + EXPANSION_UM;
      for (let step = 0; step < 5; step++) {
        const middle = (low + high) / 2;
        const mine = this.locate(centreX + middle * cos[k], centreY + middle * sin[k]) === index;
        if (mine && this.distanceUm <= EXPANSION_UM) low = middle;
        else high = middle;
      }
      ring[2 * k] = Math.fround(centreX + low * cos[k]);
      ring[2 * k + 1] = Math.fround(centreY + low * sin[k]);
    }
    return ring;
  }

  /** Calls back for every bin that may lie within `FARTHEST_UM` of a nucleus, with the distance of the two centres. */
  #visit(visit: (bin: number, index: number, centreUm: number) => void): void {
    const { x0, y0 } = this.#rect;
    this.#nuclei.forEach(({ centreX, centreY, reachUm }, index) => {
      const reach = reachUm + FARTHEST_UM + BIN_UM;
      const firstRow = Math.max(0, Math.floor((centreY - reach - y0) / BIN_UM));
      const lastRow = Math.min(this.#rows - 1, Math.floor((centreY + reach - y0) / BIN_UM));
      const first = Math.max(0, Math.floor((centreX - reach - x0) / BIN_UM));
      const last = Math.min(this.#columns - 1, Math.floor((centreX + reach - x0) / BIN_UM));
      for (let row = firstRow; row <= lastRow; row++) {
        const dy = y0 + (row + 0.5) * BIN_UM - centreY;
        for (let column = first; column <= last; column++) {
          const dx = x0 + (column + 0.5) * BIN_UM - centreX;
          visit(row * this.#columns + column, index, Math.sqrt(dx * dx + dy * dy));
        }
      }
    });
  }
}

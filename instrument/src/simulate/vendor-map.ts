import type { RectUm } from '@spatile/formats/space';
import { directions } from './star-ring.ts';
import type { VendorNucleus } from './vendor.ts';

const BIN_UM = 2.5;
/** Half a bin's diagonal, rounded up. */
const HALF_DIAGONAL_UM = 0.7072 * BIN_UM;
/** Nuclei farther than this are not looked for; the distance is then given as this. */
export const FARTHEST_UM = 15;
/** The vendor's cells: nuclei grown by this much, halfway between neighbours. */
export const EXPANSION_UM = 5;
/** Vertices of a vendor cell's outline, as the instrument writes them. */
const RAYS = 12;
/** How often the way from the nucleus to the farthest border is halved to find a vertex. */
const HALVINGS = 5;

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
    const bound = this.#bounds();
    const bin: number[] = [];
    const possible: number[] = [];
    nuclei.forEach((nucleus, index) => {
      const { centreX, centreY, reachUm } = nucleus;
      const { firstRow, lastRow, first, last } = this.#binsNear(nucleus);
      for (let row = firstRow; row <= lastRow; row++) {
        const dy = rect.y0 + (row + 0.5) * BIN_UM - centreY;
        for (let column = first; column <= last; column++) {
          const dx = rect.x0 + (column + 0.5) * BIN_UM - centreX;
          const b = row * this.#columns + column;
          const most = bound[b] + HALF_DIAGONAL_UM + reachUm;
          if (dx * dx + dy * dy > most * most) continue;
          bin.push(b);
          possible.push(index);
        }
      }
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
    // The few points beyond the bins are compared with every nucleus.
    const bin = this.#binOf(x, y);
    const from = bin < 0 ? 0 : this.#start[bin];
    const to = bin < 0 ? this.#nuclei.length : this.#start[bin + 1];
    let best = -1;
    let least = FARTHEST_UM;
    for (let k = from; k < to; k++) {
      const index = bin < 0 ? k : this.#list[k];
      const distance = distanceWithin(this.#nuclei[index], x, y, least);
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
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = (low + high) / 2;
        if (this.#isOwn(index, centreX + middle * cos[k], centreY + middle * sin[k])) low = middle;
        else high = middle;
      }
      ring[2 * k] = Math.fround(centreX + low * cos[k]);
      ring[2 * k + 1] = Math.fround(centreY + low * sin[k]);
    }
    return ring;
  }

  /** Whether a place belongs to the cell of a nucleus: as `locate` says, with the own nucleus looked at first. */
  #isOwn(index: number, x: number, y: number): boolean {
    const own = distanceWithin(this.#nuclei[index], x, y, EXPANSION_UM);
    if (own === EXPANSION_UM) return false;
    const bin = this.#binOf(x, y);
    const from = bin < 0 ? 0 : this.#start[bin];
    const to = bin < 0 ? this.#nuclei.length : this.#start[bin + 1];
    for (let k = from; k < to; k++) {
      const other = bin < 0 ? k : this.#list[k];
      if (other === index) continue;
      const distance = distanceWithin(this.#nuclei[other], x, y, own);
      if (distance < own || (distance === own && other < index && own === 0)) return false;
    }
    return true;
  }

  /** Index of the bin at a place; -1 beyond the bins. */
  #binOf(x: number, y: number): number {
    const column = Math.floor((x - this.#rect.x0) / BIN_UM);
    const row = Math.floor((y - this.#rect.y0) / BIN_UM);
    const isBinned = column >= 0 && row >= 0 && column < this.#columns && row < this.#rows;
    return isBinned ? row * this.#columns + column : -1;
  }

  /** By bin: no point of it is farther than this from the nucleus nearest to it. */
  #bounds(): Float64Array {
    const { x0, y0 } = this.#rect;
    const bound = new Float64Array(this.#columns * this.#rows).fill(FARTHEST_UM);
    for (const nucleus of this.#nuclei) {
      const { centreX, centreY, innerUm } = nucleus;
      const { firstRow, lastRow, first, last } = this.#binsNear(nucleus);
      const spare = HALF_DIAGONAL_UM - innerUm;
      for (let row = firstRow; row <= lastRow; row++) {
        const dy = y0 + (row + 0.5) * BIN_UM - centreY;
        for (let column = first; column <= last; column++) {
          const dx = x0 + (column + 0.5) * BIN_UM - centreX;
          const b = row * this.#columns + column;
          const least = bound[b] - spare;
          if (least > 0 && dx * dx + dy * dy < least * least) bound[b] = Math.sqrt(dx * dx + dy * dy) + spare;
        }
      }
    }
    return bound;
  }

  /** Bins that may lie within `FARTHEST_UM` of a nucleus. */
  #binsNear({
    centreX,
    centreY,
    reachUm,
  }: VendorNucleus): Record<'firstRow' | 'lastRow' | 'first' | 'last', number> {
    const { x0, y0 } = this.#rect;
    const reach = reachUm + FARTHEST_UM + BIN_UM;
    return {
      firstRow: Math.max(0, Math.floor((centreY - reach - y0) / BIN_UM)),
      lastRow: Math.min(this.#rows - 1, Math.floor((centreY + reach - y0) / BIN_UM)),
      first: Math.max(0, Math.floor((centreX - reach - x0) / BIN_UM)),
      last: Math.min(this.#columns - 1, Math.floor((centreX + reach - x0) / BIN_UM)),
    };
  }
}

/** Distance in microns from a place to a nucleus, 0 inside; `least` when it is not less than that. */
function distanceWithin(nucleus: VendorNucleus, x: number, y: number, least: number): number {
  const fromX = x - nucleus.centreX;
  const fromY = y - nucleus.centreY;
  const centre = fromX * fromX + fromY * fromY;
  const far = nucleus.reachUm + least;
  if (centre >= far * far) return least;
  if (centre < nucleus.innerUm * nucleus.innerUm) return 0;
  const { edges } = nucleus;
  let nearest = least * least;
  let isInside = false;
  for (let k = 0; k < edges.length; k += 5) {
    const px = x - edges[k];
    const py = y - edges[k + 1];
    const ex = edges[k + 2];
    const ey = edges[k + 3];
    const t = Math.min(1, Math.max(0, (px * ex + py * ey) * edges[k + 4]));
    const dx = px - t * ex;
    const dy = py - t * ey;
    const squared = dx * dx + dy * dy;
    if (squared < nearest) nearest = squared;
    // A ray along x crosses the edge when its ends lie above and below, and the place left of it.
    if (py < 0 !== py < ey && px * ey < py * ex === ey > 0) isInside = !isInside;
  }
  return isInside ? 0 : Math.sqrt(nearest);
}

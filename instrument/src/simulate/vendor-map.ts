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
/** Place of a distance behind x and y. */
const DISTANCE = 2;
/** Far more than rounding moves a distance. */
const SLACK_UM = 1e-6;

/**
 * Which vendor nucleus is nearest to a point, exactly; in a rectangle it is fast, since bins list the only nuclei that can
 * be, and faster where a place is close to the one asked for before.
 */
export class VendorMap {
  readonly #nuclei: readonly VendorNucleus[];
  readonly #rect: RectUm;
  readonly #columns: number;
  readonly #rows: number;
  /** Of each nucleus: x and y of its centre, farthest vertex, radius of the disc inside. */
  readonly #discs: Float64Array;
  /** Per bin the place in `#list` where its nuclei begin, which are in the order of their indices. */
  readonly #start: Uint32Array;
  readonly #list: Uint32Array;
  readonly #all: Uint32Array;
  /** Found last: the next place is likely to be near it. */
  #last = -1;
  /** x and y of the place looked at, and what `measure` finds: numbers that a call hands over one by one are allocated. */
  readonly #place = new Float64Array(3);
  /** Of the last `locate`: distance to the nearest nucleus in microns, 0 inside. */
  distanceUm = 0;

  constructor(nuclei: readonly VendorNucleus[], rect: RectUm) {
    this.#nuclei = nuclei;
    this.#rect = rect;
    this.#columns = Math.ceil((rect.x1 - rect.x0) / BIN_UM);
    this.#rows = Math.ceil((rect.y1 - rect.y0) / BIN_UM);
    this.#discs = discsOf(nuclei);
    this.#all = Uint32Array.from(nuclei.keys());
    const bins = this.#columns * this.#rows;
    const bound = this.#bounds();
    const counts = new Uint32Array(bins + 1);
    this.#enlist(bound, counts.subarray(1), null);
    for (let b = 0; b < bins; b++) counts[b + 1] += counts[b];
    this.#start = counts;
    this.#list = new Uint32Array(counts[bins]);
    this.#enlist(bound, counts.slice(), this.#list);
  }

  /** Index of the nearest nucleus (ties: the earlier one), or -1 when none is within `FARTHEST_UM`; sets `distanceUm`. */
  locate(x: number, y: number): number {
    const discs = this.#discs;
    // The few points beyond the bins are compared with every nucleus.
    const bin = this.#binOf(x, y);
    const list = bin < 0 ? this.#all : this.#list;
    const from = bin < 0 ? 0 : this.#start[bin];
    const to = bin < 0 ? list.length : this.#start[bin + 1];
    const place = this.#place;
    place[0] = x;
    place[1] = y;
    const last = this.#last;
    let best = -1;
    let least = FARTHEST_UM;
    for (let k = last < 0 ? from : from - 1; k < to; k++) {
      const index = k < from ? last : list[k];
      if (k >= from) {
        if (least === 0 && index > best) break;
        if (index === last) continue;
      }
      const fromX = x - discs[4 * index];
      const fromY = y - discs[4 * index + 1];
      const far = discs[4 * index + 2] + least;
      if (fromX * fromX + fromY * fromY >= far * far) continue;
      measure(this.#nuclei[index], place);
      const distance = place[DISTANCE];
      if (distance < least || (distance === least && index < best)) {
        least = distance;
        best = index;
      }
    }
    this.distanceUm = least;
    if (best >= 0) this.#last = best;
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
        this.#place[0] = centreX + middle * cos[k];
        this.#place[1] = centreY + middle * sin[k];
        if (this.#isOwn(index, middle)) low = middle;
        else high = middle;
      }
      ring[2 * k] = Math.fround(centreX + low * cos[k]);
      ring[2 * k + 1] = Math.fround(centreY + low * sin[k]);
    }
    return ring;
  }

  /**
   * Whether `#place`, `radius` from a nucleus' centre, belongs to its cell: within reach of the expansion and nearer than to
   * any other. A place inside the nucleus is left to any earlier one that the place's bin lists.
   */
  #isOwn(index: number, radius: number): boolean {
    const discs = this.#discs;
    const [x, y] = [this.#place[0], this.#place[1]];
    const bin = this.#binOf(x, y);
    const list = bin < 0 ? this.#all : this.#list;
    const from = bin < 0 ? 0 : this.#start[bin];
    const to = bin < 0 ? list.length : this.#start[bin + 1];
    // The discs around and inside the nuclei settle most places.
    const most = radius - discs[4 * index + 3] + SLACK_UM;
    const least = radius - discs[4 * index + 2] - SLACK_UM;
    let isClear = most < EXPANSION_UM;
    for (let k = from; k < to; k++) {
      const other = list[k];
      if (other === index) continue;
      if (other < index && least <= 0) isClear = false;
      const fromX = x - discs[4 * other];
      const fromY = y - discs[4 * other + 1];
      const centre = fromX * fromX + fromY * fromY;
      const near = discs[4 * other + 3] + least;
      if (least > 0 && centre < near * near) return false;
      const far = discs[4 * other + 2] + most;
      if (centre < far * far) isClear = false;
    }
    return isClear || this.#isNearest(index, list, from, to);
  }

  #isNearest(index: number, list: Uint32Array, from: number, to: number): boolean {
    const discs = this.#discs;
    const place = this.#place;
    measure(this.#nuclei[index], place);
    const own = place[DISTANCE];
    if (own >= EXPANSION_UM) return false;
    for (let k = from; k < to; k++) {
      const other = list[k];
      if (other === index) continue;
      if (own === 0 && other < index) return false;
      const fromX = place[0] - discs[4 * other];
      const fromY = place[1] - discs[4 * other + 1];
      const far = discs[4 * other + 2] + own;
      if (fromX * fromX + fromY * fromY >= far * far) continue;
      measure(this.#nuclei[other], place);
      if (place[DISTANCE] < own) return false;
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
    for (let index = 0; index < this.#nuclei.length; index++) {
      if (!this.#isClose(index)) continue;
      const { centreX, centreY, innerUm } = this.#nuclei[index];
      const spare = HALF_DIAGONAL_UM - innerUm;
      const { firstRow, lastRow, first, last } = this.#binsNear(centreX, centreY, innerUm + FARTHEST_UM);
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

  /** Advances `at` of each bin by the nuclei that can be nearest to a place in it, and writes them there into `list`. */
  #enlist(bound: Float64Array, at: Uint32Array, list: Uint32Array | null): void {
    const { x0, y0 } = this.#rect;
    for (let index = 0; index < this.#nuclei.length; index++) {
      if (!this.#isClose(index)) continue;
      const { centreX, centreY, reachUm } = this.#nuclei[index];
      const { firstRow, lastRow, first, last } = this.#binsNear(
        centreX,
        centreY,
        reachUm + FARTHEST_UM + BIN_UM,
      );
      for (let row = firstRow; row <= lastRow; row++) {
        const dy = y0 + (row + 0.5) * BIN_UM - centreY;
        for (let column = first; column <= last; column++) {
          const dx = x0 + (column + 0.5) * BIN_UM - centreX;
          const b = row * this.#columns + column;
          const most = bound[b] + HALF_DIAGONAL_UM + reachUm;
          if (dx * dx + dy * dy > most * most) continue;
          if (list) list[at[b]] = index;
          at[b]++;
        }
      }
    }
  }

  /** Whether any bin may lie within `FARTHEST_UM` of a nucleus. */
  #isClose(index: number): boolean {
    const { x0, y0, x1, y1 } = this.#rect;
    const x = this.#discs[4 * index];
    const y = this.#discs[4 * index + 1];
    const reach = this.#discs[4 * index + 2] + FARTHEST_UM + 2 * BIN_UM;
    return x > x0 - reach && y > y0 - reach && x < x1 + reach && y < y1 + reach;
  }

  /** Bins that may lie within `reach` of a place. */
  #binsNear(x: number, y: number, reach: number): Record<'firstRow' | 'lastRow' | 'first' | 'last', number> {
    const { x0, y0 } = this.#rect;
    return {
      firstRow: Math.max(0, Math.floor((y - reach - y0) / BIN_UM)),
      lastRow: Math.min(this.#rows - 1, Math.floor((y + reach - y0) / BIN_UM)),
      first: Math.max(0, Math.floor((x - reach - x0) / BIN_UM)),
      last: Math.min(this.#columns - 1, Math.floor((x + reach - x0) / BIN_UM)),
    };
  }
}

function discsOf(nuclei: readonly VendorNucleus[]): Float64Array {
  const discs = new Float64Array(4 * nuclei.length);
  for (let index = 0; index < nuclei.length; index++) {
    const { centreX, centreY, reachUm, innerUm } = nuclei[index];
    discs[4 * index] = centreX;
    discs[4 * index + 1] = centreY;
    discs[4 * index + 2] = reachUm;
    discs[4 * index + 3] = innerUm;
  }
  return discs;
}

/** Sets `place[DISTANCE]` to the distance in microns from `place[0..1]` to a nucleus, 0 inside. */
function measure(nucleus: VendorNucleus, place: Float64Array): void {
  const { centreX, centreY, innerUm, edges, turn } = nucleus;
  const fromX = place[0] - centreX;
  const fromY = place[1] - centreY;
  if (fromX * fromX + fromY * fromY < innerUm * innerUm) place[DISTANCE] = 0;
  else if (turn === 0) measureAny(edges, place);
  else measureConvex(edges, turn, place);
}

/** `measure` for a convex ring: only edges seen from outside count, and a place that sees none is inside. */
function measureConvex(edges: Float64Array, turn: number, place: Float64Array): void {
  const x = place[0];
  const y = place[1];
  let nearest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < edges.length; k += 5) {
    const px = x - edges[k];
    const py = y - edges[k + 1];
    const ex = edges[k + 2];
    const ey = edges[k + 3];
    if (turn * (px * ey - py * ex) <= 0) continue;
    const along = (px * ex + py * ey) * edges[k + 4];
    const t = along < 0 ? 0 : along > 1 ? 1 : along;
    const dx = px - t * ex;
    const dy = py - t * ey;
    const squared = dx * dx + dy * dy;
    if (squared < nearest) nearest = squared;
  }
  place[DISTANCE] = nearest === Number.POSITIVE_INFINITY ? 0 : Math.sqrt(nearest);
}

function measureAny(edges: Float64Array, place: Float64Array): void {
  const x = place[0];
  const y = place[1];
  let nearest = Number.POSITIVE_INFINITY;
  let isInside = false;
  for (let k = 0; k < edges.length; k += 5) {
    const px = x - edges[k];
    const py = y - edges[k + 1];
    const ex = edges[k + 2];
    const ey = edges[k + 3];
    const along = (px * ex + py * ey) * edges[k + 4];
    const t = along < 0 ? 0 : along > 1 ? 1 : along;
    const dx = px - t * ex;
    const dy = py - t * ey;
    const squared = dx * dx + dy * dy;
    if (squared < nearest) nearest = squared;
    // A ray along x crosses the edge when its ends lie above and below, and the place left of it.
    if (py < 0 !== py < ey && px * ey < py * ex === ey > 0) isInside = !isInside;
  }
  place[DISTANCE] = isInside ? 0 : Math.sqrt(nearest);
}

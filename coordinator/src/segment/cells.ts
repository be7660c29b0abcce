import type { Affine } from '@spatile/formats/space';
import { PART_NUCLEUS, type SegmentPaintResult } from '@spatile/formats/tile/segment';
import type { SettledUnit } from './settle.ts';
import { pixelsOf } from './shape.ts';

/** A settled cell with its outlines, microns. */
export interface SegmentedCell {
  /** Rank by (row, column) of the seed among all that were settled, from 1. */
  id: string;
  seedX: number;
  seedY: number;
  score: number;
  /** Index into `CELL_METHODS`. */
  method: number;
  nuclei: number;
  /** 0 for a cell without nucleus. */
  nucleusPixels: number;
  /** Of the nucleus, or of the outline where there is none: form, and mean raw intensity by plane. */
  eccentricity: number;
  solidity: number;
  means: Float32Array;
  readonly nucleusRings: Float64Array[];
  readonly cellRings: Float64Array[];
}

/** Outlines as they come from the tiles: vertices in half pixels of the grid, rings with their unit and kind. */
export class RingStore {
  vertices = new Int32Array(1 << 12);
  /** Twice the place of the first vertex of each ring, and one entry more. */
  readonly start: number[] = [0];
  readonly unit: number[] = [];
  readonly kind: number[] = [];

  /** Adds the rings of a tile. */
  add({ rings, vertices }: SegmentPaintResult): void {
    for (let r = 0; r < rings.label.length; r++) {
      let at = this.start[this.start.length - 1];
      this.#reserve(at + 2 * rings.count[r]);
      for (let v = rings.start[r]; v < rings.start[r] + rings.count[r]; v++) {
        this.vertices[at++] = Math.round(2 * vertices.x[v]);
        this.vertices[at++] = Math.round(2 * vertices.y[v]);
      }
      this.start.push(at);
      this.unit.push(rings.label[r]);
      this.kind.push(rings.kind[r]);
    }
  }

  #reserve(values: number): void {
    if (values <= this.vertices.length) return;
    const grown = new Int32Array(Math.max(values, 2 * this.vertices.length));
    grown.set(this.vertices);
    this.vertices = grown;
  }
}

/** The settled cells of a slide in columns: about 60 bytes of a cell, 8 of a vertex and 4 of a plane of the image. */
export class SegmentedCells implements Iterable<SegmentedCell> {
  readonly length: number;
  readonly #toUm: Affine;
  readonly #planes: number;
  /** Rank of each cell among the settled units, from 0. */
  readonly #rank: Uint32Array;
  readonly #seeds: Float64Array;
  readonly #score: Float32Array;
  readonly #method: Uint8Array;
  readonly #nuclei: Uint16Array;
  readonly #nucleusPixels: Uint32Array;
  readonly #form: Float32Array;
  readonly #means: Float32Array;
  readonly #vertices: Int32Array;
  /** Rings of each cell, nuclei first: numbers of rings from `firstRing[i]` to `firstRing[i + 1]`. */
  readonly #firstRing: Uint32Array;
  readonly #firstCellRing: Uint32Array;
  readonly #rings: Uint32Array;
  readonly #ringStart: Uint32Array;

  /** @param units settled, in order. Those without an outline are left out. */
  constructor(units: readonly SettledUnit[], store: RingStore, planes: number, toUm: Affine) {
    const order = Array.from(store.unit, (_, ring) => ring).sort(
      (a, b) =>
        store.unit[a] - store.unit[b] ||
        Number(store.kind[a] !== PART_NUCLEUS) - Number(store.kind[b] !== PART_NUCLEUS) ||
        a - b,
    );
    const ranks = order.map((ring) => store.unit[ring]).filter((unit, i, all) => unit !== all[i - 1]);
    const n = ranks.length;
    this.length = n;
    this.#toUm = toUm;
    this.#planes = planes;
    this.#rank = Uint32Array.from(ranks);
    this.#seeds = new Float64Array(2 * n);
    this.#score = Float32Array.from(ranks, (rank) => units[rank].score);
    this.#method = Uint8Array.from(ranks, (rank) => units[rank].method);
    this.#nuclei = Uint16Array.from(ranks, (rank) => units[rank].nuclei);
    this.#nucleusPixels = new Uint32Array(n);
    this.#form = new Float32Array(2 * n);
    this.#means = new Float32Array(planes * n);
    this.#vertices = store.vertices.slice(0, store.start[store.start.length - 1]);
    this.#rings = Uint32Array.from(order);
    this.#ringStart = Uint32Array.from(store.start);
    this.#firstRing = new Uint32Array(n + 1);
    this.#firstCellRing = new Uint32Array(n);
    const [a, b, c, d, e, f] = toUm;
    let ring = 0;
    ranks.forEach((rank, i) => {
      const { seedX, seedY, nucleus, cell } = units[rank];
      this.#seeds[2 * i] = a * seedX + b * seedY + c;
      this.#seeds[2 * i + 1] = d * seedX + e * seedY + f;
      if (nucleus !== null) this.#nucleusPixels[i] = pixelsOf(nucleus.runs);
      const main = (nucleus ?? cell)!;
      this.#form[2 * i] = main.eccentricity;
      this.#form[2 * i + 1] = main.solidity;
      this.#means.set(main.means, planes * i);
      this.#firstRing[i] = ring;
      while (store.unit[order[ring]] === rank && store.kind[order[ring]] === PART_NUCLEUS) ring++;
      this.#firstCellRing[i] = ring;
      while (ring < order.length && store.unit[order[ring]] === rank) ring++;
    });
    this.#firstRing[n] = ring;
  }

  /** The cell of a place, from 0. */
  at(i: number): SegmentedCell {
    const ringsOf = (from: number, to: number): Float64Array[] => this.#ringsOf(from, to);
    const [first, middle, end] = [this.#firstRing[i], this.#firstCellRing[i], this.#firstRing[i + 1]];
    return {
      id: String(this.#rank[i] + 1),
      seedX: this.#seeds[2 * i],
      seedY: this.#seeds[2 * i + 1],
      score: this.#score[i],
      method: this.#method[i],
      nuclei: this.#nuclei[i],
      nucleusPixels: this.#nucleusPixels[i],
      eccentricity: this.#form[2 * i],
      solidity: this.#form[2 * i + 1],
      means: this.#means.subarray(this.#planes * i, this.#planes * (i + 1)),
      // Made when they are asked for.
      get nucleusRings() {
        return ringsOf(first, middle);
      },
      get cellRings() {
        return ringsOf(middle, end);
      },
    };
  }

  *[Symbol.iterator](): Iterator<SegmentedCell> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** Place of the cell of an id; -1 when no cell has it. */
  placeOf(id: string): number {
    const rank = Number(id) - 1;
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rank[middle] < rank) low = middle + 1;
      else high = middle;
    }
    return this.#rank[low] === rank && low < this.length ? low : -1;
  }

  /** Whether any cell has an outline of its nucleus, or of itself. */
  hasRings(kind: 'nucleus' | 'cell'): boolean {
    for (let i = 0; i < this.length; i++) {
      const middle = this.#firstCellRing[i];
      if (kind === 'nucleus' ? middle > this.#firstRing[i] : this.#firstRing[i + 1] > middle) return true;
    }
    return false;
  }

  #ringsOf(from: number, to: number): Float64Array[] {
    const [a, b, c, d, e, f] = this.#toUm;
    return Array.from({ length: to - from }, (_, k) => {
      const ring = this.#rings[from + k];
      const half = this.#vertices.subarray(this.#ringStart[ring], this.#ringStart[ring + 1]);
      const out = new Float64Array(half.length);
      for (let v = 0; v < half.length; v += 2) {
        const [x, y] = [half[v] / 2, half[v + 1] / 2];
        out[v] = a * x + b * y + c;
        out[v + 1] = d * x + e * y + f;
      }
      return out;
    });
  }
}

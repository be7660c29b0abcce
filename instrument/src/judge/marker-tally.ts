import type { MarkerCounts } from './coexpression.ts';

/** Transcripts held before they are merged into the counts. */
const PENDING = 1 << 20;

/**
 * Counts marker transcripts by cell as they stream by, in any order. Memory: 12 bytes per pair of cell and marker that
 * occurs, twice that while merging, and 8 MiB.
 */
export class MarkerTally {
  readonly #markers: number;
  /** cell * markers + marker, ascending, and how often each was met. */
  #keys = new Float64Array(0);
  #counts = new Uint32Array(0);
  readonly #pending = new Float64Array(PENDING);
  #waiting = 0;

  /** `markers` is how many there are; a cell's number times it must stay below 2^53. */
  constructor(markers: number) {
    this.#markers = markers;
  }

  /** One transcript of marker `marker` (index) in cell `cell` (any whole number from 0). */
  add(cell: number, marker: number): void {
    this.#pending[this.#waiting++] = cell * this.#markers + marker;
    if (this.#waiting === PENDING) this.#merge();
  }

  /** The counts so far; cells without markers are left out, the others ascend by number. */
  counts(): MarkerCounts {
    this.#merge();
    const keys = this.#keys;
    const start: number[] = [];
    const marker = new Uint32Array(keys.length);
    let last = -1;
    for (let i = 0; i < keys.length; i++) {
      const cell = Math.floor(keys[i] / this.#markers);
      if (cell !== last) start.push(i);
      last = cell;
      marker[i] = keys[i] - cell * this.#markers;
    }
    start.push(keys.length);
    return { start: Uint32Array.from(start), marker, count: this.#counts.slice() };
  }

  #merge(): void {
    const added = this.#pending.subarray(0, this.#waiting).sort();
    this.#waiting = 0;
    const keys = new Float64Array(this.#keys.length + added.length);
    const counts = new Uint32Array(keys.length);
    let [n, i, j] = [0, 0, 0];
    while (i < this.#keys.length || j < added.length) {
      const key = Math.min(this.#keys[i] ?? Number.POSITIVE_INFINITY, added[j] ?? Number.POSITIVE_INFINITY);
      keys[n] = key;
      if (this.#keys[i] === key) counts[n] += this.#counts[i++];
      for (; added[j] === key; j++) counts[n]++;
      n++;
    }
    this.#keys = keys.slice(0, n);
    this.#counts = counts.slice(0, n);
  }
}

import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import type { TileState } from '@spatile/formats/tile/state';
import type { RunStore } from '../run/store.ts';

const STRAYS_FILE = 'settled/strays.frame';
const STRAYS = 'strays';

/** What is lost is kept in units of 2^-24: sums of integers do not depend on the order of transcripts or tiles. */
const UNITS = 2 ** 24;
/** Entries that a tally has room for at first. */
const FIRST_ROOM = 1024;

/**
 * Transcripts that a last settling step took out of their cell: how much expected count each (cell, feature) loses by it.
 * Memory: 16 bytes by pair and tile, so it grows with strays (no Map: those end at 2^24 entries).
 */
export class StrayTally {
  private readonly features: number;
  private cell = new Uint32Array(FIRST_ROOM);
  private feature = new Uint32Array(FIRST_ROOM);
  private lost = new Float64Array(FIRST_ROOM);
  private length = 0;

  /** @param features number of features of the slide. */
  constructor(features: number) {
    this.features = features;
  }

  /** Compares the verdicts of one tile before and after the step. `feature`: of each of its transcripts. */
  note(before: TileState['verdicts'], after: TileState['verdicts'], feature: Uint32Array): void {
    const ofTile = new Map<number, number>();
    for (let i = 0; i < feature.length; i++) {
      if (before.cell[i] === 0 || after.cell[i] !== 0) continue;
      const key = before.cell[i] * this.features + feature[i];
      ofTile.set(
        key,
        (ofTile.get(key) ?? 0) + Math.round(UNITS * before.probability[i] * after.probability[i]),
      );
    }
    for (const [key, lost] of ofTile) this.push(Math.floor(key / this.features), key % this.features, lost);
  }

  async write(store: RunStore): Promise<void> {
    const frame = { kind: STRAYS, meta: { features: this.features }, tables: { strays: this.merged() } };
    await store.put(STRAYS_FILE, encodeFrame(frame));
  }

  /** All pairs by (cell, feature), those of several tiles added up. */
  private merged(): StrayColumns {
    const start = startsOf(this.cell.subarray(0, this.length));
    const order = new Uint32Array(this.length);
    const fill = start.slice();
    for (let i = 0; i < this.length; i++) order[fill[this.cell[i]]++] = i;
    const out = {
      cell: new Uint32Array(this.length),
      feature: new Uint32Array(this.length),
      lost: new Float32Array(this.length),
    };
    let n = 0;
    for (let cell = 0; cell + 1 < start.length; cell++) {
      const own = order
        .subarray(start[cell], start[cell + 1])
        .sort((a, b) => this.feature[a] - this.feature[b]);
      for (let i = 0; i < own.length; n++) {
        const feature = this.feature[own[i]];
        let lost = 0;
        for (; i < own.length && this.feature[own[i]] === feature; i++) lost += this.lost[own[i]];
        out.cell[n] = cell;
        out.feature[n] = feature;
        out.lost[n] = lost / UNITS;
      }
    }
    return { cell: out.cell.slice(0, n), feature: out.feature.slice(0, n), lost: out.lost.slice(0, n) };
  }

  private push(cell: number, feature: number, lost: number): void {
    if (this.length === this.cell.length) this.grow();
    this.cell[this.length] = cell;
    this.feature[this.length] = feature;
    this.lost[this.length++] = lost;
  }

  private grow(): void {
    const { cell, feature, lost } = this;
    const room = Math.ceil(1.5 * cell.length);
    this.cell = new Uint32Array(room);
    this.feature = new Uint32Array(room);
    this.lost = new Float64Array(room);
    this.cell.set(cell);
    this.feature.set(feature);
    this.lost.set(lost);
  }
}

/** What is written of a tally: by (cell, feature), no pair twice. */
type StrayColumns = { cell: Uint32Array; feature: Uint32Array; lost: Float32Array };

/** Where the entries of cell c begin at c and end at c + 1, up to the highest cell; entries counted by cell. */
function startsOf(cells: Uint32Array): Uint32Array {
  const start = new Uint32Array(cells.reduce((most, cell) => Math.max(most, cell), 0) + 2);
  for (const cell of cells) start[cell + 1]++;
  for (let c = 0; c + 1 < start.length; c++) start[c + 1] += start[c];
  return start;
}

/** Expected count lost, by (cell, feature). */
export interface Strays {
  of: (cell: number, feature: number) => number;
}

/** What a tally wrote; nothing is lost when there is no file. 12 bytes by pair. Errors: `RUN_CORRUPT`. */
export async function readStrays(store: RunStore): Promise<Strays> {
  if (!(await store.has(STRAYS_FILE))) return { of: () => 0 };
  const { tables } = decodeFrame(await store.read(STRAYS_FILE), STRAYS, STRAYS_FILE);
  const { cell, feature, lost } = tables.strays as StrayColumns;
  const start = startsOf(cell);
  const of = (c: number, f: number): number => {
    if (c + 1 >= start.length) return 0;
    const end = start[c + 1];
    const at = lowerBound(feature, f, start[c], end);
    return at < end && feature[at] === f ? lost[at] : 0;
  };
  return { of };
}

/** First of the ascending `values` [from, to) that is not below `wanted`; `to` without one. */
function lowerBound(values: Uint32Array, wanted: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import type { RunStore } from '../run/store.ts';
import type { TileState } from './state.ts';

const STRAYS_FILE = 'settled/strays.frame';
const STRAYS = 'strays';

/**
 * Transcripts that a last settling step took out of their cell: how much expected count each (cell, feature) loses by it.
 * Memory grows with the pairs concerned.
 */
export class StrayTally {
  private readonly features: number;
  private readonly lost = new Map<number, number>();

  /** @param features number of features of the slide. */
  constructor(features: number) {
    this.features = features;
  }

  /** Compares the verdicts of one tile before and after the step. `feature`: of each of its transcripts. */
  note(before: TileState['verdicts'], after: TileState['verdicts'], feature: Uint32Array): void {
    for (let i = 0; i < feature.length; i++) {
      if (before.cell[i] === 0 || after.cell[i] !== 0) continue;
      const key = before.cell[i] * this.features + feature[i];
      this.lost.set(key, (this.lost.get(key) ?? 0) + before.probability[i] * after.probability[i]);
    }
  }

  async write(store: RunStore): Promise<void> {
    const keys = [...this.lost.keys()].sort((a, b) => a - b);
    const frame = {
      kind: STRAYS,
      meta: { features: this.features },
      tables: {
        strays: {
          cell: Uint32Array.from(keys, (key) => Math.floor(key / this.features)),
          feature: Uint32Array.from(keys, (key) => key % this.features),
          lost: Float32Array.from(keys, (key) => this.lost.get(key)!),
        },
      },
    };
    await store.put(STRAYS_FILE, encodeFrame(frame));
  }
}

/** Expected count lost, by (cell, feature). */
export interface Strays {
  of: (cell: number, feature: number) => number;
}

/** What a tally wrote; nothing is lost when there is no file. */
export async function readStrays(store: RunStore): Promise<Strays> {
  if (!(await store.has(STRAYS_FILE))) return { of: () => 0 };
  const { meta, tables } = decodeFrame(await store.read(STRAYS_FILE), STRAYS, STRAYS_FILE);
  const features = meta.features as number;
  const { cell, feature, lost } = tables.strays;
  const found = new Map<number, number>();
  for (let i = 0; i < cell.length; i++) {
    found.set(Number(cell[i]) * features + Number(feature[i]), Number(lost[i]));
  }
  return { of: (c, f) => found.get(c * features + f) ?? 0 };
}

import { ASSIGN_RESULT, type AssignResult, assignResultFrom } from '@spatile/formats/tile/assign';
import { decodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { borderResultFrom } from '@spatile/formats/tile/proseg';
import { ByteCache } from '../partition/byte-cache.ts';
import type { TilePlan } from '../plan/plan.ts';
import { resultName } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';
import type { BorderUnit } from '../seams/border.ts';
import type { BorderOutcome } from './border-changes.ts';
import { ASSIGN_ROUND } from './geometric.ts';

/** Decoded results kept for neighbours that ask next, bytes: of tiles, and of border units. */
const TILE_BYTES = 160 * 2 ** 20;
const UNIT_BYTES = 64 * 2 ** 20;

/** Folder of the results of a phase of the border round. */
export const borderRound = (phase: number): string => `assign-border-${phase}`;

/** Reads committed results of the assign and border rounds; each is asked for by all its neighbours. */
export class ProsegResults {
  private readonly store: RunStore;
  private readonly plan: TilePlan;
  private readonly tiles = new ByteCache<number, AssignResult>(TILE_BYTES);
  private readonly units = new ByteCache<string, BorderOutcome>(UNIT_BYTES);

  constructor(store: RunStore, plan: TilePlan) {
    this.store = store;
    this.plan = plan;
  }

  /** The result of the assign round. Errors: `RUN_CORRUPT`. */
  tile(tile: number): Promise<AssignResult> {
    const name = resultName(ASSIGN_ROUND, this.plan.tiles[tile].id);
    return this.read(this.tiles, tile, name, assignResultFrom);
  }

  /** What a border unit said. Errors: `RUN_CORRUPT`. */
  unit({ phase, id }: BorderUnit): Promise<BorderOutcome> {
    const name = resultName(borderRound(phase), id);
    return this.read(this.units, name, name, borderResultFrom);
  }

  private async read<Key, Value>(
    cache: ByteCache<Key, Value>,
    key: Key,
    name: string,
    decode: (frame: Frame) => Value,
  ): Promise<Value> {
    const hit = cache.get(key);
    if (hit !== undefined) return hit;
    const bytes = await this.store.read(name);
    const value = decode(decodeFrame(bytes, ASSIGN_RESULT, name));
    cache.set(key, value, bytes.length);
    return value;
  }
}

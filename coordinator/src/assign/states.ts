import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import type { TilePlan } from '../plan/plan.ts';
import type { RunStore } from '../run/store.ts';
import { TILE_STATE, type TileState, tileStateFrame, tileStateFrom, type VoxelGrid } from './state.ts';

/** Decoded states kept for neighbours that ask next. */
const CACHED_TILES = 24;

const stateName = (version: number, tile: string): string => `settled/${version}/${tile}.frame`;
const markerName = (version: number): string => `settled/${version}/complete.json`;

/**
 * The settled states of all tiles in versions: 0 after the assign round, p after border phase p. A tile that a phase does
 * not touch keeps the file of an earlier version.
 */
export class TileStates {
  private readonly store: RunStore;
  private readonly plan: TilePlan;
  private readonly cache = new Map<string, { state: TileState; grid: VoxelGrid }>();
  /** Latest version of each tile's file. */
  private readonly latest: Int32Array;

  constructor(store: RunStore, plan: TilePlan) {
    this.store = store;
    this.plan = plan;
    this.latest = new Int32Array(plan.tiles.length).fill(-1);
  }

  /** Whether a version was completed before (then its files count from now on). */
  async adopt(version: number): Promise<boolean> {
    if (!(await this.store.has(markerName(version)))) return false;
    const { tiles } = await this.store.readJson<{ tiles: number[] }>(markerName(version));
    for (const tile of tiles) this.latest[tile] = version;
    return true;
  }

  /** Writes one tile's state of a version that is being made; it counts after `complete`. */
  async write(version: number, tile: number, grid: VoxelGrid, state: TileState): Promise<void> {
    const { id } = this.plan.tiles[tile];
    await this.store.put(stateName(version, id), encodeFrame(tileStateFrame(id, grid, state)));
  }

  async complete(version: number, tiles: number[]): Promise<void> {
    await this.store.putJson(markerName(version), { tiles });
    for (const tile of tiles) this.latest[tile] = version;
  }

  /** The newest settled state of a tile; null for a tile without one (it held nothing). */
  async read(tile: number): Promise<{ state: TileState; grid: VoxelGrid } | null> {
    if (this.latest[tile] < 0) return null;
    const name = stateName(this.latest[tile], this.plan.tiles[tile].id);
    let entry = this.cache.get(name);
    if (entry === undefined) {
      entry = tileStateFrom(decodeFrame(await this.store.read(name), TILE_STATE, name));
      for (const oldest of this.cache.keys()) {
        if (this.cache.size < CACHED_TILES) break;
        this.cache.delete(oldest);
      }
    } else {
      this.cache.delete(name);
    }
    this.cache.set(name, entry);
    return entry;
  }
}

import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { mergeRuns } from '@spatile/formats/tile/runs';
import {
  CELLS_PIECE,
  SETTLED_TILE,
  type SettledMeta,
  settledCellsIn,
  settledVerdictsIn,
  settledVoxelsIn,
  VERDICTS_PIECE,
} from '@spatile/formats/tile/settled';
import {
  TILE_STATE,
  type TileState,
  tileStateFrame,
  tileStateFrom,
  type VoxelGrid,
} from '@spatile/formats/tile/state';
import { ByteCache } from '../partition/byte-cache.ts';
import type { TilePlan } from '../plan/plan.ts';
import type { RunStore } from '../run/store.ts';

/** Versions: settled by the coordinator, settled by workers (`proseg`), after the pass over strays. */
export const SETTLED = 0;
export const BORDERS = 1;
export const STRAYS = 2;
/** Folder of the results that are states. */
export const SETTLE_ROUND = 'assign-settle';

/** Settled states kept for neighbours that ask next, bytes. */
const CACHE_BYTES = 160 * 2 ** 20;
/** Files on their way to the disk at once, so that their memory is bounded. */
const MOST_WRITING = 2;

/** File of a tile's state of a version. */
export const stateName = (version: number, tile: string): string =>
  version === BORDERS ? `results/${SETTLE_ROUND}/${tile}.frame` : `settled/${version}/${tile}.frame`;
const markerName = (version: number): string => `settled/${version}/complete.json`;

/** The settled state of a tile and the grid of its voxels. */
export interface StoredState {
  state: TileState;
  grid: VoxelGrid;
}

/**
 * The settled states of all tiles in versions. A tile that a version does not touch keeps the file of an earlier one.
 */
export class TileStates {
  private readonly store: RunStore;
  private readonly plan: TilePlan;
  private readonly cache: ByteCache<string, StoredState>;
  /** Files on their way to the disk, the oldest first; one that failed stays, for whoever waits for it. */
  private readonly writing = new Map<string, Promise<void>>();
  /** Latest version of each tile's file. */
  private readonly latest: Int32Array;

  constructor(store: RunStore, plan: TilePlan, cacheBytes = CACHE_BYTES) {
    this.store = store;
    this.plan = plan;
    this.cache = new ByteCache(cacheBytes);
    this.latest = new Int32Array(plan.tiles.length).fill(-1);
  }

  /** Whether a version was completed before (then its files count from now on). */
  async adopt(version: number): Promise<boolean> {
    if (!(await this.store.has(markerName(version)))) return false;
    const { tiles } = await this.store.readJson<{ tiles: number[] }>(markerName(version));
    for (const tile of tiles) this.latest[tile] = version;
    return true;
  }

  /** Takes the results of a round as the newest states. */
  adoptResults(tiles: readonly number[]): void {
    for (const tile of tiles) this.latest[tile] = BORDERS;
  }

  /**
   * Writes one tile's state of a version that is being made; it counts as the newest after `complete`, and is on the disk then:
   * nobody waits for the disk from tile to tile. Errors: those of the storage, perhaps of an earlier tile.
   */
  async write(version: number, tile: number, grid: VoxelGrid, state: TileState): Promise<void> {
    const { id } = this.plan.tiles[tile];
    const bytes = encodeFrame(tileStateFrame(id, grid, state));
    const name = stateName(version, id);
    const [oldest] = this.writing.values();
    if (this.writing.size >= MOST_WRITING) await oldest;
    const written = this.store.put(name, bytes);
    this.writing.set(name, written);
    written.then(
      () => this.writing.delete(name),
      () => undefined,
    );
    this.keep(name, bytes);
  }

  async complete(version: number, tiles: number[]): Promise<void> {
    await Promise.all(this.writing.values());
    await this.store.putJson(markerName(version), { tiles });
    for (const tile of tiles) this.latest[tile] = version;
  }

  /** Keeps states of no more than so many bytes in memory from now on (and the one read last). */
  keepAtMost(bytes: number): void {
    this.cache.keepAtMost(bytes);
  }

  /** The newest settled state of a tile; null for a tile without one (it held nothing). */
  async read(tile: number): Promise<StoredState | null> {
    return this.latest[tile] < 0 ? null : this.readVersion(tile, this.latest[tile]);
  }

  /** The state of a tile as it was written for a version. Errors: `RUN_CORRUPT`. */
  async readVersion(tile: number, version: number): Promise<StoredState> {
    const name = stateName(version, this.plan.tiles[tile].id);
    const hit = this.cache.get(name);
    if (hit !== undefined) return hit;
    await this.writing.get(name);
    return this.keep(name, await this.store.read(name));
  }

  /**
   * Caches the state of a file. Always as decoded from it: one that was just made has columns that are views on larger files,
   * which it would keep in memory uncounted.
   */
  private keep(name: string, bytes: Uint8Array): StoredState {
    const entry = name.startsWith('settled/')
      ? tileStateFrom(decodeFrame(bytes, TILE_STATE, name))
      : settledState(decodeFrame(bytes, SETTLED_TILE, name));
    this.cache.set(name, entry, bytes.length);
    return entry;
  }
}

/** A result as a state: its voxels are put together when they are asked for. */
function settledState(frame: Frame): StoredState {
  const { grid, voxels } = frame.meta as unknown as SettledMeta;
  const state: TileState = {
    verdicts: settledVerdictsIn(frame, VERDICTS_PIECE),
    cells: settledCellsIn(frame, CELLS_PIECE),
    get runs() {
      return mergeRuns(voxels.map(({ name }) => settledVoxelsIn(frame, name).runs));
    },
  };
  return { state, grid };
}

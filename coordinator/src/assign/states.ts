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
import { CHANGES_PIECE, strayChangesIn, TILE_STRAYS, withoutStrays } from '@spatile/formats/tile/strays';
import { ByteCache } from '../partition/byte-cache.ts';
import type { TilePlan } from '../plan/plan.ts';
import { StoredPieces } from '../run/pieces.ts';
import type { RunStore } from '../run/store.ts';

/** Versions: settled by the coordinator, settled by workers (`proseg`), the same with strays taken out. */
export const SETTLED = 0;
export const BORDERS = 1;
export const STRAYS = 2;
/** Folders of the results that are states, and of those that say what of them changes. */
export const SETTLE_ROUND = 'assign-settle';
export const STRAY_ROUND = 'assign-ambient';

/** Settled states kept for neighbours that ask next, bytes. */
const CACHE_BYTES = 160 * 2 ** 20;
/** Of one transcript's verdict in memory, with what it was read from. */
const VERDICT_BYTES = 18;
/** Files on their way to the disk at once, so that their memory is bounded. */
const MOST_WRITING = 2;

const FOLDERS = ['settled/0', `results/${SETTLE_ROUND}`, `results/${STRAY_ROUND}`];

/** File of a tile's state of a version; of the last it says only what is new. */
export const stateName = (version: number, tile: string): string => `${FOLDERS[version]}/${tile}.frame`;
const markerName = (version: number): string => `${FOLDERS[version]}/complete.json`;

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
  private readonly settled: StoredPieces;
  private readonly strays: StoredPieces;
  private readonly cache: ByteCache<string, StoredState>;
  private readonly verdictCache: ByteCache<string, TileState['verdicts']>;
  /** Files on their way to the disk, the oldest first; one that failed stays, for whoever waits for it. */
  private readonly writing = new Map<string, Promise<void>>();
  /** Latest version of each tile's file. */
  private readonly latest: Int32Array;

  constructor(store: RunStore, plan: TilePlan, cacheBytes = CACHE_BYTES) {
    this.store = store;
    this.plan = plan;
    this.settled = new StoredPieces(store, SETTLED_TILE);
    this.strays = new StoredPieces(store, TILE_STRAYS);
    this.cache = new ByteCache(cacheBytes);
    this.verdictCache = new ByteCache(cacheBytes);
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
  adoptResults(version: number, tiles: readonly number[]): void {
    for (const tile of tiles) this.latest[tile] = version;
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
    this.verdictCache.keepAtMost(bytes);
  }

  /** The newest settled state of a tile; null for a tile without one (it held nothing). */
  async read(tile: number): Promise<StoredState | null> {
    return this.latest[tile] < 0 ? null : this.readVersion(tile, this.latest[tile]);
  }

  /** The newest verdicts of a tile, without its voxels; null for a tile without a state. Errors: `RUN_CORRUPT`. */
  async verdicts(tile: number): Promise<TileState['verdicts'] | null> {
    const version = this.latest[tile];
    if (version < BORDERS) return (await this.read(tile))?.state.verdicts ?? null;
    const { id } = this.plan.tiles[tile];
    const name = stateName(version, id);
    const hit = this.verdictCache.get(name);
    if (hit !== undefined) return hit;
    const { frame, as } = await this.settled.one(stateName(BORDERS, id), VERDICTS_PIECE);
    const found = await this.upTo(version, id, settledVerdictsIn(frame, as));
    this.verdictCache.set(name, found, found.cell.length * VERDICT_BYTES);
    return found;
  }

  /** The cells of a tile that have a voxel; null for a tile without a state. Errors: `RUN_CORRUPT`. */
  async cells(tile: number): Promise<TileState['cells'] | null> {
    if (this.latest[tile] < BORDERS) return (await this.read(tile))?.state.cells ?? null;
    const { frame, as } = await this.settled.one(stateName(BORDERS, this.plan.tiles[tile].id), CELLS_PIECE);
    return settledCellsIn(frame, as);
  }

  /** The state of a tile as it was written for a version. Errors: `RUN_CORRUPT`. */
  async readVersion(tile: number, version: number): Promise<StoredState> {
    const { id } = this.plan.tiles[tile];
    const name = stateName(version, id);
    const hit = this.cache.get(name);
    if (hit !== undefined) return hit;
    await this.writing.get(name);
    if (version === SETTLED) return this.keep(name, await this.store.read(name));
    const base = stateName(BORDERS, id);
    const bytes = await this.store.read(base);
    const frame = decodeFrame(bytes, SETTLED_TILE, base);
    const verdicts = await this.upTo(version, id, settledVerdictsIn(frame, VERDICTS_PIECE));
    const entry = settledState(frame, verdicts);
    this.cache.set(name, entry, bytes.length);
    return entry;
  }

  /** Settled verdicts as they are in a version. */
  private async upTo(
    version: number,
    id: string,
    verdicts: TileState['verdicts'],
  ): Promise<TileState['verdicts']> {
    if (version === BORDERS) return verdicts;
    const { frame, as } = await this.strays.one(stateName(version, id), CHANGES_PIECE);
    return withoutStrays(verdicts, strayChangesIn(frame, as));
  }

  /**
   * Caches the state of a file. Always as decoded from it: one that was just made has columns that are views on larger files,
   * which it would keep in memory uncounted.
   */
  private keep(name: string, bytes: Uint8Array): StoredState {
    const entry = tileStateFrom(decodeFrame(bytes, TILE_STATE, name));
    this.cache.set(name, entry, bytes.length);
    return entry;
  }
}

/** A result as a state: its voxels are put together when they are asked for. */
function settledState(frame: Frame, verdicts: TileState['verdicts']): StoredState {
  const { grid, voxels } = frame.meta as unknown as SettledMeta;
  const state: TileState = {
    verdicts,
    cells: settledCellsIn(frame, CELLS_PIECE),
    get runs() {
      return mergeRuns(voxels.map(({ name }) => settledVoxelsIn(frame, name).runs));
    },
  };
  return { state, grid };
}

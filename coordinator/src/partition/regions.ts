import { growRect, type RectUm } from '@spatile/formats/space';
import type { StoredPiece } from '@spatile/formats/tile/frame';
import type { TilePlan } from '../plan/plan.ts';
import { RectIndex } from '../plan/rect-index.ts';
import type { RunStore } from '../run/store.ts';
import type { BlockIndex } from './block-index.ts';
import { ByteCache } from './byte-cache.ts';
import type { PartitionColumns } from './columns.ts';
import { decodeTile } from './tile-file.ts';

/** Decoded partitions kept for neighbours that ask next, bytes. */
const CACHE_BYTES = 128 * 2 ** 20;

export const partitionName = (tile: string): string => `partition/${tile}.frame`;

/** Rows of one region: which tile file each came from and where in it. Ascending input row. */
export interface RegionRows {
  /** Index of the tile in the plan. */
  tile: Uint32Array;
  /** Index into that tile's partition. */
  at: Uint32Array;
  /** The partitions by tile index. */
  partitions: Map<number, PartitionColumns>;
}

/** Reads transcripts by rectangle from the partition files. */
export class RegionReader {
  private readonly store: RunStore;
  private readonly plan: TilePlan;
  private readonly cores: RectIndex;
  private readonly sha256: readonly string[];
  private readonly index: BlockIndex;
  private readonly cache = new ByteCache<number, PartitionColumns>(CACHE_BYTES);

  /**
   * @param sha256 digest of each tile's file (hex), from the manifest.
   * @param index where the blocks of these files lie.
   */
  constructor(store: RunStore, plan: TilePlan, sha256: readonly string[], index: BlockIndex) {
    this.store = store;
    this.plan = plan;
    this.cores = new RectIndex(plan.tiles.map(({ core }) => core));
    this.sha256 = sha256;
    this.index = index;
  }

  /** Indices of the tiles whose cores a rectangle touches (its border included), ascending. */
  tilesIn(rect: RectUm): number[] {
    return this.cores.meeting(rect);
  }

  /** The file of a tile and its digest. */
  fileOf(tile: number): { name: string; sha256: string } {
    return { name: partitionName(this.plan.tiles[tile].id), sha256: this.sha256[tile] };
  }

  /** All transcripts of one tile. Errors: `RUN_CORRUPT` when the file is missing or not what was written. */
  async partition(tile: number): Promise<PartitionColumns> {
    const hit = this.cache.get(tile);
    if (hit !== undefined) return hit;
    const { name, sha256 } = this.fileOf(tile);
    const columns = decodeTile(await this.store.read(name), sha256, name);
    this.cache.set(tile, columns, sizeOf(columns));
    return columns;
  }

  /** Keeps partitions of no more than so many bytes in memory from now on (and the one read last). */
  keepAtMost(bytes: number): void {
    this.cache.keepAtMost(bytes);
  }

  /**
   * Where the blocks lie that hold all kept transcripts observed in `rect` (half-open) and some beyond it; by names that say where
   * that is, for whoever finds one damaged. Nothing is read.
   */
  blocks(rect: RectUm): Record<string, StoredPiece> {
    const found: Record<string, StoredPiece> = {};
    for (const tile of this.tilesIn(growRect(rect, this.plan.latticeUm))) {
      const file = partitionName(this.plan.tiles[tile].id);
      for (const { block, offset, length, sha256 } of this.index.meeting(tile, rect))
        found[`${file}#${block}`] = { file, start: offset, length, sha256 };
    }
    return found;
  }

  /** All kept transcripts observed in `rect` (half-open), ascending by input row. */
  async rows(rect: RectUm): Promise<RegionRows> {
    const partitions = new Map<number, PartitionColumns>();
    const picks: { tile: number; at: Uint32Array }[] = [];
    let total = 0;
    // Border tiles own what lies beyond the extent, so their files are asked with a margin.
    for (const tile of this.tilesIn(growRect(rect, this.plan.latticeUm))) {
      const columns = await this.partition(tile);
      const at = rowsInside(columns, rect);
      if (at.length === 0) continue;
      partitions.set(tile, columns);
      picks.push({ tile, at });
      total += at.length;
    }
    return mergeByRow(picks, partitions, total);
  }
}

function rowsInside(columns: PartitionColumns, rect: RectUm): Uint32Array {
  const { x, y } = columns;
  const at = new Uint32Array(x.length);
  let n = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] >= rect.x0 && x[i] < rect.x1 && y[i] >= rect.y0 && y[i] < rect.y1) at[n++] = i;
  }
  return at.slice(0, n);
}

/** Merges the per-tile picks (each ascending by row, none empty) into one list ascending by row. */
function mergeByRow(
  picks: { tile: number; at: Uint32Array }[],
  partitions: Map<number, PartitionColumns>,
  total: number,
): RegionRows {
  const tile = new Uint32Array(total);
  const at = new Uint32Array(total);
  const rows = picks.map((pick) => partitions.get(pick.tile)!.row);
  const taken = new Uint32Array(picks.length);
  const next = Float64Array.from(picks, (pick, k) => rows[k][pick.at[0]]);
  for (let n = 0; n < total; n++) {
    let least = 0;
    for (let k = 1; k < next.length; k++) if (next[k] < next[least]) least = k;
    const pick = picks[least];
    tile[n] = pick.tile;
    at[n] = pick.at[taken[least]++];
    next[least] =
      taken[least] < pick.at.length ? rows[least][pick.at[taken[least]]] : Number.POSITIVE_INFINITY;
  }
  return { tile, at, partitions };
}

function sizeOf(columns: PartitionColumns): number {
  return columns.row.length * 37;
}

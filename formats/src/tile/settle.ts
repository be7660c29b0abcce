import type { RectUm } from '../space.ts';
import type { Frame, StoredPiece } from './frame.ts';
import type { VoxelGrid } from './state.ts';

/**
 * What of stored results goes into tasks that settle them: names of pieces of the task's frame, each a piece of a result as it was
 * stored (`parts.ts`).
 */
export interface SettleSources {
  /** Ascending by number. */
  tiles: TileSource[];
  /** Outcomes of border units, in the order of their phases. */
  units: string[];
}

export interface TileSource {
  /** Number in the plan. */
  tile: number;
  core: RectUm;
  parts: string[];
  /** Its claims beyond its core; null when they are not wanted. */
  far: string | null;
}

export const SETTLE_TILE = 'settle-tile';

/** In `meta.settle` of a `settle-tile` frame: `sources` of the tile itself (its parts) and of others (their claims). */
export interface SettleTask {
  tile: string;
  /** Number in the plan. */
  number: number;
  grid: VoxelGrid;
  gridOriginUm: [number, number];
  /** How far from an edge of the core neighbours look: the width of the squares in which voxels are stored. */
  bandUm: number;
  sources: SettleSources;
}

export function settleTileFrame(task: SettleTask, stored: Record<string, StoredPiece>): Frame {
  return { kind: SETTLE_TILE, meta: { ...task }, tables: {}, stored };
}

export const settleTaskFrom = (frame: Frame): SettleTask => frame.meta as unknown as SettleTask;

import type { Columns, Frame } from './frame.ts';

/**
 * The settled state of one tile: a verdict for every transcript of its core (in the order of its partition file) and the
 * voxels of the cells it owns. Derived from committed results alone, so it can be made again at any time.
 */
export interface TileState {
  verdicts: { cell: Uint32Array; probability: Float32Array };
  runs: { cell: Uint32Array; layer: Uint16Array; y: Int32Array; x: Int32Array; length: Uint32Array };
  /** Owned cells that have a voxel, ascending. */
  cells: { cell: Uint32Array; component: Uint16Array };
}

export interface VoxelGrid {
  voxelUm: number;
  layers: number;
  layerUm: number;
}

export const TILE_STATE = 'tile-state';

export function tileStateFrame(tile: string, grid: VoxelGrid, state: TileState): Frame {
  const { verdicts, runs, cells } = state;
  const tables = { verdicts: { cell: verdicts.cell, probability: verdicts.probability }, runs, cells };
  return { kind: TILE_STATE, meta: { tile, ...grid }, tables: tables as unknown as Record<string, Columns> };
}

export function tileStateFrom(frame: Frame): { state: TileState; grid: VoxelGrid } {
  const { voxelUm, layers, layerUm } = frame.meta as unknown as VoxelGrid;
  return { state: frame.tables as unknown as TileState, grid: { voxelUm, layers, layerUm } };
}

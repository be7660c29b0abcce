import type { ProgressEvent } from '../api.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { RoundRunner } from '../run/rounds.ts';
import type { SlideContext } from '../run/slide.ts';
import type { RunStore } from '../run/store.ts';
import type { ThreadPool } from '../threads/pool.ts';
import type { TileInputs } from './input.ts';
import type { TileStates } from './states.ts';

/** What the coordinator's side of the assign stage works with. */
export interface AssignStage {
  slide: SlideContext;
  store: RunStore;
  runner: RoundRunner;
  /** For work of the coordinator that would keep one core and leave the others. */
  threads: ThreadPool;
  regions: RegionReader;
  inputs: TileInputs;
  states: TileStates;
  progress: (event: ProgressEvent) => void;
  /** Tile indices that hold a transcript or a seed: all others are never scheduled. */
  busyTiles: number[];
  /** Kept transcripts per tile index. */
  transcripts: Uint32Array;
}

/** What the report says about the assign stage beside its results. */
export interface AssignSummary {
  method: string;
  /** Numbers per tile from the workers. */
  diagnostics: { tile: string; values: Record<string, number> }[];
  model: {
    hash: string;
    trace: { block: number; phase: string; logLikelihood: number }[];
    pilots: string[];
  } | null;
  borderUnits: number;
  borderPhases: number;
}

import type { ProgressEvent } from '../api.ts';
import { CellIndex } from '../cells/region.ts';
import { BLOCKS_FILE, BlockIndex } from '../partition/block-index.ts';
import type { PartitionManifest } from '../partition/partition.ts';
import { RegionReader } from '../partition/regions.ts';
import type { RoundRunner } from '../run/rounds.ts';
import type { SlideContext } from '../run/slide.ts';
import type { RunStore } from '../run/store.ts';
import type { ThreadPool } from '../threads/pool.ts';
import { assignBaysor } from './baysor-stage.ts';
import { assignGeometric } from './geometric.ts';
import { TileInputs } from './input.ts';
import { assignProseg } from './proseg-stage.ts';
import type { AssignStage, AssignSummary } from './stage.ts';
import { TileStates } from './states.ts';

/** What tasks are made from; enough to recompute one. */
export type StageInputs = Omit<AssignStage, 'runner' | 'threads' | 'progress'>;

/** The inputs of the assign stage, from a partitioned run directory. */
export async function assignInputs(slide: SlideContext, store: RunStore): Promise<StageInputs> {
  const manifest = await store.readJson<PartitionManifest>('partition/manifest.json');
  const transcripts = Uint32Array.from(manifest.tiles, (tile) => tile.transcripts);
  const regions = new RegionReader(
    store,
    slide.plan,
    manifest.tiles.map((tile) => tile.sha256),
    BlockIndex.decode(await store.read(BLOCKS_FILE), slide.plan.tiles.length),
  );
  return {
    slide,
    store,
    regions,
    inputs: new TileInputs(slide, regions, new CellIndex(slide.cells)),
    states: new TileStates(store, slide.plan),
    transcripts,
    busyTiles: [...transcripts.keys()].filter(
      (tile) => transcripts[tile] > 0 || slide.plan.tiles[tile].cells > 0,
    ),
  };
}

/** Everything the assign stage works with. */
export async function assignStage(
  slide: SlideContext,
  store: RunStore,
  runner: RoundRunner,
  threads: ThreadPool,
  progress: (event: ProgressEvent) => void,
): Promise<AssignStage> {
  return { ...(await assignInputs(slide, store)), runner, threads, progress };
}

/** The assign stage by the configured method. */
export function runAssign(stage: AssignStage): Promise<AssignSummary> {
  const { method } = stage.slide.config.assign;
  if (method === 'proseg') return assignProseg(stage);
  return method === 'baysor' ? assignBaysor(stage) : assignGeometric(stage);
}

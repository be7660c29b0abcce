import { openBundle } from '@spatile/formats/bundle/open';
import { SpatileError } from '@spatile/formats/errors';
import { decodeFrame } from '@spatile/formats/tile/frame';
import { type ChannelModel, SEGMENT_RESULT, segmentResultFrom } from '@spatile/formats/tile/segment';
import type { RunIdentity } from '../run/identity.ts';
import { storedScan } from '../run/prepare.ts';
import { type RoundTask, resultName } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';
import { chooseFit } from './fit.ts';
import {
  FIT_ROUND,
  fitTask,
  leastPixels,
  MODEL_FILE,
  PAINT_ROUND,
  paintTasks,
  SEGMENT_ROUND,
  segmentTask,
} from './round.ts';
import { settleUnits } from './settle.ts';
import { openSegmentStage, type SegmentStage } from './stage.ts';

/** Where the files of a run are now; a run directory holds names only. */
export interface SegmentSources {
  bundle: string;
  /** The image that was segmented instead of that of the bundle (`segment.image`). */
  image: string | null;
}

export const SEGMENT_ROUNDS: readonly string[] = [FIT_ROUND, SEGMENT_ROUND, PAINT_ROUND];

/**
 * A task of the segment rounds of a stored run, for computing it again. `close` closes the image.
 * Errors: those of the readers, `USAGE` for an unknown tile, `INPUT_MISSING` when the run has not come so far, `RUN_CORRUPT`.
 */
export async function storedSegmentTask(
  store: RunStore,
  sources: SegmentSources,
  round: string,
  id: string,
): Promise<{ task: RoundTask; close: () => Promise<void> }> {
  const { config: stored } = await store.readJson<RunIdentity>('run.json');
  const image = sources.image ?? stored.segment.image;
  const config = { ...stored, segment: { ...stored.segment, image } };
  const bundle = await openBundle(sources.bundle, config.input);
  const stage = await openSegmentStage({ bundle }, config, await storedScan(store));
  if (stage === null)
    throw new SpatileError(
      'USAGE',
      `tile ${id}: this run segmented no image; expected one that has a round ${round}; see results in the run directory for its rounds`,
    );
  const close = (): Promise<void> => stage.setup.image.close();
  try {
    const task = (await tasksOf(stage, config, store, round)).find((candidate) => candidate.id === id);
    if (task !== undefined) return { task, close };
    throw new SpatileError(
      'USAGE',
      `tile ${id}: no such tile in ${round}; see results/${round} in the run directory for those there are`,
    );
  } catch (error) {
    await close();
    throw error;
  }
}

async function tasksOf(
  { setup, plan }: SegmentStage,
  config: RunIdentity['config'],
  store: RunStore,
  round: string,
): Promise<RoundTask[]> {
  if (round === FIT_ROUND) {
    const pilots = chooseFit(setup, plan.region);
    return pilots.windows.map((region, i) => fitTask(setup, pilots.grid, region, i));
  }
  if (round === SEGMENT_ROUND) {
    await need(store, round, MODEL_FILE);
    const models = await store.readJson<ChannelModel[]>(MODEL_FILE);
    return plan.tiles.map((tile) => segmentTask(setup, models, config, tile));
  }
  const results = [];
  for (const { id } of plan.tiles) {
    const name = resultName(SEGMENT_ROUND, id);
    await need(store, round, name);
    results.push(segmentResultFrom(decodeFrame(await store.read(name), SEGMENT_RESULT, name)));
  }
  return paintTasks(setup, plan, config, settleUnits(results, leastPixels(setup, config)).units);
}

async function need(store: RunStore, round: string, name: string): Promise<void> {
  if (await store.has(name)) return;
  throw new SpatileError(
    'INPUT_MISSING',
    `round ${round} starts from what is not there (${name}); expected a run that has come this far; go on with run --resume first`,
  );
}

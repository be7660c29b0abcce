import type { Frame } from '@spatile/formats/tile/frame';
import {
  type Checkpoint,
  type NeighbourLogits,
  readTrained,
  type Trained,
  type TrainSettings,
  trainedFrame,
  trainFrame,
} from '@spatile/formats/tile/resolvi';
import { RandomStream } from '@spatile/random/stream';
import { rowsOf } from '../counts/table.ts';
import type { CorrectStage } from '../method.ts';
import { trainingPools } from './pools.ts';
import type { ResolviSlide } from './slide.ts';

const TASK = 'slide';

/** How a training is cut into tasks. */
export interface TrainingCuts {
  /** Steps of a stretch, about: a lost worker costs no more. */
  stretchSteps: number;
  /** Entries of counts that a pool holds of its own cells, which bounds the memory of training. */
  poolEntries: number;
}

const CUTS: TrainingCuts = { stretchSteps: 500, poolEntries: 2_000_000 };

/** What was learned. */
export interface Learned {
  parameters: Float32Array;
  /** Split over neighbours of each used row, rows x neighbours; 0 for those that were not trained on. */
  logit: Float32Array;
  /** Mean loss per cell of each epoch. */
  loss: Float64Array;
  steps: number;
}

/** One task of the training: a pool and some epochs. */
interface Stretch {
  round: string;
  pool: number;
  fromEpoch: number;
  toEpoch: number;
}

/** Rounds whose checkpoint, and whose split over neighbours, nothing needs any more. */
interface Outdated {
  checkpoint: string | null;
  logits: string | null;
}

/**
 * Trains ResolVI: a chain of tasks, each from the checkpoint of the one before, so that what is committed is not done again.
 * The run directory keeps the last checkpoints, the last split over neighbours of each pool, and losses.
 * Errors: those of the rounds.
 */
export async function trainSlide(
  stage: CorrectStage,
  slide: ResolviSlide,
  cuts: TrainingCuts = CUTS,
): Promise<Learned> {
  const { config, table, runner } = stage;
  const settings = config.correct.resolvi;
  const pools = trainingPools(table, slide.trained, config.seed, cuts.poolEntries);
  const stretches = stretchesOf(pools, config.seed, settings, cuts.stretchSteps);
  const seen = new Map<number, string>();
  const loss = new Float64Array(settings.epochs);
  let before: string | null = null;
  let outdated: Outdated = { checkpoint: null, logits: null };
  for (const stretch of stretches) {
    const [last, own] = [before, seen.get(stretch.pool) ?? null];
    const input = (): Promise<Frame> => stretchInput(stage, slide, pools, stretch, last, own);
    await runner.run(stretch.round, `training (epoch ${stretch.fromEpoch + 1} of ${settings.epochs})`, [
      { id: TASK, kind: 'correct.resolvi.train', weight: 1, transcripts: 0, input },
    ]);
    const trained = readTrained(await runner.result(stretch.round, TASK, null));
    const share = pools[stretch.pool].length / slide.trained.length;
    trained.loss.forEach((value, e) => {
      loss[stretch.fromEpoch + e] += value * share;
    });
    // One stretch late: a second worker may still be asking for the input of the one that has just been committed.
    await reduceResults(runner, outdated);
    outdated = { checkpoint: last, logits: own };
    before = stretch.round;
    seen.set(stretch.pool, stretch.round);
  }
  const { checkpoint, step } = readTrained(await runner.result(before!, TASK, null));
  return {
    parameters: checkpoint.parameters.slice(),
    logit: await logitsOf(stage, slide, pools, seen),
    loss,
    steps: step,
  };
}

async function reduceResults(
  runner: CorrectStage['runner'],
  { checkpoint, logits }: Outdated,
): Promise<void> {
  for (const round of new Set([checkpoint, logits])) {
    if (round === null) continue;
    const whole = readTrained(await runner.result(round, TASK, null));
    const rest = {
      ...whole,
      checkpoint: round === checkpoint ? emptyCheckpoint() : whole.checkpoint,
      logits: round === logits ? emptyLogits(0) : whole.logits,
    };
    if (valuesOf(rest) < valuesOf(whole)) await runner.reduce(round, TASK, trainedFrame(rest));
  }
}

const valuesOf = ({ checkpoint, logits }: Trained): number =>
  checkpoint.parameters.length + logits.logit.length;

function stretchesOf(
  pools: readonly Uint32Array[],
  seed: number,
  { epochs, batch }: { epochs: number; batch: number },
  stretchSteps: number,
): Stretch[] {
  const stretches: Omit<Stretch, 'round'>[] = [];
  if (pools.length === 1) {
    const steps = Math.ceil(pools[0].length / batch);
    const length = Math.max(1, Math.floor(stretchSteps / steps));
    for (let from = 0; from < epochs; from += length)
      stretches.push({ pool: 0, fromEpoch: from, toEpoch: Math.min(epochs, from + length) });
  } else {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = new RandomStream(seed, 'resolvi.visits', epoch).shuffle(pools.map((_, pool) => pool));
      for (const pool of order) stretches.push({ pool, fromEpoch: epoch, toEpoch: epoch + 1 });
    }
  }
  return stretches.map((one, i) => ({
    ...one,
    round: `correct-resolvi-train-${String(i).padStart(5, '0')}`,
  }));
}

/** @param before the round before; @param own the last one of this pool. */
async function stretchInput(
  { config, table, runner }: CorrectStage,
  slide: ResolviSlide,
  pools: readonly Uint32Array[],
  { pool, fromEpoch, toEpoch }: Stretch,
  before: string | null,
  own: string | null,
): Promise<Frame> {
  const rows = pools[pool];
  const { count } = slide.nearest;
  const last = before === null ? null : readTrained(await runner.result(before, TASK, null));
  const mine = own === null ? null : readTrained(await runner.result(own, TASK, null));
  const { cells, neighbour, distance } = neighbourhood(slide, rows);
  const { seed } = config;
  const { batch, particles, likelihoodWeight, rate, freeRate, dropout, warmupEpochs, resample, provider } =
    config.correct.resolvi;
  const settings: TrainSettings = {
    ...{
      seed,
      batch,
      particles,
      likelihoodWeight,
      rate,
      freeRate,
      dropout,
      warmupEpochs,
      resample,
      provider,
    },
  };
  return trainFrame({
    size: slide.size,
    priors: slide.priors,
    settings,
    ...{ fromEpoch, toEpoch, pool },
    step: last?.step ?? 0,
    poolStep: mine?.step ?? last?.step ?? 0,
    trained: slide.trained.length,
    checkpoint: last?.checkpoint ?? emptyCheckpoint(),
    logits: mine?.logits ?? emptyLogits(rows.length * count),
    cells: await rowsOf(table, cells, null),
    label: Int16Array.from(rows, (row) => slide.labels?.label[row] ?? -1),
    neighbour,
    distance,
  });
}

/** The cells of a pool, then the others among their neighbours; neighbours as places among these. */
function neighbourhood(
  { nearest, place }: ResolviSlide,
  rows: Uint32Array,
): { cells: Uint32Array; neighbour: Uint32Array; distance: Float32Array } {
  const { count } = nearest;
  const local = new Map<number, number>();
  for (const row of rows) local.set(row, local.size);
  const cells = Array.from(rows);
  const neighbour = new Uint32Array(rows.length * count);
  const distance = new Float32Array(rows.length * count);
  rows.forEach((row, i) => {
    for (let k = 0; k < count; k++) {
      const from = place[row] * count + k;
      const other = nearest.row[from];
      if (!local.has(other)) {
        local.set(other, cells.length);
        cells.push(other);
      }
      neighbour[i * count + k] = local.get(other)!;
      distance[i * count + k] = nearest.distance[from];
    }
  });
  return { cells: Uint32Array.from(cells), neighbour, distance };
}

async function logitsOf(
  { runner }: CorrectStage,
  { rows, place, nearest: { count } }: ResolviSlide,
  pools: readonly Uint32Array[],
  seen: ReadonlyMap<number, string>,
): Promise<Float32Array> {
  const logit = new Float32Array(rows.length * count);
  for (const [pool, round] of seen) {
    const { logits } = readTrained(await runner.result(round, TASK, null));
    pools[pool].forEach((row, i) => {
      logit.set(logits.logit.subarray(i * count, (i + 1) * count), place[row] * count);
    });
  }
  return logit;
}

const emptyCheckpoint = (): Checkpoint => ({
  parameters: new Float32Array(0),
  first: new Float32Array(0),
  second: new Float32Array(0),
});

const emptyLogits = (length: number): NeighbourLogits => ({
  logit: new Float32Array(length),
  first: new Float32Array(length),
  second: new Float32Array(length),
});

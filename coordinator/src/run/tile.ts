import { createHash } from 'node:crypto';
import { ERROR_CODES, type ErrorCode, SpatileError } from '@spatile/formats/errors';
import type { WireError } from '@spatile/formats/tile/protocol';
import { payloadOf, wholeOf } from '@spatile/proto/payload';
import type { TileSummary } from '../api.ts';
import { fittedModel } from '../assign/baysor/fit.ts';
import { baysorSettings } from '../assign/baysor/settings.ts';
import { baysorSettleTasks, baysorTask } from '../assign/baysor-stage.ts';
import { ASSIGN_ROUND, geometricTask } from '../assign/geometric.ts';
import { storedModel } from '../assign/proseg-stage.ts';
import {
  BorderLookup,
  borderTask,
  prosegBorderUnits,
  prosegTask,
  settleTasks,
  storedNeeds,
} from '../assign/proseg-tasks.ts';
import { assignInputs, type StageInputs } from '../assign/run-stage.ts';
import { SettleInputs } from '../assign/settle-inputs.ts';
import { BORDERS, SETTLE_ROUND, SETTLED, STRAY_ROUND, STRAYS, stateName } from '../assign/states.ts';
import { strayTasks } from '../assign/stray-tasks.ts';
import { WorkerPool } from '../dispatch/pool.ts';
import type { PoolEvent } from '../dispatch/task-pool.ts';
import { outlineTasks } from '../outline/round.ts';
import { OUTLINE_ROUND } from '../output/cells.ts';
import { SEGMENT_ROUNDS, storedSegmentTask } from '../segment/again.ts';
import { FramePayload } from './frame-payload.ts';
import type { RunIdentity } from './identity.ts';
import { storedSlide } from './prepare.ts';
import { type RoundTask, resultName } from './rounds.ts';
import { RunStore } from './store.ts';

const BORDER_ROUND = /^assign-border-(\d+)$/;

/**
 * Recomputes one tile of a stored run on a fresh worker and compares the bytes with the committed result.
 * `round`: `assign` (default), `assign-settle`, `assign-ambient`, `outline`, `assign-border-N` (with a unit id such as `b0000`), or, with
 * the bundle (and the image, where it was not the bundle's), `segment-fit`, `segment` or `segment-paint`.
 * Errors: `USAGE` for an unknown tile or round, `INPUT_MISSING` when the run has not come so far, `RUN_CORRUPT` for a
 * damaged run directory, and what the task fails with (the worker's own code).
 */
export async function recomputeTile(options: {
  runDirectory: string;
  tile: string;
  round: string | null;
  bundle?: string;
  image?: string;
}): Promise<TileSummary> {
  const store = new RunStore(options.runDirectory);
  if (!(await store.has('run.json'))) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${options.runDirectory}: not a run directory (no run.json); give the .run folder beside the output`,
    );
  }
  const round = options.round ?? ASSIGN_ROUND;
  const done = SEGMENT_ROUNDS.includes(round)
    ? await segmentAgain(store, round, options)
    : await assignAgain(store, round, options.tile);
  const digest = sha256(done.bytes);
  const name = resultName(round, options.tile);
  const stored = (await store.has(name)) ? sha256(await store.read(name)) : null;
  return {
    tile: options.tile,
    round,
    digest,
    equal: stored === null ? null : stored === digest,
    seconds: done.seconds,
  };
}

interface Computed {
  bytes: Uint8Array;
  seconds: number;
}

async function assignAgain(store: RunStore, round: string, id: string): Promise<Computed> {
  const slide = await storedSlide(store);
  const stage = await assignInputs(slide, store);
  return compute(store, await taskOf(stage, store, round, id), slide.config.plan.memoryPerWorker);
}

async function segmentAgain(
  store: RunStore,
  round: string,
  { tile, bundle, image = null }: { tile: string; bundle?: string; image?: string | null },
): Promise<Computed> {
  if (bundle === undefined)
    throw new SpatileError(
      'USAGE',
      `tile ${tile}: round ${round} reads the image of the slide; expected its bundle; give it with --bundle (and --image, if segment.image was set)`,
    );
  const { config } = await store.readJson<RunIdentity>('run.json');
  const { task, close } = await storedSegmentTask(store, { bundle, image }, round, tile);
  try {
    return await compute(store, task, config.plan.memoryPerWorker);
  } finally {
    await close();
  }
}

async function taskOf(stage: StageInputs, store: RunStore, round: string, id: string): Promise<RoundTask> {
  const border = BORDER_ROUND.exec(round);
  if (border !== null) return borderTaskOf(stage, store, Number(border[1]), id);
  const tile = stage.slide.plan.tiles.findIndex((candidate) => candidate.id === id);
  if (tile < 0)
    throw new SpatileError(
      'USAGE',
      `tile ${id}: not in the plan; expected ${stage.slide.plan.tiles[0].id} to ${stage.slide.plan.tiles.at(-1)?.id}`,
    );
  const proseg = stage.slide.config.assign.method === 'proseg';
  if (round === OUTLINE_ROUND) {
    await adoptStates(stage, `tile ${id}: round ${round}`);
    const { tasks } = await outlineTasks(stage);
    const task = tasks.find((candidate) => candidate.id === id);
    if (task === undefined)
      throw new SpatileError(
        'USAGE',
        `tile ${id}: round outline does not know it, since it owns no cell with a voxel; expected another`,
      );
    return task;
  }
  if (round === SETTLE_ROUND && hasSettled(stage)) return settleTaskOf(stage, store, id);
  if (round === STRAY_ROUND && proseg) return strayTaskOf(stage, id);
  if (round !== ASSIGN_ROUND)
    throw new SpatileError(
      'USAGE',
      `round ${round}: not known; expected assign, assign-settle, assign-ambient, assign-border-N, outline, segment-fit, segment or segment-paint`,
    );
  if (stage.slide.config.assign.method === 'baysor')
    return baysorTask(stage, baysorSettings(stage.slide), await fittedModel({ store }), tile);
  return proseg ? prosegTask(stage, await storedModel({ store }), tile) : geometricTask(stage, tile);
}

async function borderTaskOf(
  stage: StageInputs,
  store: RunStore,
  phase: number,
  id: string,
): Promise<RoundTask> {
  const round = `assign-border-${phase}`;
  const units = stage.slide.config.assign.method === 'proseg' ? prosegBorderUnits(stage) : [];
  const unit = units.find((candidate) => candidate.id === id && candidate.phase === phase);
  if (unit === undefined)
    throw new SpatileError(
      'USAGE',
      `tile ${id}: no such unit in ${round}; see results/${round} in the run directory for those there are`,
    );
  const model = await storedModel({ store });
  const task = borderTask(stage, model, new SettleInputs(stage), unit, new BorderLookup(units));
  await checkNeeds(store, task, `tile ${id}: round ${round}`);
  return task;
}

/** Whether workers settle tiles by the run's method. */
const hasSettled = ({ slide: { config } }: StageInputs): boolean =>
  config.assign.method === 'proseg' || config.assign.method === 'baysor';

async function settleTaskOf(stage: StageInputs, store: RunStore, id: string): Promise<RoundTask> {
  const what = `tile ${id}: round ${SETTLE_ROUND}`;
  const settling = new SettleInputs(stage);
  const isProseg = stage.slide.config.assign.method === 'proseg';
  // What a discovered cell is called depends on what all tiles found.
  if (!isProseg) await checkTiles(stage, (tile) => resultName(ASSIGN_ROUND, tile), what);
  const tasks = isProseg
    ? settleTasks(stage, settling, prosegBorderUnits(stage))
    : await baysorSettleTasks(stage, settling);
  const task = tasks.find((candidate) => candidate.id === id);
  if (task === undefined)
    throw new SpatileError('USAGE', `${what} does not know it, since it holds nothing; expected a busy tile`);
  await checkNeeds(store, task, what);
  return task;
}

async function strayTaskOf(stage: StageInputs, id: string): Promise<RoundTask> {
  const what = `tile ${id}: round ${STRAY_ROUND}`;
  const task = strayTasks(stage).find((candidate) => candidate.id === id);
  if (task === undefined)
    throw new SpatileError(
      'USAGE',
      `${what} does not know it, since it holds nothing or nothing was to be taken out; expected a busy tile of another run`,
    );
  await adoptResults(stage, BORDERS, what);
  return task;
}

async function checkNeeds(store: RunStore, task: RoundTask, what: string): Promise<void> {
  for (const name of storedNeeds(task)) if (!(await store.has(name))) throw notSoFar(what, name);
}

/** Takes the settled states as they were when outlines were drawn. */
async function adoptStates(stage: StageInputs, what: string): Promise<void> {
  const { config } = stage.slide;
  if (!hasSettled(stage)) {
    if (!(await stage.states.adopt(SETTLED))) throw notSoFar(what, 'settled/0/complete.json');
    return;
  }
  await adoptResults(stage, BORDERS, what);
  // With consensus outlines strays are taken out beside.
  if (config.output.outlines !== 'consensus' && strayTasks(stage).length > 0)
    await adoptResults(stage, STRAYS, what);
}

/** Takes the results of a round as the newest states. */
async function adoptResults(stage: StageInputs, version: number, what: string): Promise<void> {
  await checkTiles(stage, (tile) => stateName(version, tile), what);
  stage.states.adoptResults(version, stage.busyTiles);
}

/** Errors: `INPUT_MISSING` when a tile that holds something lacks a file. */
async function checkTiles(
  { slide, store, busyTiles }: StageInputs,
  nameOf: (tile: string) => string,
  what: string,
): Promise<void> {
  for (const tile of busyTiles) {
    const name = nameOf(slide.plan.tiles[tile].id);
    if (!(await store.has(name))) throw notSoFar(what, name);
  }
}

function notSoFar(what: string, name: string): SpatileError {
  return new SpatileError(
    'INPUT_MISSING',
    `${what} starts from what is not there (${name}); expected a run that has come this far; go on with run --resume first`,
  );
}

async function compute(store: RunStore, task: RoundTask, memoryBytes: number): Promise<Computed> {
  const input = payloadOf(
    await wholeOf(new FramePayload(store, await task.input())).finally(() => store.closeFiles()),
  );
  let pool: WorkerPool | null = null;
  try {
    return await new Promise((resolve, reject) => {
      const listener = (event: PoolEvent): void => {
        if (event.type === 'ready') void pool?.send(event.worker, task.id, 1, task.kind, async () => input);
        if (event.type === 'done') resolve(event);
        if (event.type === 'failed') reject(workerError(task.id, event.error));
        if (event.type === 'lost')
          reject(
            new SpatileError(
              'WORKER_LOST',
              `tile ${task.id}: the worker died (${event.reason}); expected it to finish; give it more memory with plan.memoryPerWorker`,
            ),
          );
      };
      pool = new WorkerPool(memoryBytes, listener, () => {});
      pool.start();
    });
  } finally {
    await (pool as WorkerPool | null)?.close();
  }
}

/** A worker's error as it would have been thrown here. */
function workerError(id: string, { code, message, fields }: WireError): SpatileError {
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL';
  return new SpatileError(known, `tile ${id}: ${message}`, { fields });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

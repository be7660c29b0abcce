import { createHash } from 'node:crypto';
import { SpatileError } from '@spatile/formats/errors';
import { encodeFrame } from '@spatile/formats/tile/frame';
import type { TileSummary } from '../api.ts';
import { ASSIGN_ROUND, geometricTask } from '../assign/geometric.ts';
import { borderTask, prosegBorderUnits, prosegTask, storedModel } from '../assign/proseg-stage.ts';
import { assignInputs, type StageInputs } from '../assign/run-stage.ts';
import { WorkerPool } from '../dispatch/pool.ts';
import { outlineTask } from '../outline/round.ts';
import { OUTLINE_ROUND } from '../output/cells.ts';
import { storedSlide } from './prepare.ts';
import { type RoundTask, resultName } from './rounds.ts';
import { RunStore } from './store.ts';

const BORDER_ROUND = /^assign-border-(\d+)$/;

/**
 * Recomputes one tile of a stored run on a fresh worker and compares the bytes with the committed result.
 * `round`: `assign` (default), `outline` or `assign-border-N` (with a unit id such as `b0000`).
 * Errors: `USAGE` for an unknown tile or round, `RUN_CORRUPT` for a damaged run directory, and what the task fails with.
 */
export async function recomputeTile(options: {
  runDirectory: string;
  tile: string;
  round: string | null;
}): Promise<TileSummary> {
  const store = new RunStore(options.runDirectory);
  if (!(await store.has('run.json'))) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${options.runDirectory}: not a run directory (no run.json); give the .run folder beside the output`,
    );
  }
  const slide = await storedSlide(store);
  const stage = await assignInputs(slide, store);
  const round = options.round ?? ASSIGN_ROUND;
  const task = await taskOf(stage, store, round, options.tile);
  const done = await compute(task, slide.config.plan.memoryPerWorker);
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

async function taskOf(stage: StageInputs, store: RunStore, round: string, id: string): Promise<RoundTask> {
  const border = BORDER_ROUND.exec(round);
  const phase = border === null ? null : Number(border[1]);
  // States as they were when the round was computed.
  const versions = phase === null ? Number.POSITIVE_INFINITY : phase;
  for (let version = 0; version < versions; version++) if (!(await stage.states.adopt(version))) break;
  if (phase !== null) {
    const unit = prosegBorderUnits(stage).find(
      (candidate) => candidate.id === id && candidate.phase === phase,
    );
    if (unit === undefined)
      throw new SpatileError(
        'USAGE',
        `tile ${id}: no such unit in ${round}; see results/${round} in the run directory for those there are`,
      );
    return borderTask(stage, await storedModel({ store }), unit);
  }
  const tile = stage.slide.plan.tiles.findIndex((candidate) => candidate.id === id);
  if (tile < 0)
    throw new SpatileError(
      'USAGE',
      `tile ${id}: not in the plan; expected ${stage.slide.plan.tiles[0].id} to ${stage.slide.plan.tiles.at(-1)?.id}`,
    );
  if (round === OUTLINE_ROUND) return outlineTask(stage, tile);
  if (round !== ASSIGN_ROUND)
    throw new SpatileError('USAGE', `round ${round}: not known; expected assign, assign-border-N or outline`);
  return stage.slide.config.assign.method === 'proseg'
    ? prosegTask(stage, await storedModel({ store }), tile)
    : geometricTask(stage, tile);
}

async function compute(
  task: RoundTask,
  memoryBytes: number,
): Promise<{ bytes: Uint8Array; seconds: number }> {
  const input = encodeFrame(await task.input());
  let pool: WorkerPool | null = null;
  try {
    return await new Promise((resolve, reject) => {
      pool = new WorkerPool(memoryBytes, (event) => {
        if (event.type === 'ready') void pool?.send(event.worker, task.id, 1, task.kind, input);
        if (event.type === 'done') resolve(event);
        if (event.type === 'failed')
          reject(new SpatileError('INTERNAL', `tile ${task.id}: ${event.error.message}`));
        if (event.type === 'lost')
          reject(
            new SpatileError(
              'WORKER_LOST',
              `tile ${task.id}: the worker died (${event.reason}); expected it to finish; give it more memory with plan.memoryPerWorker`,
            ),
          );
      });
      pool.start();
    });
  } finally {
    await (pool as WorkerPool | null)?.close();
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

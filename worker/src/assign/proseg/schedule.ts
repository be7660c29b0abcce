import { setImmediate } from 'node:timers/promises';
import type { ProsegSchedule } from '@spatile/formats/tile/proseg';
import type { HandlerContext } from '../../handler.ts';
import { drawExpression, moveLabels, rebucket, refresh } from './iterate.ts';
import { movable, type Sampler } from './sampler.ts';
import type { Watch } from './watch.ts';

/** Where a phase stands in the whole schedule of a task. */
export interface Progress {
  context: HandlerContext;
  done: number;
  total: number;
}

/** Lets messages of the process through, and says how far the task is. */
export async function breathe(progress: Progress): Promise<void> {
  progress.done++;
  progress.context.progress(progress.done / progress.total);
  await setImmediate();
}

/** Temperature of cooled iteration k of n: geometric from 1 to `last`. */
export function temperature(
  k: number,
  n: number,
  last: number,
  { exp, ln }: { exp(x: number): number; ln(x: number): number },
): number {
  return n < 2 || k === 0 ? 1 : exp((ln(last) * k) / (n - 1));
}

function moveAndWatch(
  sampler: Sampler,
  schedule: ProsegSchedule,
  iteration: number,
  cooled: number,
  watch: Watch,
): void {
  const { proposed, accepted } = moveLabels(sampler, iteration, schedule.proposalsPerPair, cooled);
  watch.proposed += proposed;
  watch.accepted += accepted;
}

/** Coarse iterations: labels and expression, transcripts at their observed voxels. Random numbers from iteration 0. */
export async function runCoarse(
  sampler: Sampler,
  schedule: ProsegSchedule,
  watch: Watch,
  progress: Progress,
): Promise<void> {
  for (let iteration = 0; iteration < schedule.coarseIterations; iteration++) {
    moveAndWatch(sampler, schedule, iteration, 1, watch);
    if (iteration % schedule.loadingsEvery === 0) {
      refresh(sampler, iteration, false);
      watch.look(sampler, iteration, 0);
      drawExpression(sampler, iteration);
    }
    await breathe(progress);
  }
}

/**
 * Fine iterations with repositioning, the last `recordedIterations` of them recorded, then the hill climb (labels cooled,
 * repositioning not). Random numbers from iteration `first`.
 */
export async function runFine(
  sampler: Sampler,
  schedule: ProsegSchedule,
  first: number,
  watch: Watch,
  progress: Progress,
): Promise<void> {
  const { kernel, tile } = sampler.bound;
  const { fineIterations, hillClimbIterations } = schedule;
  const recordFrom = fineIterations - recordedOf(schedule);
  const places = schedule.diffusion ? movable(sampler) : 0;
  for (let k = 0; k < fineIterations + hillClimbIterations; k++) {
    const iteration = first + k;
    if (schedule.diffusion) rebucket(sampler);
    const cooled =
      k < fineIterations
        ? 1
        : temperature(k - fineIterations, hillClimbIterations, schedule.finalTemperature, kernel);
    moveAndWatch(sampler, schedule, iteration, cooled, watch);
    const last = k === fineIterations + hillClimbIterations - 1;
    const draws = k % schedule.loadingsEvery === 0 && !last;
    const records = k >= recordFrom && k < fineIterations;
    const looks = watch.wants(iteration);
    if (schedule.diffusion || draws || records || looks || last) {
      watch.moved += refresh(sampler, iteration, schedule.diffusion);
      watch.places += places;
    }
    if (records) kernel.record(tile);
    if (looks) watch.look(sampler, iteration, k < fineIterations ? 1 : 2);
    if (records) watch.record(sampler);
    if (draws) drawExpression(sampler, iteration);
    await breathe(progress);
  }
}

/** Fine iterations that are recorded. */
export function recordedOf(schedule: ProsegSchedule): number {
  return Math.min(schedule.recordedIterations, schedule.fineIterations);
}

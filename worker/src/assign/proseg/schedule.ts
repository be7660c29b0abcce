import { setImmediate } from 'node:timers/promises';
import type { ProsegSchedule } from '@spatile/formats/tile/proseg';
import type { HandlerContext } from '../../handler.ts';
import { drawExpression, proposalsFor, rebucket, refresh } from './iterate.ts';
import type { Sampler } from './sampler.ts';
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

/** Coarse iterations: labels and expression, transcripts at their observed voxels. Random numbers from iteration 0. */
export async function runCoarse(
  sampler: Sampler,
  schedule: ProsegSchedule,
  watch: Watch,
  progress: Progress,
): Promise<void> {
  const { kernel, tile } = sampler.bound;
  for (let iteration = 0; iteration < schedule.coarseIterations; iteration++) {
    const proposals = proposalsFor(sampler, schedule.proposalsPerPair);
    watch.proposed += proposals;
    watch.accepted += kernel.moveLabels(tile, iteration, proposals, 1);
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
 * repositioning not). The number of proposals follows the number of mismatch pairs until recording begins and then stays, so
 * that the recorded part is a proper Markov chain. Random numbers from iteration `first`.
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
  let proposals = 0;
  for (let k = 0; k < fineIterations + hillClimbIterations; k++) {
    const iteration = first + k;
    if (k <= recordFrom) proposals = proposalsFor(sampler, schedule.proposalsPerPair);
    if (schedule.diffusion) rebucket(sampler);
    const cooled =
      k < fineIterations
        ? 1
        : temperature(k - fineIterations, hillClimbIterations, schedule.finalTemperature, kernel);
    watch.proposed += proposals;
    watch.accepted += kernel.moveLabels(tile, iteration, proposals, cooled);
    const last = k === fineIterations + hillClimbIterations - 1;
    const draws = k % schedule.loadingsEvery === 0 && !last;
    const records = k >= recordFrom && k < fineIterations;
    const looks = watch.wants(iteration);
    if (schedule.diffusion || draws || records || looks || last) {
      watch.moved += refresh(sampler, iteration, schedule.diffusion);
      watch.places += schedule.diffusion ? sampler.source.length : 0;
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

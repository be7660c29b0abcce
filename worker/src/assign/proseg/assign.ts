import type { ProsegSchedule } from '@spatile/formats/tile/proseg';
import type { Handler } from '../../handler.ts';
import { firstExpression } from './iterate.ts';
import { enterLabels, readLabels, refined, spread } from './labels.ts';
import { refine } from './refine.ts';
import { assignResult } from './result.ts';
import { openSampler, workOf } from './sampler.ts';
import { recordedOf, runCoarse, runFine } from './schedule.ts';
import { partedFrame } from './settle/parts.ts';
import { startColumns } from './start.ts';
import { prosegTask } from './task.ts';
import { Watch } from './watch.ts';

/**
 * `assign.proseg`: the cell simulation of one tile with frozen globals: coarse phase from the prior's nuclei, fine phase with
 * repositioning, hill climb (Jones et al., Nat Methods 22:1331, 2025).
 * In: assign-tile with `meta.model`, `meta.settings`, `meta.schedule`, `meta.bandUm` and tables `globals.*`. Out:
 * assign-result of the owned cells, in parts (`formats/src/tile/parts.ts`). Errors: `MEMORY_LIMIT`, `RUN_CORRUPT`, `COORDINATES_INVALID`, `INTERNAL` (see `openSampler`).
 */
export const assign: Handler = async (input, context) => {
  const task = prosegTask(input, true);
  const schedule = input.meta.schedule as ProsegSchedule;
  const sampler = await openSampler(task, {
    stage: 'assign',
    records: true,
    statistics: false,
    pointLoadings: schedule.loadings === 'point',
    moveOutsideCore: true,
  });
  try {
    const { grid } = sampler;
    const prior = startColumns(task.tile, grid, sampler.observed);
    const total = schedule.coarseIterations + schedule.fineIterations + schedule.hillClimbIterations;
    const progress = { context, done: 0, total };
    const watch = new Watch(sampler, recordedOf(schedule));
    enterLabels(sampler, spread(prior, grid.layers, grid.coarseFactor), prior);
    firstExpression(sampler, 'loadings');
    await runCoarse(sampler, schedule, watch, progress);
    enterLabels(sampler, refined(sampler, readLabels(sampler)), prior);
    await runFine(sampler, schedule, schedule.coarseIterations, watch, progress);
    refine(sampler, task.settings.refine, recordedOf(schedule));
    const reported = sampler.arrays.owned.slice();
    context.count(workOf(sampler));
    const result = assignResult(sampler, schedule, { reported, claimsOutsideCore: true, watch });
    return partedFrame(result, task.tile, input.meta.bandUm as number);
  } finally {
    sampler.bound.release();
  }
};

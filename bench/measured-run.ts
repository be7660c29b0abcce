import type { TilePlan } from '@spatile/coordinator/plan/plan';
import type { RunConfig } from '@spatile/formats/config/schema';
import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import type { CaseOutcome } from './bench.ts';
import { type Spread, spread } from './statistics.ts';
import { assignWork, type StepSeconds, stepSeconds } from './steps.ts';
import type { MeasuredRun, SlideFolder, Surroundings, Workbench } from './workbench.ts';

/** Runs a slide several times and judges it; throws when two runs of one case differ in a byte of their Zarr. */
export async function measureRuns(
  workbench: Workbench,
  slide: SlideFolder,
  words: readonly string[],
  repeats: number,
  around?: Surroundings,
): Promise<CaseOutcome> {
  const runs: MeasuredRun[] = [];
  let [evaluation, facts]: [Evaluation | null, PlanFacts | null] = [null, null];
  for (let k = 0; k < repeats; k++) {
    const run = await workbench.run(slide, `run-${k}`, words, around);
    if (run.summary.digest !== (runs[0] ?? run).summary.digest)
      throw new Error('two runs of the same input and configuration gave different bytes');
    evaluation ??= await workbench.judge(run.zarr, slide);
    facts ??= await planFacts(workbench, run);
    workbench.discard(run);
    runs.push(run);
  }
  if (evaluation === null || facts === null) throw new Error('repeats: 0; expected at least 1');
  if (!evaluation.conservation.conserved) throw new Error('the judge: transcripts were lost or invented');
  return {
    measured: { ...usage(runs), ...rates(runs, facts) },
    quality: {
      ...facts,
      transcripts: evaluation.conservation.truth,
      cells: runs[0].summary.cells,
      f1: evaluation.scores.f1,
      detection: evaluation.scores.detection,
      ari: evaluation.scores.ari,
      conserved: evaluation.conservation.conserved,
    },
    digest: runs[0].summary.digest,
    details: { steps: runs.at(-1)!.events.filter(({ type }) => type === 'step'), scores: evaluation.scores },
  };
}

type PlanFacts = {
  tiles: number;
  /** What the planner expected the heaviest tile to need. */
  plannedWorkerBytes: number;
  /** Iterations of every tile; 1 for methods that do not iterate. */
  iterations: number;
};

async function planFacts(workbench: Workbench, run: MeasuredRun): Promise<PlanFacts> {
  const store = workbench.store(run);
  const { tiles } = await store.readJson<TilePlan>('plan.json');
  const { assign } = (await store.readJson<{ config: RunConfig }>('run.json')).config;
  const { coarseIterations, fineIterations, hillClimbIterations } = assign.proseg.schedule;
  return {
    tiles: tiles.length,
    plannedWorkerBytes: Math.max(...tiles.map(({ memoryBytes }) => memoryBytes)),
    iterations: assign.method === 'proseg' ? coarseIterations + fineIterations + hillClimbIterations : 1,
  };
}

function usage(runs: readonly MeasuredRun[]): Record<string, Spread> {
  return {
    seconds: spread(runs.map(({ seconds }) => seconds)),
    coordinatorPeakBytes: spread(runs.map((run) => run.coordinatorPeakBytes)),
    coordinatorCpuSeconds: spread(runs.map((run) => run.coordinatorCpuSeconds)),
    workerPeakBytes: spread(runs.map((run) => run.workerPeakBytes)),
  };
}

function rates(runs: readonly MeasuredRun[], { iterations }: PlanFacts): Record<string, Spread> {
  const steps = runs.map(({ events }) => stepSeconds(events));
  const names = Object.keys(steps[0]) as (keyof StepSeconds)[];
  const assign = runs.map(({ events }) => {
    const { transcripts, cpuSeconds } = assignWork(events);
    return (transcripts * iterations) / cpuSeconds;
  });
  return {
    assignTranscriptIterationsPerCpuSecond: spread(assign),
    ...Object.fromEntries(names.map((name) => [`${name}Seconds`, spread(steps.map((s) => s[name]))])),
  };
}

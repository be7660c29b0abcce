import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CaseOutcome } from '../bench.ts';
import { spread } from '../statistics.ts';
import type { MeasuredRun, Workbench } from '../workbench.ts';
import { BenchBroker, ended } from './broker.ts';

const SEED = 21;
/** For so many workers the coordinator's share of a core is wanted. */
const EIGHT = 8;

export interface ClusterRunChoice {
  transcripts: number;
  /** Words of the command line that say how large tiles are; none for tiles as they are planned. */
  tiles: readonly string[];
  workers: number;
  repeats: number;
}

/** The same slide by worker processes of one run and by workers of a cluster, in turns; both have to give the same bytes. */
export async function measureClusterRun(
  workbench: Workbench,
  program: string,
  { transcripts, tiles, workers, repeats }: ClusterRunChoice,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ transcripts, seed: SEED });
  const broker = await BenchBroker.start(workbench.emptyFolder('nats'));
  const { url } = broker;
  const started: ChildProcess[] = [];
  const alone: MeasuredRun[] = [];
  const cluster: MeasuredRun[] = [];
  try {
    for (let k = 0; k < workers; k++) started.push(worker(program, url, k));
    for (let k = 0; k < repeats; k++) {
      alone.push(await workbench.run(slide, `alone-${k}`, ['--workers', `${workers}`, ...tiles]));
      cluster.push(await workbench.run(slide, `cluster-${k}`, ['--cluster', url, ...tiles]));
      for (const run of [alone[k], cluster[k]]) workbench.discard(run);
    }
  } finally {
    for (const child of started) await ended(child);
    await broker.end();
  }
  const digests = new Set([...alone, ...cluster].map(({ summary }) => summary.digest));
  return {
    measured: {
      aloneSeconds: spread(alone.map(({ seconds }) => seconds)),
      clusterSeconds: spread(cluster.map(({ seconds }) => seconds)),
      coordinatorCpuSeconds: spread(cluster.map((run) => run.coordinatorCpuSeconds)),
      coordinatorPeakBytes: spread(cluster.map((run) => run.coordinatorPeakBytes)),
      busyPerEightWorkers: spread(cluster.map(busyPerEightWorkers)),
    },
    quality: { equal: digests.size === 1, transcripts: slide.transcripts },
    digest: [...digests].sort().join(' '),
  };
}

/**
 * How busy eight workers would keep the coordinator while tiles and borders are assigned: its processor time between the end of
 * the fit and the end of the borders, per processor second of workers, times eight. Settling is work of workers.
 */
function busyPerEightWorkers({ events }: MeasuredRun): number {
  const steps = events.filter((event) => event.type === 'step');
  const at = (found: (step: string) => boolean): number =>
    steps.filter(({ step }) => found(step)).at(-1)?.coordinatorCpuSeconds ?? Number.NaN;
  const used = at((step) => step === 'assign-settle') - at((step) => step.startsWith('assign-fit'));
  const work = events.filter(
    (event) => event.type === 'task' && /^assign(-border-\d+|-settle)?$/.test(event.round),
  );
  return (
    (EIGHT * used) / work.reduce((sum, event) => sum + (event.type === 'task' ? event.cpuSeconds : 0), 0)
  );
}

function worker(program: string, url: string, k: number): ChildProcess {
  const entry = join(program, 'coordinator/main.js');
  return spawn(process.execPath, [entry, 'worker', '--nats', url, '--name', `w${k}`], { stdio: 'ignore' });
}

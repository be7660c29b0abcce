import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CLUSTER_SLOTS, ClusterPool } from '@spatile/coordinator/cluster/pool';
import { openLog } from '@spatile/coordinator/run/log';
import { RoundRunner, taskKey } from '@spatile/coordinator/run/rounds';
import { RunStore } from '@spatile/coordinator/run/store';
import { type IdealTask, idealSeconds } from './ideal.ts';
import { scaleSlide } from './slide.ts';
import { type ScaleTask, type ScaleTasks, scaleTasks } from './tasks.ts';

/** What a simulated run is told, as one JSON argument. */
export interface ScaleRun {
  name: string;
  nats: string;
  /** Of the run directory. */
  folder: string;
  transcripts: number;
  /** Per square micron; null for that of the larger slides in use. */
  density: number | null;
  tileSizeUm: number | null;
  /** For the ideal. */
  workers: number;
  timeScale: number;
  byteScale: number;
}

/** What it says when it is ready. */
export interface ScalePlan {
  transcripts: number;
  tiles: number;
  tasks: number;
  /** Processor time and wall time of the plan and the graph of tasks. */
  planSeconds: number;
  /** Seconds of all tasks together, and on so many workers when nothing else takes time. */
  workSeconds: number;
  idealSeconds: number;
  bytes: number;
}

/** What it found. */
export interface ScaleOutcome {
  seconds: number;
  cpuSeconds: number;
  peakBytes: number;
  /** Longest moments in which the coordinator answered nobody, milliseconds. */
  delayP99Ms: number;
  delayMaxMs: number;
  mostActive: number;
  committed: number;
}

const SAMPLE_MS = 500;

/** Plans a simulated run; `start` carries it out with whatever workers there are. */
export async function prepareScale(
  run: ScaleRun,
): Promise<{ plan: ScalePlan; start: () => Promise<ScaleOutcome> }> {
  const began = performance.now();
  const slide = scaleSlide(run.transcripts, run.tileSizeUm, run.density ?? undefined);
  const tasks = scaleTasks(slide, run.timeScale, run.byteScale);
  const all = [...tasks.assign, ...tasks.outline];
  const total = (of: (task: ScaleTask) => number): number => all.reduce((sum, task) => sum + of(task), 0);
  const plan: ScalePlan = {
    transcripts: slide.transcripts,
    tiles: slide.plan.tiles.length,
    tasks: all.length,
    planSeconds: (performance.now() - began) / 1000,
    workSeconds: total(({ simulated }) => simulated.seconds),
    idealSeconds: ideal(run, tasks.assign) + ideal(run, tasks.outline),
    bytes: total(({ inputBytes, simulated }) => inputBytes + simulated.resultBytes),
  };
  return { plan, start: () => simulate(run, tasks) };
}

async function simulate(run: ScaleRun, { assign, outline }: ScaleTasks): Promise<ScaleOutcome> {
  const store = new RunStore(run.folder);
  await store.create();
  let pool: ClusterPool | null = null;
  const security = { ca: null, cert: null, key: null, token: null };
  const runner = new RoundRunner({
    store,
    log: openLog(store.path('spatile.log')).log,
    workers: 1,
    memoryBytes: 2 ** 31,
    order: 'heaviest',
    progress: () => undefined,
    signal: new AbortController().signal,
    cluster: {
      slots: CLUSTER_SLOTS,
      open: (log, listener) => {
        const options = { nats: run.nats, listen: '127.0.0.1:0', advertise: null, natsCredentials: null };
        const times = {
          ackWaitMs: 60_000,
          reconcileMs: 10_000,
          stragglerMs: null,
          verify: 0,
          classes: ['cpu'] as const,
        };
        pool = new ClusterPool(
          run.name,
          { ...options, ...times, security, ready: () => undefined },
          log,
          listener,
        );
        return pool;
      },
    },
  });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let [mostActive, committed] = [0, 0];
  const sampling = setInterval(() => {
    const state = pool?.state();
    mostActive = Math.max(mostActive, state?.active.length ?? 0);
    committed = state?.transfers.committed ?? 0;
  }, SAMPLE_MS);
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await runner.runGraph('assign', 'assigning', assign);
  await runner.runGraph('outline', 'outlining', outline);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  committed = pool!.state().transfers.committed;
  clearInterval(sampling);
  await runner.close();
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    mostActive,
    committed,
  };
}

/** The order is that of `advance`: by rank, then the heaviest first. */
function ideal(run: ScaleRun, tasks: readonly ScaleTask[]): number {
  const key = (task: { id: string; round?: string }): string => taskKey(task.round ?? 'outline', task.id);
  const ordered = [...tasks].sort(
    (a, b) => (a.rank ?? 0) - (b.rank ?? 0) || b.weight - a.weight || (key(a) < key(b) ? -1 : 1),
  );
  const list = ordered.map(
    (task): IdealTask => ({ key: key(task), seconds: task.simulated.seconds, needs: task.needs ?? [] }),
  );
  return idealSeconds(list, run.workers);
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { stepOf } from '../run/work.ts';
import { clusterMetrics, GrowingSums } from './cluster-metrics.ts';
import type { Runs } from './runs.ts';
import type { TaskBoard } from './task-board.ts';

/** From half a second to an hour. */
const SECONDS = [0.5, 1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 900, 1800, 3600];
/** From a millisecond to half a minute. */
const SHORT_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
/** Tasks that settle tiles of a stage are a step called after it. */
const SETTLE = '-settle';
/** From 64 MiB to 16 GiB. */
const BYTES = Array.from({ length: 9 }, (_, power) => 2 ** (26 + power));

/**
 * What Prometheus reads of a server. Labels are stages, states and directions: neither runs nor tiles, of which there may be
 * any number. Counters begin with the server.
 */
export function serverMetrics(runs: Runs): Registry {
  const registry = new Registry();
  const registers = [registry];
  const stages = { registers, labelNames: ['stage'] };
  collectDefaultMetrics({ register: registry });
  const tiles = new Counter({
    name: 'spatile_tiles_total',
    help: 'Tries at tiles that ended, by stage and outcome',
    registers,
    labelNames: ['stage', 'outcome'],
  });
  const seconds = new Histogram({
    name: 'spatile_tile_duration_seconds',
    help: 'Computing time of a tile',
    buckets: SECONDS,
    ...stages,
  });
  const cpu = new Counter({
    name: 'spatile_tile_cpu_seconds_total',
    help: 'Processor time of workers',
    ...stages,
  });
  const memory = new Histogram({
    name: 'spatile_tile_memory_bytes',
    help: 'Largest resident set of the process that computed a tile',
    buckets: BYTES,
    ...stages,
  });
  const transcripts = new Counter({
    name: 'spatile_transcripts_total',
    help: 'Transcripts of tiles that are done; its rate is the throughput',
    ...stages,
  });
  const waited = new Histogram({
    name: 'spatile_tile_queue_seconds',
    help: 'How long tiles waited on the queues of clusters before a worker took them',
    buckets: [0.01, 0.1, ...SECONDS],
    ...stages,
  });
  const commit = new Histogram({
    name: 'spatile_commit_seconds',
    help: 'How long it took to store a result',
    buckets: SHORT_SECONDS,
    ...stages,
  });
  const settle = new Histogram({
    name: 'spatile_settle_seconds',
    help: 'How long settling a tile with its neighbours took',
    buckets: SHORT_SECONDS,
    ...stages,
  });
  const splits = new Counter({
    name: 'spatile_oom_splits_total',
    help: 'Tiles that were cut because workers ran out of memory on them',
    ...stages,
  });
  gauges(runs, registry);
  clusterMetrics(runs, registry);
  partitioned(runs, registry);
  runs.on('task', (_, event) => {
    if (event.kind === 'plan-revised') splits.inc({ stage: stepOf(event.round) });
    if (event.kind !== 'task') return;
    const stage = stepOf(event.round);
    if (event.state === 'running') {
      if (event.waitedSeconds !== undefined) waited.observe({ stage }, event.waitedSeconds);
      return;
    }
    tiles.inc({ stage, outcome: event.state === 'done' ? 'committed' : event.state });
    if (event.state !== 'done') return;
    seconds.observe({ stage }, event.seconds);
    cpu.inc({ stage }, event.cpuSeconds);
    memory.observe({ stage }, event.peakRssBytes);
    commit.observe({ stage }, event.commitSeconds);
    transcripts.inc({ stage }, event.transcripts);
    if (stage.endsWith(SETTLE)) settle.observe({ stage: stage.slice(0, -SETTLE.length) }, event.seconds);
  });
  return registry;
}

/** Rows of the input that were handed out to tiles. */
function partitioned(runs: Runs, registry: Registry): void {
  const rows = new Counter({
    name: 'spatile_partition_rows_total',
    help: 'Transcripts that were partitioned into tiles',
    registers: [registry],
  });
  const sums = new GrowingSums(runs);
  runs.on('progress', (id, event) => {
    if (event.kind === 'advance' && event.step === 'partition')
      rows.inc(sums.grown(id, event.step, event.done));
  });
}

/** What is true at the moment, looked up when somebody asks. */
function gauges(runs: Runs, registry: Registry): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  new Gauge({
    name: 'spatile_runs',
    help: 'Runs known to this server, by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(runs.states())) this.set({ state }, count);
    },
  });
  const sum = (of: (board: TaskBoard) => number): number =>
    runs.activeBoards().reduce((total, board) => total + of(board), 0);
  gauge('spatile_tiles_waiting', 'Tiles of steps that go on which nobody has taken', () =>
    sum((board) => board.counts().waiting),
  );
  gauge('spatile_tiles_in_work', 'Tiles that workers have, tries after a failure included', () =>
    sum((board) => board.counts().running + board.counts().retried),
  );
  gauge(
    'spatile_step_eta_seconds',
    'Until the steps that go on are done, the longest of them, by the tiles of the last minute; 0 while that is not known',
    () => Math.max(0, ...runs.activeBoards().map(({ etaSeconds }) => etaSeconds ?? 0)),
  );
  gauge('spatile_step_progress_ratio', 'Share of tiles that are done, of the steps that go on', () => {
    const all = sum((board) => Object.values(board.counts()).reduce((a, b) => a + b, 0));
    return all === 0 ? 0 : sum((board) => board.counts().done) / all;
  });
  gauge('spatile_workers', 'Workers that compute or were heard of within a minute', () =>
    sum((board) => board.workers),
  );
}

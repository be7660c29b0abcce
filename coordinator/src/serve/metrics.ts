import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TaskEvent } from '../api.ts';
import { stepOf } from '../run/work.ts';
import type { Runs } from './runs.ts';

/** From half a second to an hour. */
const SECONDS = [0.5, 1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 900, 1800, 3600];
/** From a millisecond to half a minute. */
const SHORT_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
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
  const data = new Counter({
    name: 'spatile_data_bytes_total',
    help: 'Bytes of tiles that went to workers of clusters (fetch), and of results that came (commit)',
    registers,
    labelNames: ['direction'],
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
  gauges(runs, registry);
  const moved = new Map<string, { fetch: number; commit: number }>();
  runs.on('task', (id, event) => {
    if (event.kind === 'queue') return transferred(id, event);
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
  });
  /** A run tells sums, which begin anew when it is resumed. */
  function transferred(id: string, event: Extract<TaskEvent, { kind: 'queue' }>): void {
    const before = moved.get(id) ?? { fetch: 0, commit: 0 };
    const now = { fetch: event.fetchedBytes, commit: event.committedBytes };
    for (const direction of ['fetch', 'commit'] as const)
      data.inc({ direction }, now[direction] - (now[direction] < before[direction] ? 0 : before[direction]));
    moved.set(id, now);
  }
  runs.on('changed', (id) => {
    if (runs.ended(id)) moved.delete(id);
  });
  return registry;
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
  const sum = (of: (board: ReturnType<Runs['activeBoards']>[number]) => number): number =>
    runs.activeBoards().reduce((total, board) => total + of(board), 0);
  gauge('spatile_tiles_waiting', 'Tiles of steps that go on which nobody has taken', () =>
    sum((board) => board.counts().waiting),
  );
  gauge('spatile_tiles_in_work', 'Tiles that workers have, tries after a failure included', () =>
    sum((board) => board.counts().running + board.counts().retried),
  );
  gauge('spatile_queue_waiting', 'Tasks on the queues of clusters that nobody has taken', () =>
    sum((board) => board.queue?.waiting ?? 0),
  );
  gauge('spatile_queue_in_work', 'Tasks of clusters that were taken and not yet acknowledged', () =>
    sum((board) => board.queue?.inWork ?? 0),
  );
  const most = (of: (board: ReturnType<Runs['activeBoards']>[number]) => number): number =>
    Math.max(0, ...runs.activeBoards().map(of));
  gauge(
    'spatile_heartbeat_gap_seconds',
    'Longest time for which a worker of a cluster that has a tile has said nothing',
    () => most((board) => board.queue?.silentSeconds ?? 0),
  );
  gauge(
    'spatile_step_eta_seconds',
    'Until the steps that go on are done, the longest of them, by the tiles of the last minute; 0 while that is not known',
    () => most((board) => board.etaSeconds ?? 0),
  );
  gauge('spatile_workers', 'Workers that compute or were heard of within a minute', () =>
    sum((board) => board.workers),
  );
}

import { Counter, Gauge, type Registry } from 'prom-client';
import type { TaskEvent } from '../api.ts';
import { stepOf } from '../run/work.ts';
import type { Runs } from './runs.ts';
import type { TaskBoard } from './task-board.ts';

type News<Kind extends TaskEvent['kind']> = Extract<TaskEvent, { kind: Kind }>;

/** What Prometheus reads of the clusters on which the runs of a server compute: queues, brokers, transfers. */
export function clusterMetrics(runs: Runs, registry: Registry): void {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({ name, help, registers, labelNames });
  const data = counter(
    'spatile_data_bytes_total',
    'Bytes of tiles that went to workers of clusters (fetch), and of results that came (commit)',
    'direction',
  );
  const republished = counter(
    'spatile_reconciler_republished_total',
    'Tasks that were published again because the queue of a cluster had lost them',
  );
  const reconnects = counter(
    'spatile_nats_reconnects_total',
    'How often the broker came back to the coordinators of runs',
  );
  const mismatches = counter(
    'spatile_determinism_mismatch_total',
    'Tasks of which two workers gave different results; each ended a run',
    'stage',
  );
  const sums = new GrowingSums(runs);
  runs.on('task', (id, event) => {
    if (event.kind === 'queue') queue(id, event);
    else if (event.kind === 'broker') reconnects.inc(sums.grown(id, 'reconnects', event.reconnects));
    else if (event.kind === 'different') mismatches.inc({ stage: stepOf(event.round) });
  });
  function queue(id: string, { fetchedBytes, committedBytes, republished: again }: News<'queue'>): void {
    data.inc({ direction: 'fetch' }, sums.grown(id, 'fetch', fetchedBytes));
    data.inc({ direction: 'commit' }, sums.grown(id, 'commit', committedBytes));
    republished.inc(sums.grown(id, 'republished', again));
  }
  gauges(runs, registry);
}

/** Sums that runs tell become what was added since: a run begins anew when it is resumed. */
export class GrowingSums {
  readonly #before = new Map<string, Map<string, number>>();

  constructor(runs: Runs) {
    runs.on('changed', (id) => {
      if (runs.ended(id)) this.#before.delete(id);
    });
  }

  /** What a sum of a run has grown by. */
  grown(id: string, name: string, sum: number): number {
    const known = this.#before.get(id) ?? new Map<string, number>();
    this.#before.set(id, known);
    const before = known.get(name) ?? 0;
    known.set(name, sum);
    return sum < before ? sum : sum - before;
  }
}

/** What is true at the moment, looked up when somebody asks. */
function gauges(runs: Runs, registry: Registry): void {
  const gauge = (name: string, help: string, value: (boards: TaskBoard[]) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(runs.activeBoards()));
      },
    });
  };
  const sum = (boards: TaskBoard[], of: (queue: NonNullable<TaskBoard['queue']>) => number): number =>
    boards.reduce((total, { queue }) => total + (queue === null ? 0 : of(queue)), 0);
  gauge('spatile_queue_waiting', 'Tasks on the queues of clusters that nobody has taken', (boards) =>
    sum(boards, ({ waiting }) => waiting),
  );
  gauge('spatile_queue_in_work', 'Tasks of clusters that were taken and not yet acknowledged', (boards) =>
    sum(boards, ({ inWork }) => inWork),
  );
  gauge('spatile_data_inflight_bytes', 'Bytes on their way to and from workers of clusters', (boards) =>
    sum(boards, ({ inFlightBytes }) => inFlightBytes),
  );
  gauge(
    'spatile_heartbeat_gap_seconds',
    'Longest time for which a worker of a cluster that has a tile has said nothing',
    (boards) => Math.max(0, ...boards.map(({ queue }) => queue?.silentSeconds ?? 0)),
  );
  gauge(
    'spatile_nats_connected',
    'Whether brokers answer the coordinators of all runs that go on; 1 where there are none',
    (boards) => (boards.some(({ connected }) => connected === false) ? 0 : 1),
  );
}

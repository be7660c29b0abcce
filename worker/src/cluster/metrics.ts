import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptEnd, AttemptReport } from './attempt.ts';

/** From half a second to an hour. */
const SECONDS = [0.5, 1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 900, 1800, 3600];

/** What Prometheus reads of a worker. Labels are kinds of tasks (`assign.proseg`), outcomes and directions; never runs or tiles. */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #tasks: Counter;
  readonly #seconds: Histogram;
  readonly #memory: Gauge;
  readonly #bytes: Counter;
  readonly #reconnects: Counter;

  /**
   * @param state what is true when somebody asks.
   * @param withProcess also memory, processor time and the event loop of the process, which cost a little all the time.
   */
  constructor(state: { connected: () => boolean; busy: () => boolean }, withProcess: boolean) {
    const registers = [this.registry];
    if (withProcess) collectDefaultMetrics({ register: this.registry });
    this.#tasks = new Counter({
      name: 'spatile_worker_tasks_total',
      help: 'Tries at tasks that ended, by kind and outcome; those that were begun anew are retries',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'spatile_tile_duration_seconds',
      help: 'Computing time of a tile',
      labelNames: ['stage'],
      buckets: SECONDS,
      registers,
    });
    this.#memory = new Gauge({
      name: 'spatile_kernel_peak_memory_bytes',
      help: 'Largest resident set of the computing process, as of the last tile',
      registers,
    });
    this.#bytes = new Counter({
      name: 'spatile_data_bytes_total',
      help: 'Bytes of tiles that came (fetch) and of results that were given (commit)',
      labelNames: ['direction'],
      registers,
    });
    this.#reconnects = new Counter({
      name: 'spatile_nats_reconnects_total',
      help: 'How often the broker came back',
      registers,
    });
    const gauge = (name: string, help: string, value: () => boolean): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value() ? 1 : 0);
        },
      });
    };
    gauge('spatile_nats_connected', 'Whether the broker answers', state.connected);
    gauge('spatile_worker_busy', 'Whether it has a task', state.busy);
  }

  reconnected(): void {
    this.#reconnects.inc();
  }

  ended(outcome: AttemptEnd | 'unreachable', report: AttemptReport): void {
    const { kind, seconds, peakRssBytes, fetchedBytes, committedBytes } = report;
    this.#tasks.inc({ kind, outcome });
    this.#bytes.inc({ direction: 'fetch' }, fetchedBytes);
    if (seconds === null) return;
    this.#seconds.observe({ stage: kind }, seconds);
    this.#memory.set(peakRssBytes);
    this.#bytes.inc({ direction: 'commit' }, committedBytes);
  }
}

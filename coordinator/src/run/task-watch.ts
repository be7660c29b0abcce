import type { RectUm } from '@spatile/formats/space';
import type { Span } from '@spatile/proto/tracing';
import type { TaskEvent } from '../api.ts';
import type { DoneReport } from '../dispatch/task-pool.ts';
import type { RunTrace } from './run-trace.ts';

/** Tasks that are told in one event, so that it stays a line of a size that readers take. */
const PIECE = 200;

/** What is told of a task before anything became of it. */
export interface WatchedTask {
  id: string;
  round?: string;
  transcripts: number;
  areaUm?: RectUm;
}

/** What a run tells of the queue and of the broker of its cluster. */
export type QueueNews = Omit<Extract<TaskEvent, { kind: 'queue' }>, 'kind'>;
export type BrokerNews = Omit<Extract<TaskEvent, { kind: 'broker' }>, 'kind'>;

/**
 * Tells what becomes of single tasks, as pages and metrics want to know it. Nothing of a result depends on it. Tasks are named
 * by their keys within a step.
 */
export class TaskWatch {
  readonly #tell: (event: TaskEvent) => void;
  readonly #trace: RunTrace | null;
  readonly #spans = new Map<string, Span>();
  #step = '';
  #tasks: ReadonlyMap<string, WatchedTask> = new Map();

  constructor(tell: (event: TaskEvent) => void, trace: RunTrace | null = null) {
    this.#tell = tell;
    this.#trace = trace;
  }

  /** A step begins; `done` are the keys of what an earlier attempt of the run has computed. */
  round(step: string, tasks: ReadonlyMap<string, WatchedTask>, done: ReadonlySet<string>): void {
    this.#step = step;
    this.#tasks = tasks;
    const all = [...tasks].map(([key, { id, round, areaUm }]) => ({
      task: key,
      round: round ?? step,
      tile: id,
      areaUm: areaUm === undefined ? null : ([areaUm.x0, areaUm.y0, areaUm.x1, areaUm.y1] as const),
      done: done.has(key),
    }));
    for (let from = 0; from === 0 || from < all.length; from += PIECE)
      this.#tell({ kind: 'tasks', step, first: from === 0, tasks: all.slice(from, from + PIECE) });
  }

  /** A task is handed out; gives the trace context that goes with it, if there is one. */
  sent(task: string): string | undefined {
    if (this.#trace === null) return undefined;
    this.#spans.get(task)?.end('handed out anew');
    const span = this.#trace.task(this.#step, task, this.#about(task).round);
    this.#spans.set(task, span);
    return span.traceparent;
  }

  /** A worker has taken a task. */
  begun(task: string, worker: string, waitedSeconds?: number): void {
    const waited = waitedSeconds === undefined ? {} : { waitedSeconds };
    this.#tell({ ...this.#about(task), state: 'running', worker, ...waited });
  }

  /** Its result is stored. */
  done(
    task: string,
    worker: string,
    { seconds, cpuSeconds, peakRssBytes }: DoneReport,
    commitSeconds: number,
  ): void {
    this.#ended(task, worker);
    const transcripts = this.#tasks.get(task)?.transcripts ?? 0;
    const report = { seconds, cpuSeconds, peakRssBytes, transcripts, commitSeconds };
    this.#tell({ ...this.#about(task), state: 'done', worker, ...report });
  }

  /** A try came to nothing; `over`: there will be no other. */
  failed(task: string, worker: string, error: string, over: boolean): void {
    this.#ended(task, worker, error);
    const state = over ? 'failed' : 'retried';
    this.#tell({ ...this.#about(task), state, worker, error });
  }

  queue(news: QueueNews): void {
    this.#tell({ kind: 'queue', ...news });
  }

  broker(news: BrokerNews): void {
    this.#tell({ kind: 'broker', ...news });
  }

  /**
   * Two workers gave different results of a task, which may be one of an earlier step.
   * @param wire its name on the wire: that of the step, before the key.
   */
  different(wire: string): void {
    const names = wire.split('/');
    const task = names.slice(1).join('/');
    this.#tell({ kind: 'different', step: names[0], task, round: names[names.length - 2] });
  }

  #ended(task: string, worker: string, error?: string): void {
    const span = this.#spans.get(task);
    this.#spans.delete(task);
    span?.set({ 'spatile.worker': worker });
    span?.end(error);
  }

  #about(task: string) {
    const round = this.#tasks.get(task)?.round ?? this.#step;
    return { kind: 'task', step: this.#step, task, round } as const;
  }
}

import type { TaskEvent } from '../api.ts';

/** `retried`: under way or waiting once more, after a try that came to nothing. */
export type TileState = 'waiting' | 'running' | 'retried' | 'done' | 'failed';

/** A task as the page shows it. */
export interface BoardTask {
  step: string;
  task: string;
  round: string;
  tile: string;
  areaUm: readonly [number, number, number, number] | null;
  state: TileState;
  /** Workers that took it. */
  tries: number;
  worker: string;
  /** Computing time; null before it is done. */
  seconds: number | null;
  error: string;
}

export interface BoardWorker {
  name: string;
  /** Task it has; empty when none. */
  task: string;
  done: number;
  failed: number;
  seconds: number;
  peakRssBytes: number;
  /** When it was heard of, RFC 3339. */
  heard: string;
}

export interface BoardError {
  time: string;
  round: string;
  tile: string;
  worker: string;
  error: string;
}

/** What has changed of a run since a revision, and everything that is short. */
export interface BoardNews {
  revision: number;
  /** Steps whose tasks are known, oldest first. */
  steps: string[];
  tasks: BoardTask[];
  workers: BoardWorker[];
  errors: BoardError[];
  counts: Record<TileState, number>;
  /** Of the last minute. */
  transcriptsPerSecond: number;
  tasksPerMinute: number;
  queue: { waiting: number; inWork: number; silentSeconds: number; inFlightBytes: number } | null;
  /** Until the step that goes on is done, by the rate of the last minute; null while that is not known. */
  etaSeconds: number | null;
  cluster: string;
  /** Whether the broker answers the coordinator; null for a run without one. */
  connected: boolean | null;
}

const MOST_TASKS = 100_000;
const MOST_STEPS = 40;
const MOST_WORKERS = 2000;
const MOST_ERRORS = 50;
const LONGEST_ERROR = 500;
const WINDOW_MS = 60_000;

/** What is known of the tasks of one run, from what it tells. Its size is bounded: the oldest steps and workers are forgotten. */
export class TaskBoard {
  readonly #now: () => number;
  readonly #tasks = new Map<string, Map<string, BoardTask & { revision: number }>>();
  readonly #workers = new Map<string, BoardWorker>();
  readonly #errors: BoardError[] = [];
  #recent: { time: number; transcripts: number }[] = [];
  #queue: BoardNews['queue'] = null;
  #cluster = '';
  #connected: boolean | null = null;
  #stepBegan = 0;
  #revision = 0;

  /** @param now the time, milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get revision(): number {
    return this.#revision;
  }

  hear(event: TaskEvent): void {
    this.#revision++;
    if (event.kind === 'tasks') this.#step(event);
    else if (event.kind === 'task') this.#task(event);
    else if (event.kind === 'queue') {
      const { waiting, inWork, silentSeconds, inFlightBytes } = event;
      this.#queue = { waiting, inWork, silentSeconds, inFlightBytes };
    } else if (event.kind === 'cluster') this.#cluster = event.run;
    else if (event.kind === 'broker') this.#connected = event.connected;
  }

  /** Workers that were heard of lately. */
  get workers(): number {
    const since = this.#now() - WINDOW_MS;
    return [...this.#workers.values()].filter(({ task, heard }) => task !== '' || Date.parse(heard) >= since)
      .length;
  }

  /** Whether the broker answers the coordinator; null for a run without one. */
  get connected(): boolean | null {
    return this.#connected;
  }

  get queue(): BoardNews['queue'] {
    return this.#queue;
  }

  /** Until the step that goes on is done, as fast as in the last minute of it, seconds; null when nothing was done then. */
  get etaSeconds(): number | null {
    const since = Math.max(this.#now() - WINDOW_MS, this.#stepBegan);
    const done = this.#recent.filter(({ time }) => time >= since).length;
    if (done === 0) return null;
    const { waiting, running, retried } = this.counts();
    return ((waiting + running + retried) * (this.#now() - since)) / 1000 / done;
  }

  /** Tasks by state, of the step that goes on. */
  counts(): Record<TileState, number> {
    const counts = { waiting: 0, running: 0, retried: 0, done: 0, failed: 0 };
    for (const { state } of [...this.#tasks.values()].at(-1)?.values() ?? []) counts[state]++;
    return counts;
  }

  /** @param since a revision that was given before; -1 for everything. */
  news(since: number): BoardNews {
    this.#forgetOld();
    const changed = [...this.#tasks.values()].flatMap((step) =>
      [...step.values()].filter(({ revision }) => revision > since),
    );
    const spanS = WINDOW_MS / 1000;
    return {
      revision: this.#revision,
      steps: [...this.#tasks.keys()],
      tasks: changed.map(({ revision: _, ...task }) => task),
      workers: [...this.#workers.values()],
      errors: [...this.#errors],
      counts: this.counts(),
      transcriptsPerSecond: this.#recent.reduce((sum, { transcripts }) => sum + transcripts, 0) / spanS,
      tasksPerMinute: this.#recent.length,
      queue: this.#queue,
      etaSeconds: this.etaSeconds,
      cluster: this.#cluster,
      connected: this.#connected,
    };
  }

  #step({ step, first, tasks }: Extract<TaskEvent, { kind: 'tasks' }>): void {
    if (first) {
      this.#tasks.delete(step);
      this.#stepBegan = this.#now();
    }
    const known = this.#tasks.get(step) ?? new Map<string, BoardTask & { revision: number }>();
    this.#tasks.set(step, known);
    for (const { task, round, tile, areaUm, done } of tasks) {
      const state = done ? 'done' : 'waiting';
      const fresh = { tries: 0, worker: '', seconds: null, error: '', revision: this.#revision };
      known.set(task, { step, task, round, tile, areaUm, state, ...fresh });
    }
    let all = [...this.#tasks.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [oldest, { size }] of this.#tasks) {
      if (oldest === step || (all <= MOST_TASKS && this.#tasks.size <= MOST_STEPS)) break;
      this.#tasks.delete(oldest);
      all -= size;
    }
  }

  #task(event: Extract<TaskEvent, { kind: 'task' }>): void {
    const task = this.#tasks.get(event.step)?.get(event.task);
    if (task === undefined) return;
    const isOver = event.state === 'retried' || event.state === 'failed';
    // A cluster names slots, not workers, when it tells of a failure: the one that took the task is meant.
    const worker = this.#worker(isOver && task.worker !== '' ? task.worker : event.worker);
    task.revision = this.#revision;
    if (event.state === 'running') {
      task.tries++;
      Object.assign(task, { state: task.tries > 1 ? 'retried' : 'running', worker: worker.name });
      worker.task = task.tile;
      return;
    }
    // It may have the next one before the result of this one is stored.
    if (worker.task === task.tile) worker.task = '';
    task.state = event.state;
    if (event.state === 'done') {
      Object.assign(task, { seconds: event.seconds, worker: worker.name, error: '' });
      worker.done++;
      worker.seconds += event.seconds;
      worker.peakRssBytes = Math.max(worker.peakRssBytes, event.peakRssBytes);
      this.#recent.push({ time: this.#now(), transcripts: event.transcripts });
      this.#forgetOld();
      return;
    }
    const error = event.error.slice(0, LONGEST_ERROR);
    worker.failed++;
    task.error = error;
    const time = new Date(this.#now()).toISOString();
    this.#errors.unshift({ time, round: task.round, tile: task.tile, worker: task.worker, error });
    this.#errors.length = Math.min(this.#errors.length, MOST_ERRORS);
  }

  #worker(name: string): BoardWorker {
    const none = { name, task: '', done: 0, failed: 0, seconds: 0, peakRssBytes: 0, heard: '' };
    const worker = this.#workers.get(name) ?? none;
    worker.heard = new Date(this.#now()).toISOString();
    this.#workers.delete(name);
    this.#workers.set(name, worker);
    if (this.#workers.size > MOST_WORKERS) this.#workers.delete(this.#workers.keys().next().value!);
    return worker;
  }

  #forgetOld(): void {
    const since = this.#now() - WINDOW_MS;
    const first = this.#recent.findIndex(({ time }) => time >= since);
    if (first !== 0) this.#recent = first < 0 ? [] : this.#recent.slice(first);
  }
}

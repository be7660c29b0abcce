import { type ErrorCode, SpatileError } from '@spatile/formats/errors';
import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import type { ProgressEvent } from '../api.ts';
import { type PoolEvent, WorkerPool } from '../dispatch/pool.ts';
import { advance, idleRound, type RoundCommand, type RoundEvent, type RoundState } from './advance.ts';
import { logEvent, logStep } from './events.ts';
import { interrupted, throwIfAborted } from './interrupt.ts';
import type { RunLog } from './log.ts';
import type { RunStore } from './store.ts';

export interface RoundTask {
  /** Tile id; the result is committed under it. */
  id: string;
  /** Handler name on the worker. */
  kind: string;
  /** Relative cost: heaviest first. */
  weight: number;
  /** Transcripts worked on, for the progress bar. */
  transcripts: number;
  /** Makes the input frame, when a worker is free for it. */
  input: () => Promise<Frame>;
}

export interface RoundOptions {
  store: RunStore;
  log: RunLog;
  workers: number;
  memoryBytes: number;
  order: 'heaviest' | 'lightest';
  progress: (event: ProgressEvent) => void;
  signal: AbortSignal;
}

/** What a task is called on the wire: late reports of an earlier round must not be taken for this one's. */
const wireName = (round: string, id: string): string => `${round}/${id}`;

export const resultName = (round: string, tile: string): string => `results/${round}/${tile}.frame`;

/**
 * Runs rounds of tasks on a pool of worker processes: the loop around `advance` that knows processes, disk and clock.
 * Results are committed to the run directory; what is committed already is not computed again.
 */
export class RoundRunner {
  private readonly options: RoundOptions;
  private pool: WorkerPool | null = null;
  private state: RoundState = idleRound();
  private tasks = new Map<string, RoundTask>();
  private settleRound: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  private fractions = new Map<string, number>();
  private chain: Promise<void> = Promise.resolve();

  constructor(options: RoundOptions) {
    this.options = options;
  }

  /** Runs one round to its end. Errors: what a task failed with, `WORKER_LOST`, `INTERRUPTED`, storage errors. */
  async run(round: string, label: string, tasks: RoundTask[]): Promise<void> {
    const { store, signal } = this.options;
    throwIfAborted(signal);
    const started = performance.now();
    await store.makeFolder(`results/${round}`);
    const committed = (await store.list(`results/${round}`)).map((name) => name.replace(/\.frame$/, ''));
    this.tasks = new Map(tasks.map((task) => [task.id, task]));
    this.fractions = new Map(tasks.filter((task) => committed.includes(task.id)).map((task) => [task.id, 1]));
    this.options.progress({ kind: 'step', step: round, label, total: tasks.length, unit: 'tiles' });
    const finished = new Promise<void>((resolve, reject) => {
      this.settleRound = { resolve, reject };
    });
    const onAbort = (): void => this.settleRound?.reject(interrupted());
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfAborted(signal);
      if (tasks.some((task) => !committed.includes(task.id))) this.ensurePool();
      this.feed({
        type: 'started',
        round,
        tasks: tasks.map(({ id, weight }) => ({ id, weight })),
        committed,
        order: this.options.order,
      });
      await finished;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.settleRound = null;
    }
    const seconds = (performance.now() - started) / 1000;
    this.options.progress({ kind: 'step-end', step: round, seconds });
    await logStep(store, round, started);
  }

  /** Ends a step on the coordinator's side when the run was interrupted. Errors: `INTERRUPTED`. */
  checkAborted(): void {
    throwIfAborted(this.options.signal);
  }

  /** A committed result of a round. */
  async result(round: string, tile: string, kind: string | null): Promise<Frame> {
    const name = resultName(round, tile);
    return decodeFrame(await this.options.store.read(name), kind, name);
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = null;
    await pool?.close(this.options.signal.aborted || !this.state.over);
    await this.chain.catch(() => undefined);
  }

  private ensurePool(): void {
    if (this.pool !== null) return;
    this.pool = new WorkerPool(
      this.options.memoryBytes,
      (event) => this.onPool(event),
      (text) => this.options.log.warn({ text }, 'worker stderr'),
    );
    for (let i = 0; i < this.options.workers; i++) this.pool.start();
  }

  private feed(event: RoundEvent): void {
    const next = advance(this.state, event);
    this.state = next.state;
    for (const command of next.commands) this.carryOut(command);
  }

  private carryOut(command: RoundCommand): void {
    switch (command.type) {
      case 'send':
        this.enqueue(() => this.send(command.worker, command.task, command.attempt));
        break;
      case 'replace-worker':
        this.pool?.start();
        break;
      case 'end-round':
        this.enqueue(async () => this.settleRound?.resolve());
        break;
      case 'fail-run':
        this.settleRound?.reject(new SpatileError(command.code, command.message));
        break;
    }
  }

  /** Input building and commits run one after the other: the coordinator holds one payload at a time. */
  private enqueue(job: () => Promise<void>): void {
    this.chain = this.chain.then(job).catch((error) => this.settleRound?.reject(error));
  }

  private async send(worker: number, id: string, attempt: number): Promise<void> {
    const task = this.tasks.get(id)!;
    const bytes = encodeFrame(await task.input());
    await this.pool?.send(worker, wireName(this.state.round, id), attempt, task.kind, bytes);
  }

  private onPool(event: PoolEvent): void {
    const { round, running } = this.state;
    switch (event.type) {
      case 'ready':
        this.feed({ type: 'worker-ready', worker: event.worker });
        break;
      case 'lost':
        this.options.log.warn(
          { round, tile: running.get(event.worker), reason: event.reason },
          'worker lost',
        );
        this.enqueue(() =>
          logEvent(this.options.store, { type: 'worker-lost', round, reason: event.reason }),
        );
        this.feed({ type: 'worker-lost', worker: event.worker, reason: event.reason });
        break;
      case 'progress': {
        const task = this.taskOf(event.task);
        if (task === null) break;
        this.fractions.set(task.id, Math.min(event.fraction, 0.999));
        this.report();
        break;
      }
      case 'failed': {
        const task = this.taskOf(event.task);
        if (task === null) break;
        const { code, message, retryable } = event.error;
        this.options.log.warn({ round, tile: task.id, error: event.error }, 'task failed');
        this.feed({
          type: 'failed',
          worker: event.worker,
          task: task.id,
          code: code as ErrorCode,
          message,
          retryable,
        });
        break;
      }
      case 'done':
        this.enqueue(() => this.commit(event));
        break;
    }
  }

  /** The task of this round that a report is about; null for a late report of an earlier round. */
  private taskOf(wire: string): RoundTask | null {
    const prefix = wireName(this.state.round, '');
    return wire.startsWith(prefix) ? (this.tasks.get(wire.slice(prefix.length)) ?? null) : null;
  }

  private async commit(event: Extract<PoolEvent, { type: 'done' }>): Promise<void> {
    const { round } = this.state;
    const task = this.taskOf(event.task);
    if (task === null) return;
    const { seconds, cpuSeconds, peakRssBytes, attempt, work } = event;
    // Logged first, so that no committed result lacks its line; a line without a result is followed by that of another attempt.
    await logEvent(this.options.store, {
      type: 'task',
      round,
      tile: task.id,
      attempt,
      seconds,
      cpuSeconds,
      peakRssBytes,
      transcripts: task.transcripts,
      work,
    });
    await this.options.store.commit(resultName(round, task.id), event.bytes);
    this.fractions.set(task.id, 1);
    this.report();
    this.feed({ type: 'committed', worker: event.worker, task: task.id });
  }

  private report(): void {
    let done = 0;
    let transcripts = 0;
    for (const [id, fraction] of this.fractions) {
      done += fraction;
      transcripts += fraction * (this.tasks.get(id)?.transcripts ?? 0);
    }
    this.options.progress({
      kind: 'advance',
      step: this.state.round,
      done,
      transcripts: Math.round(transcripts),
    });
  }
}

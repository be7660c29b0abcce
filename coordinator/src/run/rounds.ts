import { ERROR_CODES, type ErrorCode, SpatileError } from '@spatile/formats/errors';
import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { type Payload, payloadOf, wholeOf } from '@spatile/proto/payload';
import type { ProgressEvent } from '../api.ts';
import { WorkerPool } from '../dispatch/pool.ts';
import type { PoolEvent, TaskPool } from '../dispatch/task-pool.ts';
import { advance, idleRound, type RoundCommand, type RoundEvent, type RoundState } from './advance.ts';
import { logEvent, logSeconds, logStep } from './events.ts';
import { FramePayload } from './frame-payload.ts';
import { interrupted, throwIfAborted } from './interrupt.ts';
import { JobQueue } from './job-queue.ts';
import { Leisure } from './leisure.ts';
import type { RunLog } from './log.ts';
import { MemoryDeaths } from './memory-death.ts';
import { RoundProgress } from './round-progress.ts';
import { type RoundTask, taskKey } from './round-task.ts';
import { StepShares } from './step-shares.ts';
import type { RunStore } from './store.ts';
import type { TaskWatch } from './task-watch.ts';

export { type RoundTask, taskKey } from './round-task.ts';

export interface RoundOptions {
  store: RunStore;
  log: RunLog;
  workers: number;
  memoryBytes: number;
  order: 'heaviest' | 'lightest';
  progress: (event: ProgressEvent) => void;
  signal: AbortSignal;
  /** Hears what becomes of single tasks. */
  watch?: TaskWatch;
  /** Where tasks are computed, and how many at once; worker processes of this machine when absent. */
  cluster?: { slots: number; open: (log: RunLog, listener: (event: PoolEvent) => void) => TaskPool };
}

const keyOf = (task: RoundTask): string =>
  task.round === undefined ? task.id : taskKey(task.round, task.id);

const workerName = (worker: number): string => `worker ${worker + 1}`;

/** A worker may be of another version, or none of ours: it must not name the exit code. */
const knownCode = (code: string): ErrorCode =>
  Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL';

/** What a task is called on the wire: late reports of an earlier round must not be taken for this one's. */
const wireName = (round: string, key: string): string => `${round}/${key}`;

export const resultName = (round: string, tile: string): string => `results/${round}/${tile}.frame`;

/**
 * Runs rounds of tasks on a pool of worker processes: the loop around `advance` that knows processes, disk and clock.
 * Results are committed to the run directory; what is committed already is not computed again.
 */
export class RoundRunner {
  private readonly options: RoundOptions;
  private pool: TaskPool | null = null;
  private state: RoundState = idleRound();
  /** By key. */
  private tasks = new Map<string, RoundTask>();
  private settleRound: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  private done = new RoundProgress('', new Map(), () => undefined);
  private readonly jobs = new JobQueue((error) => this.settleRound?.reject(error));
  /** The input of the task that is next, made while all workers are busy. */
  private prepared: { key: string; bytes: Uint8Array | null } | null = null;
  readonly leisure = new Leisure();
  private shares = new StepShares();
  private failed: SpatileError | null = null;
  private readonly memoryDeaths = new MemoryDeaths();

  constructor(options: RoundOptions) {
    this.options = options;
  }

  /** Runs one round to its end. Errors: what a task failed with, `WORKER_LOST`, `INTERRUPTED`, storage errors. */
  async run(round: string, label: string, tasks: RoundTask[]): Promise<void> {
    const started = performance.now();
    await this.runTogether(round, label, tasks);
    await logStep(this.options.store, round, started);
  }

  /**
   * Runs tasks of several rounds, each as soon as what it needs is there. The time is logged by round: every moment is shared by
   * the tasks that are running then; one without any is of the round `name`.
   * @param name of all of them together, for progress; the round of tasks that name none.
   */
  async runGraph(name: string, label: string, tasks: RoundTask[]): Promise<void> {
    const shares = new StepShares();
    this.shares = shares;
    await this.runTogether(name, label, tasks);
    shares.pass();
    for (const round of new Set([name, ...tasks.map((task) => task.round ?? name)])) {
      const idle = round === name ? shares.secondsOfNobody() : 0;
      await logSeconds(this.options.store, round, shares.secondsOf(round) + idle);
    }
  }

  private async runTogether(name: string, label: string, tasks: RoundTask[]): Promise<void> {
    const { signal } = this.options;
    throwIfAborted(signal);
    // Workers that were started ahead may all have died before there was a round to fail.
    if (this.failed !== null) throw this.failed;
    const started = performance.now();
    this.tasks = new Map(tasks.map((task) => [keyOf(task), task]));
    const committed = await this.committedBefore(name);
    const done = new Set(committed);
    this.memoryDeaths.clear();
    const counted = new Map([...this.tasks].filter(([, { uncounted }]) => uncounted !== true));
    this.done = new RoundProgress(name, counted, this.options.progress);
    for (const key of committed) this.done.set(key, 1);
    this.options.progress({ kind: 'step', step: name, label, total: counted.size, unit: 'tiles' });
    this.options.watch?.round(name, this.tasks, done);
    const finished = new Promise<void>((resolve, reject) => {
      this.settleRound = { resolve, reject };
    });
    const onAbort = (): void => this.settleRound?.reject(interrupted());
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfAborted(signal);
      if (tasks.some((task) => !done.has(keyOf(task)))) this.ensurePool();
      this.feed({
        type: 'started',
        round: name,
        tasks: tasks.map((task) => ({ ...task, id: keyOf(task) })),
        committed,
        order: this.options.order,
      });
      await finished;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.settleRound = null;
      this.prepared = null;
      this.options.store.closeFiles();
    }
    const seconds = (performance.now() - started) / 1000;
    this.options.progress({ kind: 'step-end', step: name, seconds });
  }

  /** Keys of the tasks whose results are there already. */
  private async committedBefore(name: string): Promise<string[]> {
    const { store } = this.options;
    const stored = new Map<string, Set<string>>();
    for (const folder of new Set([...this.tasks.values()].map(({ round }) => round ?? name))) {
      await store.makeFolder(`results/${folder}`);
      const files = await store.list(`results/${folder}`);
      stored.set(folder, new Set(files.map((file) => file.replace(/\.frame$/, ''))));
    }
    return [...this.tasks]
      .filter(([, task]) => stored.get(task.round ?? name)!.has(task.id))
      .map(([key]) => key);
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

  /** Puts less in the place of a committed result of an earlier round: it counts as committed, and no task may need the rest. */
  async reduce(round: string, tile: string, frame: Frame): Promise<void> {
    await this.options.store.put(resultName(round, tile), encodeFrame(frame));
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = null;
    await pool?.close(this.options.signal.aborted || !this.state.over);
    await this.jobs.idle();
    // What was sent after the end of its round has opened files again.
    this.options.store.closeFiles();
  }

  /** Starts the workers ahead of the first round, so that they load while the coordinator reads. */
  warmUp(): void {
    this.ensurePool();
  }

  private ensurePool(): void {
    if (this.pool !== null) return;
    const { cluster, log, memoryBytes, workers } = this.options;
    const listener = (event: PoolEvent): void => this.onPool(event);
    this.pool =
      cluster?.open(log, listener) ??
      new WorkerPool(memoryBytes, listener, (text) => log.warn({ text }, 'worker stderr'));
    for (let i = 0; i < (cluster?.slots ?? workers); i++) this.pool.start();
  }

  private feed(event: RoundEvent): void {
    const held = 'worker' in event ? this.state.running.get(event.worker) : undefined;
    const buried = this.state.poisoned.size;
    const { state, commands } = advance(this.state, event);
    this.state = state;
    for (const key of [...state.poisoned.keys()].slice(buried)) this.buryDeadLetter(key);
    if (held !== undefined && 'worker' in event) this.share(held, event.worker, commands);
    for (const command of commands) {
      if (command.type === 'send') this.shares.begin(this.roundOf(command.task));
      this.carryOut(command);
    }
    this.prepareNext();
    this.leisure.use(this.state, this.jobs);
  }

  private carryOut(command: RoundCommand): void {
    switch (command.type) {
      case 'send':
        this.jobs.urgent(() => this.send(command.worker, command.task, command.attempt));
        break;
      case 'replace-worker':
        this.pool?.start();
        break;
      case 'end-round':
        this.jobs.urgent(async () => this.settleRound?.resolve());
        break;
      case 'fail-run':
        this.failed = new SpatileError(command.code, command.message, { fields: this.factsOf(command.task) });
        this.settleRound?.reject(this.failed);
        break;
    }
  }

  /** A task failed for good: it is told at once, though the others are finished first. */
  private buryDeadLetter(key: string): void {
    const { code, message, attempts } = this.state.poisoned.get(key)!;
    const { round, tile } = this.placeOf(key);
    this.options.log.warn({ round, tile, code, attempts }, message);
    if (!this.state.failed)
      this.options.progress({ kind: 'warning', message: `${message}; the other tiles are finished first` });
    this.jobs.urgent(() =>
      logEvent(this.options.store, { type: 'dead-letter', round, tile, attempts, code, message }),
    );
  }

  private placeOf(key: string): { round: string; tile: string } {
    const task = this.tasks.get(key);
    return { round: task?.round ?? this.state.round, tile: task?.id ?? key };
  }

  /** What is known of the task over which the run fails. */
  private factsOf(key: string | undefined): Record<string, unknown> {
    if (key === undefined) return {};
    return { ...this.placeOf(key), outOfMemory: this.memoryDeaths.explain(key) };
  }

  private async send(worker: number, key: string, attempt: number): Promise<void> {
    const task = this.tasks.get(key);
    if (task === undefined) return;
    const prepared = this.prepared?.key === key ? this.prepared.bytes : null;
    if (this.prepared?.key === key) this.prepared = null;
    const wire = wireName(this.state.round, key);
    const trace = this.options.watch?.sent(key);
    if (this.options.cluster === undefined) this.options.watch?.begun(key, workerName(worker));
    // A cluster asks for the input when a worker has taken the task: a job of its own then.
    const input =
      this.options.cluster === undefined
        ? async () => (prepared === null ? this.inputOf(task) : payloadOf(prepared))
        : () => this.jobs.result(() => this.inputOf(task));
    await this.pool?.send(worker, wire, attempt, task.kind, input, trace, task.weight);
  }

  /** While all workers are busy, makes the input of the task that is next: a worker that is free then waits for no disk. */
  private prepareNext(): void {
    // A cluster asks for the input when a worker has taken the task.
    if (this.options.cluster !== undefined) return;
    const key = this.state.ready[0];
    if (key === undefined || this.state.idle.length > 0 || this.state.over || this.prepared !== null) return;
    const next: { key: string; bytes: Uint8Array | null } = { key, bytes: null };
    this.prepared = next;
    this.jobs.later(async () => {
      // It may have been sent already, or the round may be over.
      if (this.prepared === next) next.bytes = await wholeOf(await this.inputOf(this.tasks.get(key)!));
    });
  }

  private async inputOf(task: RoundTask): Promise<Payload> {
    return new FramePayload(this.options.store, await task.input());
  }

  /** The time of a task that a worker held ends, unless it still holds it. */
  private share(held: string, worker: number, commands: readonly RoundCommand[]): void {
    const anew = commands.some((command) => command.type === 'send' && command.worker === worker);
    if (anew || this.state.running.get(worker) !== held) this.shares.end(this.roundOf(held));
  }

  private roundOf(key: string): string {
    return this.tasks.get(key)?.round ?? this.state.round;
  }

  private onPool(event: PoolEvent): void {
    const { round, running } = this.state;
    switch (event.type) {
      case 'ready':
        this.feed({ type: 'worker-ready', worker: event.worker });
        break;
      case 'lost': {
        const held = running.get(event.worker);
        this.options.log.warn({ round, tile: held, reason: event.reason }, 'worker lost');
        this.jobs.urgent(() =>
          logEvent(this.options.store, { type: 'worker-lost', round, reason: event.reason }),
        );
        this.memoryDeaths.note(held, 'WORKER_LOST', { memory: event.outOfMemory });
        this.feed({ type: 'worker-lost', worker: event.worker, reason: event.reason });
        this.tellFailed(held, event.worker, `the worker died (${event.reason})`);
        break;
      }
      case 'begun': {
        const task = this.taskOf(event.task);
        if (task !== null) this.options.watch?.begun(keyOf(task), event.by, event.waitedSeconds);
        break;
      }
      case 'queue': {
        const { type: _, ...news } = event;
        this.options.watch?.queue(news);
        break;
      }
      case 'broker': {
        const { type: _, ...news } = event;
        this.options.watch?.broker(news);
        break;
      }
      case 'progress': {
        const task = this.taskOf(event.task);
        if (task === null) break;
        this.done.set(keyOf(task), Math.min(event.fraction, 0.999));
        this.done.tell();
        break;
      }
      case 'failed': {
        const task = this.taskOf(event.task);
        if (task === null) break;
        const { code, message, retryable, fields } = event.error;
        if (running.get(event.worker) === keyOf(task)) this.memoryDeaths.note(keyOf(task), code, fields);
        this.options.log.warn(
          { round: task.round ?? round, tile: task.id, error: event.error },
          'task failed',
        );
        this.feed({
          type: 'failed',
          worker: event.worker,
          task: keyOf(task),
          code: knownCode(code),
          message,
          retryable,
        });
        this.tellFailed(keyOf(task), event.worker, message);
        break;
      }
      case 'done': {
        const task = this.taskOf(event.task);
        // First the worker gets its next task: it need not wait for the disk.
        if (task !== null) this.feed({ type: 'returned', worker: event.worker, task: keyOf(task) });
        const store = async (): Promise<void> => {
          try {
            await this.commit(event);
            event.settled?.(null);
          } catch (error) {
            event.settled?.(error);
            throw error;
          }
        };
        // A cluster bounds the results that come in at once, and the disk writes several in the time of one.
        if (this.options.cluster === undefined) this.jobs.urgent(store);
        else this.jobs.atOnce(store);
        break;
      }
      case 'warning':
        this.options.log.warn({ round }, event.message);
        this.options.progress({ kind: 'warning', message: event.message });
        break;
      case 'broken':
        if (event.different !== undefined) this.options.watch?.different(event.different);
        this.failed = event.error;
        this.settleRound?.reject(event.error);
        break;
    }
  }

  /** The task of this round that a report is about; null for a late report of an earlier round. */
  private taskOf(wire: string): RoundTask | null {
    const prefix = wireName(this.state.round, '');
    return wire.startsWith(prefix) ? (this.tasks.get(wire.slice(prefix.length)) ?? null) : null;
  }

  private async commit(event: Extract<PoolEvent, { type: 'done' }>): Promise<void> {
    const task = this.taskOf(event.task);
    if (task === null) return;
    const round = task.round ?? this.state.round;
    const { seconds, cpuSeconds, peakRssBytes, attempt, work } = event;
    const started = performance.now();
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
    this.done.set(keyOf(task), 1);
    const commitSeconds = (performance.now() - started) / 1000;
    this.options.watch?.done(keyOf(task), event.by ?? workerName(event.worker), event, commitSeconds);
    this.done.tell();
    this.feed({ type: 'committed', worker: event.worker, task: keyOf(task) });
  }

  private tellFailed(key: string | undefined, worker: number, error: string): void {
    if (key === undefined) return;
    this.options.watch?.failed(key, workerName(worker), error, this.state.poisoned.has(key));
  }
}

import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import { SpatileError } from '@spatile/formats/errors';
import { dieAt, reached } from '@spatile/formats/failpoint';
import type { WireError } from '@spatile/formats/tile/protocol';
import { NEAR_LIMIT } from '@spatile/proto/messages';
import type { TaskMessage } from '@spatile/proto/task';
import { NO_TRACER, type Span, TRACEPARENT, type Tracer, traceparent } from '@spatile/proto/tracing';
import type { Kernel, Outcome } from './kernel-process.ts';
import { memoryShare } from './memory-share.ts';
import type { TileClient, TracedAttempt } from './tile-client.ts';

/** How a try at a task ended. */
export type AttemptEnd = 'committed' | 'already' | 'elsewhere' | 'over' | 'failed' | 'lost' | 'preempted';

/** What a try took, as far as it came; `seconds` of computing is null when there is no result. */
export interface AttemptReport {
  kind: string;
  seconds: number | null;
  peakRssBytes: number;
  fetchedBytes: number;
  committedBytes: number;
}

/** Heartbeats in the time after which silence hands a task to somebody else. */
const BEATS = 4;
/** How long a task that another worker is to compute stays away, and at most, milliseconds: doubles with each delivery. */
const ELSEWHERE_MS = [250, 2000] as const;
/** How often its memory is looked at, milliseconds. */
const MEMORY_LOOK_MS = 250;
/** A kernel without progress for so many of these times, and for so long, is ended: its worker is wanted elsewhere. */
const HUNG_WAITS = 3;
const LEAST_HUNG_MS = 60_000;
/** How long a deaf worker (a failpoint) hears nothing, in the same times. */
const DEAF_WAITS = 2;

/**
 * One try at one task: begins it with the coordinator, fetches, computes, commits. While it computes, the queue is told that
 * it goes on, but only as long as it makes progress, so that a hung kernel is noticed; waiting for the coordinator, whose calls
 * have limits of their own, counts as progress. A coordinator that is silent for as long ends the try. After a pause of its own (the machine
 * slept) the message may be somebody else's by now: from then on this try says nothing more about it to the queue, but still
 * commits what it has, since the first result counts whoever gives it. A kernel that makes no progress for long is ended.
 */
export class TaskAttempt {
  readonly #message: JsMsg;
  readonly #task: TaskMessage;
  readonly #client: TileClient;
  readonly #kernel: Kernel;
  readonly #ackWaitMs: number;
  readonly #attempt: { run: string; task: string; epoch: number; attemptId: string; worker: string };
  readonly #started = performance.now();
  #fraction = 0;
  #moved = true;
  /** Heartbeats since the kernel last moved. */
  #still = 0;
  #lastWord = performance.now();
  /** Share of the memory that was last told. */
  #memoryTold = 0;
  #stale = false;
  /** Whether tile or result are on their way. */
  #moving: 'fetch' | 'commit' | null = null;
  /** Since when no heartbeat has been answered. */
  #unheardSince: number | null = null;
  #stopped: 'lost' | 'preempted' | 'unreachable' | 'hung' | null = null;
  readonly #stopping = new AbortController();
  readonly #span: Span;
  readonly report: AttemptReport = {
    kind: '',
    seconds: null,
    peakRssBytes: 0,
    fetchedBytes: 0,
    committedBytes: 0,
  };

  constructor(options: {
    message: JsMsg;
    task: TaskMessage;
    client: TileClient;
    kernel: Kernel;
    ackWaitMs: number;
    worker: string;
    tracer?: Tracer;
  }) {
    this.#message = options.message;
    this.#task = options.task;
    this.#client = options.client;
    this.#kernel = options.kernel;
    this.#ackWaitMs = options.ackWaitMs;
    const { run, task, epoch } = options.task;
    this.#attempt = { run, task, epoch, attemptId: randomUUID(), worker: options.worker };
    const { tracer = NO_TRACER, message, worker } = options;
    this.#span = tracer.span('process', traceparent(message.headers?.get(TRACEPARENT)), {
      ...{ 'spatile.run': run, 'spatile.task': task, 'spatile.epoch': epoch, 'spatile.worker': worker },
    });
  }

  /** Milliseconds that the rest will take, by the progress so far; infinite before there is any. */
  get restMs(): number {
    const elapsed = performance.now() - this.#started;
    return this.#fraction === 0
      ? Number.POSITIVE_INFINITY
      : (elapsed * (1 - this.#fraction)) / this.#fraction;
  }

  /** Stops whatever is under way; the task goes back to the queue at once. */
  preempt(): void {
    this.#stop('preempted');
  }

  /** Rejects with `CLUSTER` when the coordinator stays away: the message then comes back to the queue by itself. */
  async run(): Promise<AttemptEnd> {
    try {
      const end = await this.#run();
      this.#span.set({ 'spatile.end': end });
      this.#span.end();
      return end;
    } catch (error) {
      this.#span.end(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #run(): Promise<AttemptEnd> {
    let beating: NodeJS.Timeout | undefined;
    let looking: NodeJS.Timeout | undefined;
    try {
      const { verdict, kind } = await this.#client.begin(this.#attempt, this.#stopping.signal);
      if (verdict === 'ELSEWHERE') {
        this.#message.nak(awayMs(this.#message.info.deliveryCount));
        return 'elsewhere';
      }
      if (verdict !== 'GO') {
        await this.#acknowledge();
        return verdict === 'OVER' ? 'over' : 'already';
      }
      dieAt('worker.after-begin', this.#task.task);
      beating = setInterval(() => this.#beat(), this.#ackWaitMs / BEATS);
      looking = setInterval(() => this.#tellOfMemory(), MEMORY_LOOK_MS);
      return await this.#work(kind);
    } catch (error) {
      if (this.#stopped === null || this.#stopped === 'hung') throw error;
      return await this.#giveBack();
    } finally {
      clearInterval(beating);
      clearInterval(looking);
    }
  }

  async #work(kind: string): Promise<AttemptEnd> {
    const { signal } = this.#stopping;
    this.report.kind = kind;
    const bytes = await this.#wait('fetch', (attempt) => this.#client.fetch(attempt, signal));
    this.report.fetchedBytes = bytes.length;
    if (this.#stopped !== null) return this.#giveBack();
    if (reached('worker.deaf', this.#task.task)) hearNothing(DEAF_WAITS * this.#ackWaitMs);
    const computing = this.#span.child('compute', { 'spatile.kind': kind });
    const outcome = await this.#kernel.compute(this.#task.task, kind, bytes, (fraction) => {
      this.#fraction = fraction;
      this.#moved = true;
    });
    computing.end(outcome.type === 'done' ? undefined : outcome.type);
    if (outcome.type !== 'done') {
      if (this.#stopped !== null && this.#stopped !== 'hung') return this.#giveBack();
      const error = this.#stopped === 'hung' ? hung(this.#hungMs) : failure(outcome);
      await this.#client.fail(this.#attempt, error, false);
      // The coordinator hands it out anew, or ends the run; unless the queue has done so before, whose message this now is.
      if (!this.#stale) await this.#acknowledge();
      return 'failed';
    }
    const { seconds, peakRssBytes, bytes: result } = outcome;
    Object.assign(this.report, { seconds, peakRssBytes, committedBytes: result.length });
    const committed = await this.#wait('commit', (attempt) => this.#client.commit(attempt, outcome, signal));
    dieAt('worker.after-commit', this.#task.task);
    await this.#acknowledge();
    return committed === 'COMMITTED' ? 'committed' : 'already';
  }

  get #hungMs(): number {
    return Math.max(LEAST_HUNG_MS, HUNG_WAITS * this.#ackWaitMs);
  }

  async #wait<T>(what: 'fetch' | 'commit', call: (attempt: TracedAttempt) => Promise<T>): Promise<T> {
    this.#moving = what;
    const span = this.#span.child(what);
    try {
      return await call({ ...this.#attempt, trace: span.traceparent });
    } finally {
      span.end();
      this.#moving = null;
      this.#moved = true;
    }
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#lastWord > this.#ackWaitMs) this.#stale = true;
    if (!this.#moved && this.#moving === null) {
      // Beats are counted, not time: a worker that slept itself has not seen its kernel stand still.
      if ((++this.#still * this.#ackWaitMs) / BEATS >= this.#hungMs) this.#stop('hung');
      return;
    }
    this.#still = 0;
    this.#moved = false;
    this.#lastWord = now;
    if (!this.#stale) this.#message.working();
    this.#hearVerdict();
  }

  /** A worker whose memory runs out may have no time for its next heartbeat: the coordinator hears of it before. */
  #tellOfMemory(): void {
    if (this.#memoryTold >= NEAR_LIMIT || memoryShare(this.#kernel.pid) < NEAR_LIMIT) return;
    this.#hearVerdict();
  }

  #hearVerdict(): void {
    this.#memoryTold = memoryShare(this.#kernel.pid);
    this.#client.beat(this.#attempt, this.#fraction, this.#memoryTold).then(
      (verdict) => {
        this.#unheardSince = null;
        // Whose result is on its way gives it nevertheless: it is counted, or compared with the one that was.
        if (verdict === 'CANCELLED' || (verdict === 'LOST' && this.#moving !== 'commit')) this.#stop('lost');
      },
      () => {
        const failed = performance.now();
        this.#unheardSince ??= failed;
        if (failed - this.#unheardSince >= this.#ackWaitMs) this.#stop('unreachable');
      },
    );
  }

  #stop(why: 'lost' | 'preempted' | 'unreachable' | 'hung'): void {
    if (this.#stopped !== null) return;
    this.#stopped = why;
    if (why === 'hung') this.#stale = true;
    else this.#stopping.abort();
    this.#kernel.kill();
  }

  async #giveBack(): Promise<AttemptEnd> {
    if (this.#stopped === 'unreachable')
      throw new SpatileError(
        'CLUSTER',
        `${this.#task.server}: no heartbeat was answered for ${this.#ackWaitMs / 1000} s; expected the coordinator of the run; check that it runs and that this machine may reach it`,
      );
    if (this.#stopped === 'lost') {
      await this.#acknowledge();
      return 'lost';
    }
    await this.#client.fail(this.#attempt, PREEMPTED, true).catch(() => undefined);
    if (!this.#stale) this.#message.nak(0);
    return 'preempted';
  }

  /** Takes the message off the queue: right whoever does it, once there is a result or a verdict. */
  async #acknowledge(): Promise<void> {
    await this.#message.ackAck({ timeout: 5000 }).catch(() => false);
  }
}

const awayMs = (deliveries: number): number =>
  Math.min(ELSEWHERE_MS[0] * 2 ** Math.max(0, deliveries - 1), ELSEWHERE_MS[1]);

const PREEMPTED: WireError = {
  code: 'INTERRUPTED',
  message: 'the worker had to leave',
  fields: {},
  retryable: true,
  stack: '',
};

const hung = (milliseconds: number): WireError => ({
  code: 'WORKER_LOST',
  message: `the computing process made no progress for ${milliseconds / 1000} s; expected it to go on; raise --ack-wait if tiles are that slow, else please report this`,
  fields: { hungMs: milliseconds },
  retryable: true,
  stack: '',
});

/** Stops everything in this process, as a machine that swaps or sleeps would. */
function hearNothing(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function failure(outcome: Exclude<Outcome, { type: 'done' }>): WireError {
  if (outcome.type === 'failed') return outcome.error;
  return {
    code: 'WORKER_LOST',
    message: `the computing process died (${outcome.reason}); expected it to finish; give workers more memory with --memory`,
    fields: { reason: outcome.reason, memory: outcome.outOfMemory },
    retryable: true,
    stack: '',
  };
}

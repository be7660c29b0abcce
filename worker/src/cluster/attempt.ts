import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import type { WireError } from '@spatile/formats/tile/protocol';
import type { TaskMessage } from '@spatile/proto/task';
import type { KernelProcess, Outcome } from './kernel-process.ts';
import type { TileClient } from './tile-client.ts';

/** How a try at a task ended. */
export type AttemptEnd = 'committed' | 'already' | 'over' | 'failed' | 'lost' | 'preempted';

/** Heartbeats in the time after which silence hands a task to somebody else. */
const BEATS = 4;

/**
 * One try at one task: begins it with the coordinator, fetches, computes, commits. While it computes, the queue is told that
 * it goes on, but only as long as it makes progress, so that a hung kernel is noticed. After a pause of its own (the machine
 * slept) the message may be somebody else's by now: from then on this try says nothing more about it to the queue, but still
 * commits what it has, since the first result counts whoever gives it.
 */
export class TaskAttempt {
  readonly #message: JsMsg;
  readonly #task: TaskMessage;
  readonly #client: TileClient;
  readonly #kernel: KernelProcess;
  readonly #ackWaitMs: number;
  readonly #attempt: { run: string; task: string; epoch: number; attemptId: string; worker: string };
  readonly #started = performance.now();
  #fraction = 0;
  #moved = true;
  #lastWord = performance.now();
  #stale = false;
  #stopped: 'lost' | 'preempted' | null = null;

  constructor(options: {
    message: JsMsg;
    task: TaskMessage;
    client: TileClient;
    kernel: KernelProcess;
    ackWaitMs: number;
    worker: string;
  }) {
    this.#message = options.message;
    this.#task = options.task;
    this.#client = options.client;
    this.#kernel = options.kernel;
    this.#ackWaitMs = options.ackWaitMs;
    const { run, task, epoch } = options.task;
    this.#attempt = { run, task, epoch, attemptId: randomUUID(), worker: options.worker };
  }

  /** Milliseconds that the rest will take, by the progress so far; infinite before there is any. */
  get restMs(): number {
    const elapsed = performance.now() - this.#started;
    return this.#fraction === 0
      ? Number.POSITIVE_INFINITY
      : (elapsed * (1 - this.#fraction)) / this.#fraction;
  }

  /** Stops computing; the task goes back to the queue at once. */
  preempt(): void {
    this.#stop('preempted');
  }

  /** Rejects with `CLUSTER` when the coordinator stays away: the message then comes back to the queue by itself. */
  async run(): Promise<AttemptEnd> {
    const { verdict, kind } = await this.#client.begin(this.#attempt);
    if (verdict !== 'GO') {
      await this.#acknowledge();
      return verdict === 'OVER' ? 'over' : 'already';
    }
    const beating = setInterval(() => this.#beat(), this.#ackWaitMs / BEATS);
    try {
      const bytes = await this.#client.fetch(this.#attempt);
      if (this.#stopped !== null) return await this.#giveBack();
      this.#moved = true;
      const outcome = await this.#kernel.compute(this.#task.task, kind, bytes, (fraction) => {
        this.#fraction = fraction;
        this.#moved = true;
      });
      if (outcome.type !== 'done') {
        if (this.#stopped !== null) return await this.#giveBack();
        await this.#client.fail(this.#attempt, failure(outcome), false);
        // The coordinator hands it out anew, or ends the run.
        await this.#acknowledge();
        return 'failed';
      }
      this.#moved = true;
      const committed = await this.#client.commit(this.#attempt, outcome);
      await this.#acknowledge();
      return committed === 'COMMITTED' ? 'committed' : 'already';
    } finally {
      clearInterval(beating);
    }
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#lastWord > this.#ackWaitMs) this.#stale = true;
    if (!this.#moved) return;
    this.#moved = false;
    this.#lastWord = now;
    if (!this.#stale) this.#message.working();
    // A coordinator that does not answer now is none that says stop.
    this.#client.beat(this.#attempt, this.#fraction).then(
      (verdict) => {
        if (verdict !== 'GO_ON') this.#stop('lost');
      },
      () => undefined,
    );
  }

  #stop(why: 'lost' | 'preempted'): void {
    if (this.#stopped !== null) return;
    this.#stopped = why;
    this.#kernel.kill();
  }

  async #giveBack(): Promise<AttemptEnd> {
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

const PREEMPTED: WireError = {
  code: 'INTERRUPTED',
  message: 'the worker had to leave',
  fields: {},
  retryable: true,
  stack: '',
};

function failure(outcome: Exclude<Outcome, { type: 'done' }>): WireError {
  if (outcome.type === 'failed') return outcome.error;
  return {
    code: 'WORKER_LOST',
    message: `the computing process died (${outcome.reason}); expected it to finish; give workers more memory with --memory`,
    fields: { reason: outcome.reason },
    retryable: true,
    stack: '',
  };
}

import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, SpatileError } from '@spatile/formats/errors';
import { type JobInput, type JobMessage, type JobName, type JobReply, type JobResult, jobs } from './jobs.ts';

/** Jobs a thread holds at once: one it does and two that wait, so that it never waits for us, who may be busy for as long as two take. */
const DEPTH = 3;
/** One thread of JavaScript cannot feed more. */
const MOST_THREADS = 7;

interface Waiting {
  job: JobName;
  input: unknown;
  transfer: ArrayBuffer[];
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** `background`: takes the time that nobody else on the machine wants (on Linux, where a thread can have a priority of its own). */
export type ThreadPriority = 'normal' | 'background';

interface Member {
  worker: Worker;
  held: Map<number, Waiting>;
}

/**
 * Threads of the coordinator for work that is cut into independent pieces. What they have no room for is done by whoever asks,
 * so that with n threads n + 1 cores are busy, and without threads everything happens in place. Results do not depend on it.
 */
export class ThreadPool {
  readonly #members: Member[] = [];
  readonly #queue: Waiting[] = [];
  #pumping = false;
  #next = 0;
  #size: number;
  readonly #priority: ThreadPriority;

  /** `size` threads (seven at the most), each started when there is a job for it; 0 for none. */
  constructor(size: number, priority: ThreadPriority = 'normal') {
    this.#size = Math.min(size, MOST_THREADS);
    this.#priority = priority;
  }

  /** Threads that there may be. */
  get size(): number {
    return this.#size;
  }

  /** Starts all threads ahead of their first jobs. */
  warmUp(): void {
    while (this.#members.length < this.#size) this.#start();
  }

  /**
   * Does a job. The memory in `transfer` may move away with it.
   * Errors: those of the job; `INTERNAL` when its thread ends.
   */
  run<K extends JobName>(job: K, input: JobInput<K>, transfer: ArrayBuffer[] = []): Promise<JobResult<K>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, input, transfer, resolve, reject });
      this.#handOut();
      if (this.#queue.length > 0 && !this.#pumping) void this.#help();
    });
  }

  /** Ends all threads; jobs that come later are done in place. */
  async close(): Promise<void> {
    this.#size = 0;
    const members = this.#members.splice(0);
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }

  #start(): void {
    const member: Member = {
      worker: new Worker(threadMain(), { workerData: { priority: this.#priority } }),
      held: new Map(),
    };
    member.worker.on('message', (reply: JobReply) => this.#settle(member, reply));
    member.worker.on('error', (cause) => this.#lose(member, cause));
    // A thread that has nothing to do keeps no process alive.
    member.worker.unref();
    this.#members.push(member);
  }

  /** Gives waiting jobs to threads that have room, least busy first. */
  #handOut(): void {
    while (this.#queue.length > 0) {
      const member = this.#leastBusy();
      if (member === null || member.held.size >= DEPTH) return;
      const waiting = this.#queue.shift()!;
      const id = this.#next++;
      member.held.set(id, waiting);
      member.worker.ref();
      const message: JobMessage = { id, job: waiting.job, input: waiting.input as never };
      member.worker.postMessage(message, waiting.transfer);
    }
  }

  /** A thread without a job if there is one or may be one more, else the one with fewest; null without threads. */
  #leastBusy(): Member | null {
    const [member] = [...this.#members].sort((a, b) => a.held.size - b.held.size);
    if (member !== undefined && (member.held.size === 0 || this.#members.length >= this.#size)) return member;
    if (this.#members.length >= this.#size) return null;
    this.#start();
    return this.#members[this.#members.length - 1];
  }

  /** Does what the threads have no room for, one job in a turn, so that their replies come through. */
  async #help(): Promise<void> {
    this.#pumping = true;
    await setImmediate();
    for (this.#handOut(); this.#queue.length > 0; this.#handOut()) {
      const { job, input, resolve, reject } = this.#queue.shift()!;
      await jobs[job](input as never).then(resolve as (value: unknown) => void, reject);
      await setImmediate();
    }
    this.#pumping = false;
  }

  #settle(member: Member, reply: JobReply): void {
    const waiting = member.held.get(reply.id);
    if (waiting === undefined) return;
    member.held.delete(reply.id);
    if (member.held.size === 0) member.worker.unref();
    if ('value' in reply) waiting.resolve(reply.value as never);
    else waiting.reject(thrownBy(reply.error));
    this.#handOut();
  }

  #lose(member: Member, cause: Error): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    for (const { job, reject } of member.held.values())
      reject(
        new SpatileError('INTERNAL', `a thread ended while it did ${job} (${cause.message})`, { cause }),
      );
    member.held.clear();
  }
}

function thrownBy({
  code,
  message,
  fields,
}: {
  code: string | null;
  message: string;
  fields: Record<string, unknown>;
}): Error {
  return code === null
    ? Object.assign(new Error(message), fields)
    : new SpatileError(code as ErrorCode, message, { fields });
}

/** The built thread: beside the built coordinator, or in `dist` when the coordinator runs from its sources (tests). */
function threadMain(): string {
  for (const relative of ['./thread.js', '../../../dist/coordinator/thread.js']) {
    const path = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', 'dist/coordinator/thread.js is missing; run npm run build');
}

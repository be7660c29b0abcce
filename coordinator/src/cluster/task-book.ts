import { SpatileError } from '@spatile/formats/errors';
import type { WireError } from '@spatile/formats/tile/protocol';
import { type AttemptMessage, NEAR_LIMIT } from '@spatile/proto/messages';
import type { WorkerClass } from '@spatile/proto/names';
import type { Payload } from '@spatile/proto/payload';
import type { DoneReport, PoolEvent } from '../dispatch/task-pool.ts';
import { MAX_ATTEMPTS } from '../run/advance.ts';
import type { RunningTask } from './stragglers.ts';
import { Verification } from './verification.ts';

/** What is known of a try. */
interface KnownAttempt {
  worker: string;
  /** Whether it is known to have ended. */
  ended: boolean;
  /** Whether it was heard of since the task was last begun. */
  heard: boolean;
  /** When it last said anything, milliseconds. */
  heardAt: number;
  fraction: number;
  /** Share of its memory that the worker used when it was last heard of. */
  memory: number;
}

/** A task that was handed out and has no result yet. */
interface OpenTask {
  slot: number;
  attempt: number;
  kind: string;
  input: () => Promise<Payload>;
  weight: number;
  /** Who is to compute it. */
  workers: WorkerClass;
  /** When it was handed out, milliseconds; the second time when two workers have to compute it. */
  openedAt: number;
  /** When it was first begun, milliseconds; null before. */
  begunAt: number | null;
  /** Whether a second worker was asked for as well. */
  doubled: boolean;
  epoch: number;
  /** By id. */
  attempts: Map<string, KnownAttempt>;
  /** The commit that is under way; the first of a task. */
  committing: { digest: string; stored: Promise<void> } | null;
}

export type BeginVerdict = 'GO' | 'ALREADY' | 'OVER' | 'ELSEWHERE';
export type BeatVerdict = 'GO_ON' | 'LOST' | 'CANCELLED';
export type CommitVerdict = 'COMMITTED' | 'ALREADY' | 'DIFFERENT' | 'CLOSED';

/** What a worker works on, for pages and metrics. */
export interface ActiveAttempt {
  task: string;
  worker: string;
  fraction: number;
  /** Since it said anything. */
  silentMs: number;
}

/** What else a book goes by. */
export interface BookRules {
  /** Classes of workers that the run has. */
  classes: readonly WorkerClass[];
  /** Hears that a task is to be published again, for workers of another class. */
  moved: (task: string, epoch: number) => void;
  /** Whether the result of a task counts only when two workers give the same. */
  verify: (task: string) => boolean;
  /** Where no other worker is heard of for so long, one may compute its own results again, milliseconds. */
  aloneMs: number;
  /** Milliseconds. */
  now: () => number;
}

const PLAIN: BookRules = {
  classes: ['cpu'],
  moved: () => undefined,
  verify: () => false,
  aloneMs: Number.POSITIVE_INFINITY,
  now: () => performance.now(),
};

/**
 * What the coordinator of a run knows of its open tasks: who tries them, what came of it, and whose result counts. Delivery
 * by the queue is at least once and in any order; here every message of a worker gets its verdict. A task on which workers
 * die goes to larger ones at last, where there are any. Knows no network, so fault tests replay calls.
 */
export class TaskBook {
  readonly run: string;
  readonly #listener: (event: PoolEvent) => void;
  readonly #begun: (task: string, worker: string, waitedMs: number | null) => void;
  readonly #open = new Map<string, OpenTask>();
  /** Of tasks whose results were stored: the digest, and who may still give theirs for comparison. */
  readonly #done = new Map<string, { digest: string; attempts: ReadonlySet<string> }>();
  /** Attempts that were under way when the run ended and do not know it yet. */
  readonly #untold = new Set<string>();
  /** How many workers died on an open task and said so. */
  readonly #deaths = new Map<string, number>();
  readonly #rules: BookRules;
  readonly #verification: Verification;
  #over = false;

  /** @param begun hears who has taken which task, and, the first time, how long it had waited, milliseconds. */
  constructor(
    run: string,
    listener: (event: PoolEvent) => void,
    begun: (task: string, worker: string, waitedMs: number | null) => void = () => undefined,
    rules: BookRules = PLAIN,
  ) {
    this.run = run;
    this.#listener = listener;
    this.#begun = begun;
    this.#rules = rules;
    const warn = (message: string): void => listener({ type: 'warning', message });
    this.#verification = new Verification({ ...rules, warn });
  }

  /** Opens a task, or opens it anew after a failure; gives its epoch, which is larger each time. */
  open(
    slot: number,
    task: string,
    attempt: number,
    kind: string,
    input: OpenTask['input'],
    weight = 1,
  ): number {
    const before = this.#open.get(task);
    const epoch = (before?.epoch ?? 0) + 1;
    const about = { slot, attempt, kind, input, weight, epoch, workers: this.#classFor(task, kind) };
    this.#open.set(task, {
      ...about,
      openedAt: this.#rules.now(),
      begunAt: null,
      doubled: false,
      attempts: new Map(),
      committing: null,
    });
    return epoch;
  }

  /** Who is to compute an open task. */
  workersOf(task: string): WorkerClass {
    return this.#open.get(task)?.workers ?? 'cpu';
  }

  /** What an open task is; null for one that is not open. */
  kindOf(task: string): { kind: string; weight: number } | null {
    return this.#open.get(task) ?? null;
  }

  /** Tasks in work for which no second worker was asked, of one class. */
  running(workers: WorkerClass): RunningTask[] {
    const now = this.#rules.now();
    return [...this.#open]
      .filter(([, open]) => open.workers === workers && !open.doubled && open.committing === null)
      .filter(([, { attempts }]) => [...attempts.values()].some(({ ended }) => !ended))
      .map(([task, { kind, weight, begunAt }]) => ({
        task,
        kind,
        weight,
        elapsedMs: now - (begunAt ?? now),
      }));
  }

  /** A second worker is asked to try a task; gives the epoch that it has. */
  double(task: string): number | null {
    const open = this.#open.get(task);
    if (open === undefined) return null;
    open.doubled = true;
    return open.epoch;
  }

  /** Tasks without a result, in the order in which they were opened, with the epoch of their next publication. */
  reopen(): { task: string; epoch: number }[] {
    return [...this.#open].map(([task, open]) => {
      // Who works on it may still commit, but is not counted as vanished: the queue was at fault.
      for (const attempt of open.attempts.values()) attempt.ended = true;
      return { task, epoch: ++open.epoch };
    });
  }

  /** Whether the result of a task counts only when two workers give the same. */
  verifies(task: string): boolean {
    return this.#rules.verify(task);
  }

  /** How many results were computed twice: by two workers, and by one alone. */
  get verified(): { agreed: number; repeated: number } {
    return this.#verification.counts;
  }

  get openTasks(): number {
    return this.#open.size;
  }

  active(): ActiveAttempt[] {
    const now = this.#rules.now();
    return [...this.#open].flatMap(([task, { attempts }]) =>
      [...attempts.values()]
        // Whoever has not been heard of since another took the task has it no more.
        .filter(({ ended, heard }, i) => !ended && (heard || i === attempts.size - 1))
        .map(({ worker, fraction, heardAt }) => ({ task, worker, fraction, silentMs: now - heardAt })),
    );
  }

  /** From now on every worker is told that the run is over. */
  end(): void {
    this.#over = true;
    for (const { attempts } of this.#open.values())
      for (const [id, { ended }] of attempts) if (!ended) this.#untold.add(id);
    this.#open.clear();
  }

  /** Attempts that were under way at the end of the run and were not told yet. */
  get untold(): number {
    return this.#untold.size;
  }

  begin(attempt: AttemptMessage): { verdict: BeginVerdict; kind: string } {
    if (this.#over || attempt.run !== this.run) return { verdict: 'OVER', kind: '' };
    this.#verification.heard(attempt.worker);
    const open = this.#open.get(attempt.task);
    if (open === undefined || attempt.epoch < open.epoch || open.committing !== null)
      return { verdict: 'ALREADY', kind: '' };
    if (open.attempts.has(attempt.attemptId)) return { verdict: 'GO', kind: open.kind };
    if (this.#verification.elsewhere(attempt.task, attempt.worker)) return { verdict: 'ELSEWHERE', kind: '' };
    const vanished = [...open.attempts.values()].filter(({ ended, heard }) => !ended && !heard);
    for (const known of open.attempts.values()) known.heard = false;
    if (vanished.length >= MAX_ATTEMPTS - 1 && this.#moveUp(attempt.task, open))
      return { verdict: 'ALREADY', kind: '' };
    if (vanished.length >= MAX_ATTEMPTS) {
      this.#poison(attempt.task, open, vanished);
      return { verdict: 'ALREADY', kind: '' };
    }
    const now = this.#rules.now();
    const waitedMs = open.begunAt === null ? now - open.openedAt : null;
    open.begunAt ??= now;
    open.attempts.set(attempt.attemptId, {
      worker: attempt.worker,
      ended: false,
      heard: false,
      heardAt: now,
      fraction: 0,
      memory: 0,
    });
    this.#verification.begun(attempt);
    this.#begun(attempt.task, attempt.worker, waitedMs);
    return { verdict: 'GO', kind: open.kind };
  }

  /**
   * The input of a task for a worker that holds it. Errors: `CLUSTER` for anybody else; whatever making or reading it fails with,
   * which ends the run as well: no other worker would get it either.
   */
  async input(attempt: AttemptMessage): Promise<Payload> {
    const open = this.#held(attempt);
    if (open === null)
      throw new SpatileError(
        'CLUSTER',
        `task ${attempt.task}: not held by attempt ${attempt.attemptId}; expected BeginAttempt before Fetch; take the next task`,
      );
    const failed = (error: unknown): never => {
      // Once there is a result, its files may be gone.
      if (this.#open.get(attempt.task) === open)
        this.#listener({ type: 'broken', error: inputError(attempt.task, error) });
      throw error;
    };
    const payload = await open.input().catch(failed);
    return {
      length: payload.length,
      read: (into, offset) => payload.read(into, offset).catch(failed),
    };
  }

  /** Whether a worker may send a result of this task: it has begun it here, or the result is there already. */
  mayCommit(attempt: AttemptMessage): boolean {
    return this.#held(attempt) !== null || this.#digestBefore(attempt) !== null;
  }

  /**
   * Takes a result; the first one wins. Rejects when it cannot be stored.
   * @param digest of the result: equal for equal bytes.
   */
  async commit(
    attempt: AttemptMessage,
    digest: string,
    report: Pick<DoneReport, 'bytes' | 'seconds' | 'cpuSeconds' | 'peakRssBytes' | 'work'>,
  ): Promise<CommitVerdict> {
    // A worker of a former run of the same coordinator has begun nothing here.
    if (attempt.run !== this.run) return 'CLOSED';
    const first = this.#digestBefore(attempt);
    if (first !== null) return first === digest ? 'ALREADY' : this.#different(attempt.task);
    const open = this.#held(attempt);
    if (open === null) return 'CLOSED';
    if (open.committing !== null) {
      await open.committing.stored;
      return open.committing.digest === digest ? 'ALREADY' : this.#different(attempt.task);
    }
    const { task } = attempt;
    const claimed = this.#claim(attempt, open, digest);
    if (claimed !== null) return claimed;
    const stored = new Promise<void>((resolve, reject) => {
      const settled = (error: unknown): void => (error === null ? resolve() : reject(error));
      const by = attempt.worker;
      this.#listener({
        type: 'done',
        worker: open.slot,
        by,
        task,
        attempt: open.attempt,
        ...report,
        settled,
      });
    });
    open.committing = { digest, stored };
    try {
      await stored;
    } catch (error) {
      open.committing = null;
      throw error;
    }
    this.#done.set(task, { digest, attempts: new Set(open.attempts.keys()) });
    this.#open.delete(task);
    this.#deaths.delete(task);
    this.#verification.done(task);
    return 'COMMITTED';
  }

  /** @param memory that the worker uses, as a share of what it may. */
  beat(attempt: AttemptMessage, fraction: number, memory = 0): BeatVerdict {
    if (this.#over || attempt.run !== this.run) {
      this.#untold.delete(attempt.attemptId);
      return 'CANCELLED';
    }
    const open = this.#held(attempt);
    if (open === null) return 'LOST';
    this.#verification.heard(attempt.worker);
    Object.assign(open.attempts.get(attempt.attemptId)!, {
      ...{ heard: true, heardAt: this.#rules.now(), fraction, memory },
    });
    this.#listener({ type: 'progress', worker: open.slot, task: attempt.task, fraction });
    return 'GO_ON';
  }

  /**
   * An attempt ended without a result. What was handed out anew since then is not its business, and while another attempt is
   * known to go on, nothing is handed out.
   */
  fail(attempt: AttemptMessage, error: WireError, preempted: boolean): void {
    const open = this.#held(attempt);
    const known = open?.attempts.get(attempt.attemptId);
    if (open === null || known === undefined || known.ended) return;
    known.ended = true;
    if (preempted || attempt.epoch < open.epoch || open.committing !== null) return;
    if (error.code === 'WORKER_LOST' || error.code === 'MEMORY_LIMIT')
      this.#deaths.set(attempt.task, (this.#deaths.get(attempt.task) ?? 0) + 1);
    if ([...open.attempts.values()].some(({ ended, heard }) => !ended && heard)) return;
    this.#listener({ type: 'failed', worker: open.slot, task: attempt.task, attempt: open.attempt, error });
  }

  /** Images go to workers with a GPU; the last try at a task on which others died goes to workers with more memory. */
  #classFor(task: string, kind: string): WorkerClass {
    const { classes } = this.#rules;
    if (classes.includes('gpu') && kind.startsWith('segment.')) return 'gpu';
    const last = (this.#deaths.get(task) ?? 0) >= MAX_ATTEMPTS - 1;
    return last && classes.includes('cpu-big') ? 'cpu-big' : 'cpu';
  }

  /** Hands a task on which workers vanished to larger ones. */
  #moveUp(task: string, open: OpenTask): boolean {
    if (open.workers !== 'cpu' || !this.#rules.classes.includes('cpu-big')) return false;
    open.workers = 'cpu-big';
    this.#rules.moved(task, ++open.epoch);
    return true;
  }

  /**
   * The verdict on a result of a task that two workers have to compute: with the first one the task is published for another.
   * Null when the result counts.
   */
  #claim(attempt: AttemptMessage, open: OpenTask, digest: string): CommitVerdict | null {
    const verdict = this.#verification.judge(attempt, digest);
    if (verdict === null || verdict === 'COUNTS') return null;
    if (verdict === 'DIFFERENT') return this.#different(attempt.task);
    if (verdict !== 'FIRST') return verdict;
    open.openedAt = this.#rules.now();
    open.begunAt = null;
    for (const known of open.attempts.values()) known.ended = true;
    this.#rules.moved(attempt.task, ++open.epoch);
    return 'COMMITTED';
  }

  #held(attempt: AttemptMessage): OpenTask | null {
    if (attempt.run !== this.run) return null;
    const open = this.#open.get(attempt.task);
    return open?.attempts.has(attempt.attemptId) ? open : null;
  }

  /** The digest of the stored result, for one of those who had begun its task; null for others and while there is none. */
  #digestBefore(attempt: AttemptMessage): string | null {
    const done = attempt.run === this.run ? this.#done.get(attempt.task) : undefined;
    return done?.attempts.has(attempt.attemptId) ? done.digest : null;
  }

  #poison(task: string, open: OpenTask, vanished: readonly KnownAttempt[]): void {
    const workers = vanished.map(({ worker }) => worker);
    this.#listener({
      type: 'failed',
      worker: open.slot,
      task,
      attempt: open.attempt,
      error: {
        code: 'WORKER_LOST',
        message: `${workers.length} workers were not heard of again after they took it (${workers.join(', ')}); expected at most ${MAX_ATTEMPTS - 1}; give workers more memory and go on with --resume`,
        fields: { workers, outOfMemory: vanished.every(({ memory }) => memory >= NEAR_LIMIT) },
        retryable: false,
        stack: '',
      },
    });
  }

  #different(task: string): 'DIFFERENT' {
    this.#listener({
      type: 'broken',
      different: task,
      error: new SpatileError(
        'INTERNAL',
        `task ${task}: two workers gave different bytes; expected the same on every machine; networks and ResolVI promise it on one kind of processor only: use one kind for the whole run, else please report this with the versions and processors of both`,
      ),
    });
    return 'DIFFERENT';
  }
}

const inputError = (task: string, cause: unknown): SpatileError =>
  cause instanceof SpatileError
    ? cause
    : new SpatileError(
        'INTERNAL',
        `task ${task}: its input cannot be made (${cause instanceof Error ? cause.message : cause}); expected what earlier steps left in the run directory; see spatile.log and go on with --resume`,
        { cause },
      );

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SpatileError } from '@spatile/formats/errors';
import { type Death, deathOf, memoryKills } from '@spatile/formats/tile/death';
import {
  type DoneMessage,
  type FailedMessage,
  type FromWorker,
  PayloadAssembler,
  sendMessage,
} from '@spatile/formats/tile/protocol';
import { workerEnvironment, workerFlags } from '@spatile/formats/tile/worker-flags';

export type Outcome = DoneMessage | FailedMessage | ({ type: 'died' } & Death);

interface Job {
  finish: (outcome: Outcome) => void;
  progress: (fraction: number) => void;
}

/** What computes the tasks of a worker of a cluster. */
export type Kernel = Pick<KernelProcess, 'warmUp' | 'compute' | 'kill' | 'pid'>;

/**
 * The process that computes, apart from the one that holds the connections: a kernel that takes minutes must not keep a
 * heartbeat from being sent, and one that runs out of memory must not take the worker with it. It is the same process that a
 * run on one machine starts.
 */
export class KernelProcess {
  readonly #memoryBytes: number;
  #child: ChildProcess | null = null;
  /** Processes killed for lack of memory when the task began. */
  #killsBefore: number | null = null;
  #job: Job | null = null;

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  /** Starts it ahead of the first task. */
  warmUp(): void {
    this.#child ??= this.#start();
  }

  /** Computes one task; one at a time. Never rejects: a death is an outcome. */
  async compute(
    task: string,
    kind: string,
    bytes: Uint8Array,
    progress: (fraction: number) => void,
  ): Promise<Outcome> {
    this.warmUp();
    const child = this.#child!;
    this.#killsBefore = memoryKills();
    const outcome = new Promise<Outcome>((finish) => {
      this.#job = { finish, progress };
    });
    await sendMessage(child, { type: 'task', task, attempt: 1, kind, bytes }).catch((error: Error) =>
      this.#settle({ type: 'died', reason: error.message, outOfMemory: false }),
    );
    return outcome;
  }

  /** Process id; null when none runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Ends what is being computed, and the process. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const child = fork(kernelMain(), [], {
      serialization: 'advanced',
      execArgv: workerFlags(this.#memoryBytes),
      env: workerEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const assembler = new PayloadAssembler();
    child.on('message', (raw) => {
      const message = assembler.accept(raw as FromWorker);
      if (message === null || message.type === 'ready') return;
      if (message.type === 'progress') this.#job?.progress(message.fraction);
      else this.#settle(message);
    });
    const gone = (death: Death): void => {
      if (this.#child === child) this.#child = null;
      this.#settle({ type: 'died', ...death });
    };
    child.on('error', ({ message }) => gone({ reason: message, outOfMemory: false }));
    child.on('close', (code, signal) => gone(deathOf(code, signal, this.#killsBefore)));
    return child;
  }

  #settle(outcome: Outcome): void {
    const job = this.#job;
    this.#job = null;
    job?.finish(outcome);
  }
}

/** The built worker, beside the built worker of clusters. */
function kernelMain(): string {
  for (const relative of ['../worker/main.js', '../../../dist/worker/main.js']) {
    const path = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', 'dist/worker/main.js is missing; run npm run build');
}

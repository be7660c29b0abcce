import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { clearOutput, LOCK_FILE, runDirectoryFor } from './directory.ts';
import { Lock } from './lock.ts';
import { storageError } from './store.ts';

/** How often a run looks whether it still has its lock, milliseconds. */
const LOOK_MS = 2000;

/** The lock of the run that writes an output; not taken yet. */
export const runLock = (output: string): Lock => new Lock(join(runDirectoryFor(output), LOCK_FILE));

/** Takes the lock of a run. Errors: `OUTPUT_EXISTS` when another process works on it, `OUTPUT_UNWRITABLE`, `DISK_FULL`. */
export function takeRunLock(lock: Lock): void {
  const name = basename(dirname(lock.path));
  let holder: ReturnType<Lock['take']>;
  try {
    holder = lock.take();
  } catch (error) {
    throw storageError(error as NodeJS.ErrnoException, `${name}/${LOCK_FILE}`);
  }
  if (holder === null) return;
  throw new SpatileError(
    'OUTPUT_EXISTS',
    `${name}: another process works on this run (process ${holder.pid}); expected one at a time; wait until it has ended or choose another output`,
    { fields: { pid: holder.pid } },
  );
}

/**
 * Ends a run that another process has taken over. A lock holds among the processes of one machine; where two share a folder, the
 * later one goes on and the earlier one hears of it here. What both have committed by then is the same.
 */
export class TakeOver {
  readonly #stop = new AbortController();
  readonly #lock: Lock;
  readonly #asked: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  /** @param asked aborts when the run is asked to stop. */
  constructor(lock: Lock, asked: AbortSignal) {
    this.#lock = lock;
    this.#asked = asked;
    asked.addEventListener('abort', this.#abort, { once: true });
    if (asked.aborted) this.#abort();
    this.#timer = setInterval(() => {
      if (lock.isLost) this.#abort();
    }, LOOK_MS).unref();
  }

  /** Aborts when the run is asked to stop, and when it was taken over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What the run ends with: `OUTPUT_EXISTS` when it was taken over, whatever came of that. */
  explain(error: unknown): unknown {
    if (!this.#lock.isLost) return error;
    return new SpatileError(
      'OUTPUT_EXISTS',
      `${basename(dirname(this.#lock.path))}: another process has taken over this run; expected one at a time; this one has ended, see what became of the other`,
      { cause: error },
    );
  }

  end(): void {
    clearInterval(this.#timer);
    this.#asked.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#stop.abort();
}

/** Removes an earlier output and its run directory, unless another process works there. Errors: as `takeRunLock` and `clearOutput`. */
export async function clearLocked(output: string, lock: Lock): Promise<void> {
  if (existsSync(runDirectoryFor(output))) takeRunLock(lock);
  await lock.releaseWith(() => clearOutput(output));
}

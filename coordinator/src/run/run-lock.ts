import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { clearOutput, LOCK_FILE, runDirectoryFor } from './directory.ts';
import { Lock } from './lock.ts';
import { storageError } from './store.ts';

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

/** Removes an earlier output and its run directory, unless another process works there. Errors: as `takeRunLock` and `clearOutput`. */
export async function clearLocked(output: string, lock: Lock): Promise<void> {
  if (existsSync(runDirectoryFor(output))) takeRunLock(lock);
  await clearOutput(output);
  // It went with the folder.
  lock.release();
}

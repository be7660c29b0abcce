import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { isSpatileError } from '@spatile/formats/errors';
import { type JobMessage, type JobReply, jobs } from './threads/jobs.ts';
import type { ThreadPriority } from './threads/pool.ts';

/** One thread of the coordinator: does jobs in the order they come. */

const port = parentPort!;
let queue = Promise.resolve();

// Elsewhere than on Linux it would be the priority of the whole process.
const { priority } = workerData as { priority: ThreadPriority };
if (priority === 'background' && process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

port.on('message', (message: JobMessage) => {
  queue = queue.then(() => answer(message));
});

async function answer({ id, job, input }: JobMessage): Promise<void> {
  try {
    const value = await jobs[job](input);
    const reply: JobReply = { id, value };
    port.postMessage(reply, ownMemory(value));
  } catch (thrown) {
    const { message, code } = thrown as NodeJS.ErrnoException;
    const error = isSpatileError(thrown)
      ? { code: thrown.code, message, fields: { ...thrown.fields } }
      : { code: null, message, fields: { code } };
    const reply: JobReply = { id, error };
    port.postMessage(reply);
  }
}

/** Memory of a result that nobody here needs any more: it moves instead of being copied. */
function ownMemory(value: unknown): ArrayBuffer[] {
  const { bytes, columns } = (value ?? {}) as { bytes?: Uint8Array; columns?: ArrayBufferView[] | null };
  return [bytes, ...(columns ?? [])].flatMap((view) =>
    view?.buffer instanceof ArrayBuffer ? [view.buffer] : [],
  );
}

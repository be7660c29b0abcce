import { SpatileError } from '@spatile/formats/errors';
import type { RunSummary } from '../api.ts';
import type { ServerClient } from '../serve/client.ts';
import { follow } from './follow.ts';
import type { Interruptible } from './interrupt.ts';
import type { Progress } from './progress.ts';

type Submission = Parameters<ServerClient['submit']>[0];

/**
 * Has a server carry out a run as if it ran here: its progress, its summary, its errors, and a signal that stops it there.
 * @param said hears the name of the run.
 * Errors: those of the run, `USAGE` for what the server refuses, `CLUSTER` without a server, `INTERRUPTED` by a signal.
 */
export async function runOnServer(
  server: ServerClient,
  submission: Submission,
  progress: Progress,
  { signal }: Interruptible,
  said: (id: string) => void,
): Promise<RunSummary> {
  const { id } = await server.submit(submission);
  said(id);
  // The run is watched until it has stopped; a second signal ends this process at once.
  const cancel = (): void => void server.cancel(id).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await follow(server, id, progress);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SpatileError(
      'INTERRUPTED',
      `interrupted by ${signal.reason}; run ${id} was stopped, what is finished of it stays on the server; run the same command with --resume to go on`,
      { fields: { signal: signal.reason, run: id } },
    );
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

import { ERROR_CODES, type ErrorCode, SpatileError } from '@spatile/formats/errors';
import type { RunInfo__Output } from '@spatile/proto/generated/spatile/v1/RunInfo';
import type { RunSummary } from '../api.ts';
import type { ServerClient } from '../serve/client.ts';
import type { Progress } from './progress.ts';

/**
 * Shows a run of a server until its end, as if it ran here. Errors: what it failed with there (`CLUSTER` when that is not
 * known), `INTERRUPTED` when it was cancelled.
 */
export async function follow(server: ServerClient, id: string, progress: Progress): Promise<RunSummary> {
  let run: RunInfo__Output;
  try {
    run = await server.watch(id, ({ progress: event }) => {
      if (event !== '') progress.event(JSON.parse(event));
    });
  } finally {
    progress.end();
  }
  if (run.state === 'FAILED') throw failure(run);
  if (run.state === 'CANCELLED')
    throw new SpatileError('INTERRUPTED', `run ${id}: was cancelled; submit it again with --resume to go on`);
  return JSON.parse(run.summary);
}

/** A run that failed with one of our errors fails here with the same, and so with the same exit code. */
function failure({ id, errorCode, error }: RunInfo__Output): SpatileError {
  return Object.hasOwn(ERROR_CODES, errorCode)
    ? new SpatileError(errorCode as ErrorCode, error)
    : new SpatileError('CLUSTER', `run ${id}: ${error}`);
}

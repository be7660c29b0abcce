import { SpatileError } from '@spatile/formats/errors';
import type { RunOptions } from '../api.ts';

export function interrupted(): SpatileError {
  return new SpatileError(
    'INTERRUPTED',
    'interrupted; the same command with --resume goes on where it stopped',
  );
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted();
}

/**
 * Progress of a step that streams over all transcripts: ends the step at the next batch when the run is interrupted. Not
 * for rounds, which end by themselves and report from where nothing may be thrown.
 */
export function untilAborted(progress: RunOptions['progress'], signal: AbortSignal): RunOptions['progress'] {
  return (event) => {
    if (event.kind === 'advance') throwIfAborted(signal);
    progress(event);
  };
}

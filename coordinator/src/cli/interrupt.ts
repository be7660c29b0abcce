import { SpatileError } from '@spatile/formats/errors';

/** Signals that end a run in an orderly way. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruptible {
  signal: AbortSignal;
  /** Stops listening; call when the work is over. */
  release(): void;
}

/**
 * An abort signal that fires on Ctrl-C, SIGTERM or SIGHUP, with an `INTERRUPTED` error that says how to go on.
 *
 * A second signal ends the process at once, for the case that stopping itself hangs.
 */
export function onInterrupt(howToResume: string): Interruptible {
  const controller = new AbortController();
  const listen = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(
      new SpatileError('INTERRUPTED', `interrupted by ${signal}; ${howToResume}`, { fields: { signal } }),
    );
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, listen);
    },
  };
}

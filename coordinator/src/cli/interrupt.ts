/** Signals that end a run in an orderly way. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruptible {
  /** Aborted by the first signal; its reason is the signal's name. */
  signal: AbortSignal;
  /** Stops listening; call when the work is over. */
  release(): void;
}

/**
 * An abort signal that fires on Ctrl-C, SIGTERM or SIGHUP. A second signal ends the process at once, for the case that
 * stopping itself hangs.
 */
export function onInterrupt(): Interruptible {
  const controller = new AbortController();
  const listen = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, listen);
    },
  };
}

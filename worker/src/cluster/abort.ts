/** What `work` gives, or null as soon as `signal` is aborted; leaves no listener behind, so it may be called for ever. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', stop);
        how(value);
      };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(settle(resolve), settle(reject));
  });
}

/** Waits, not longer than until `signal` is aborted; leaves no listener behind. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal?.addEventListener('abort', over, { once: true });
    if (signal?.aborted) over();
  });
}

/** Where the command line writes; tests inject a recording one. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Stream for the live progress bar; null when standard error is not a terminal. */
  live: NodeJS.WriteStream | null;
  /** Milliseconds of a clock that never goes back; used for progress only. */
  now(): number;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    live: process.stderr.isTTY ? process.stderr : null,
    now: () => performance.now(),
  };
}

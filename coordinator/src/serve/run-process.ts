import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { isThere, markOf, type ProcessMark } from '../run/process-mark.ts';

/** Longest line that a run may say, and most that it may print, characters. */
export const LONGEST_LINE = 100_000;
/** A run that was asked to stop and stays longer is killed, milliseconds. */
const STOPPING_MS = 30_000;
/** What a run leaves behind may hold its pipes open; they are waited for so long, milliseconds. */
const PIPES_MS = 5000;

export interface RunListener {
  line: (line: string) => void;
  /** Called once. @param printed standard output. */
  ended: (code: number, printed: string, signal: NodeJS.Signals | null) => void;
}

/** The process that carries out one run. */
export class RunProcess {
  readonly mark: ProcessMark | null;
  readonly #child: ChildProcess;
  #killing: NodeJS.Timeout | null = null;

  /** Starts it, with more environment than this process has. Throws what the system says about arguments that it does not take. */
  constructor(words: readonly string[], listener: RunListener, env: Record<string, string> = {}) {
    const child: ChildProcess = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    this.mark = child.pid === undefined ? null : markOf(child.pid);
    let printed = '';
    let over = false;
    const ended: RunListener['ended'] = (...how) => {
      if (this.#killing !== null) clearTimeout(this.#killing);
      if (!over) listener.ended(...how);
      over = true;
    };
    child.once('error', (error) => ended(70, error.message, null));
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, PIPES_MS).unref();
    });
    // There are no pipes when too many files are open.
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (printed.length < LONGEST_LINE) printed += text;
    });
    if (child.stderr !== null && child.stderr !== undefined)
      createInterface({ input: child.stderr }).on('line', listener.line);
    child.once('close', (code, signal) => ended(code ?? 70, printed, signal));
  }

  /** Asks it to stop; what is finished stays. */
  stop(): void {
    this.#child.kill('SIGTERM');
    this.#killing ??= setTimeout(() => this.#child.kill('SIGKILL'), STOPPING_MS);
  }
}

/** Ends a process that an earlier server left behind; one of which it is not sure is left alone. */
export async function endLeftOver(mark: ProcessMark): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', STOPPING_MS],
    ['SIGKILL', PIPES_MS],
  ] as const) {
    if (mark.started === null || !isThere(mark)) return;
    try {
      process.kill(mark.pid, signal);
    } catch {
      return;
    }
    const deadline = performance.now() + waitMs;
    while (isThere(mark) && performance.now() < deadline) await pause(50);
  }
}

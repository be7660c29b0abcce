import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command as users run it, from the build in `dist`. */
const PROGRAM = fileURLToPath(new URL('../../bin/spatile.js', import.meta.url));

/** How a process ended, and what it said. */
export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  pid: number;
  /** Standard error so far. */
  stderr: () => string;
  ended: Promise<Ended>;
}

export interface StartOptions {
  cwd?: string;
  /** Another user, which only root can become. */
  uid?: number;
  /** Variables of the environment beside those of the test. */
  env?: Record<string, string>;
  /** A command that runs another, such as `ip netns exec NAME`. */
  under?: string[];
}

/** Starts `spatile ARGS`. */
export function start(args: string[], { under = [], env = {}, ...options }: StartOptions = {}): Running {
  const [command, ...words] = [...under, process.execPath, PROGRAM, ...args];
  const child = spawn(command, words, {
    ...options,
    ...(options.uid === undefined ? {} : { gid: options.uid }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  return { child, pid: child.pid!, stderr: () => stderr, ended };
}

/** Runs `spatile ARGS` to its end. */
export function spatile(args: string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** Looks every few milliseconds whether `happened` holds; false when the process ended before it did. */
export async function until(running: Running, happened: () => boolean): Promise<boolean> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  while (!over) {
    if (happened()) return true;
    await pause(2);
  }
  return false;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Process ids of the children of a process: the workers of a coordinator. Linux only. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(Number(name))?.parent === pid)
    .map(Number);
}

/** Whether a process is there and is not just waiting for its parent to notice that it ended. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z';
}

function statOf(pid: number): { state: string; parent: number } | null {
  try {
    // The name of the program is in parentheses and may hold anything.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

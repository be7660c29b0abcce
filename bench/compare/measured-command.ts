import { spawn } from 'node:child_process';
import { type TreeUse, TreeWatch } from './tree-watch.ts';

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 5000;
const KEPT_TAIL = 4000;

/** A program and its arguments, and where and how it runs. */
export interface Command {
  words: string[];
  cwd?: string;
  environment?: Record<string, string>;
}

export interface Limits {
  seconds: number;
  /** Of all processes together. */
  bytes: number;
}

/** How a command ended: by itself, stopped at a limit, or with an error. */
export type Exit = 'done' | 'out of time' | 'out of memory' | 'failed';

/** What a command used, all its processes together. */
export interface CommandUse extends Omit<TreeUse, 'peakBytes'> {
  exit: Exit;
  wallSeconds: number;
  /** Null where the system does not tell. */
  peakBytes: number | null;
  /** End of what it printed, when it failed. */
  complaint: string;
}

/** `time` of bash waits for the command and adds up the whole tree of processes that were waited for. */
const TIMED = `TIMEFORMAT='%3R %3U %3S'; { time "$@" 2>&4; } 4>&2 2>&3`;

/**
 * Runs a command to its end or to a limit, and looks at its processes twenty times a second. `started` is told how to end
 * it early. Needs bash.
 */
export function measureCommand(
  { words, cwd, environment }: Command,
  limits: Limits,
  started: (stop: () => void) => void = () => undefined,
): Promise<CommandUse> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn('bash', ['-c', TIMED, 'bash', ...words], {
      cwd,
      env: { ...process.env, ...environment },
      // A process group of its own, so that all of it can be ended.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let [tail, times] = ['', ''];
    let exit: Exit | null = null;
    const keep = (bytes: Buffer): void => {
      tail = (tail + bytes.toString()).slice(-KEPT_TAIL);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.stdio[3]?.on('data', (bytes: Buffer) => {
      times += bytes.toString();
    });
    const watch = new TreeWatch(child.pid ?? 0);
    const end = (why: Exit): void => {
      if (exit !== null) return;
      exit = why;
      endGroup(child.pid);
    };
    const looking = setInterval(() => {
      if (watch.look() > limits.bytes) end('out of memory');
      if (performance.now() - begun > limits.seconds * 1000) end('out of time');
    }, LOOK_EVERY_MS);
    started(() => end('failed'));
    child.on('error', (error) => {
      clearInterval(looking);
      reject(error);
    });
    child.on('close', (code) => {
      clearInterval(looking);
      const use = watch.use();
      const [wall, user, system] = times.trim().split(/\s+/).map(Number);
      const ended = exit ?? (code === 0 ? 'done' : 'failed');
      const timed = exit === null && Number.isFinite(system);
      resolve({
        ...use,
        exit: ended,
        wallSeconds: timed ? wall : (performance.now() - begun) / 1000,
        cpuSeconds: timed ? user + system : use.cpuSeconds,
        peakBytes: use.peakBytes > 0 ? use.peakBytes : null,
        complaint: ended === 'failed' ? tail.trim() : '',
      });
    });
  });
}

/** Asks a group of processes to end, and ends it when it does not. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signal(pid, 'SIGTERM');
  setTimeout(() => signal(pid, 'SIGKILL'), PATIENCE_MS).unref();
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}

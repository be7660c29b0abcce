import { readFileSync } from 'node:fs';

/** How a process of ours ended. */
export interface Death {
  /** For people: signal or exit code, and that memory ran out. */
  reason: string;
  /** Whether there is a sign that memory ran out. */
  outOfMemory: boolean;
}

/** The files of a control group that count processes killed for lack of memory, by line of `/proc/self/cgroup`. */
const GROUPS = [
  { line: /^0::(\/.*)$/m, root: '/sys/fs/cgroup', file: 'memory.events' },
  { line: /^\d+:memory:(\/.*)$/m, root: '/sys/fs/cgroup/memory', file: 'memory.oom_control' },
] as const;
const COUNT = /^oom_kill (\d+)$/m;

/**
 * How many processes the kernel has killed so far for lack of memory: in the control group of this process where that is
 * told, else on this machine; null where neither is (not Linux). Counted before the process is killed, so that whoever sees a
 * child end sees this as well.
 */
export function memoryKills(): number | null {
  const groups = textOf('/proc/self/cgroup') ?? '';
  for (const { line, root, file } of GROUPS) {
    const path = line.exec(groups)?.[1];
    if (path === undefined) continue;
    // A container sees its own group as the root.
    for (const folder of [`${root}${path}`, root]) {
      const count = countIn(`${folder}/${file}`);
      if (count !== null) return count;
    }
  }
  return countIn('/proc/vmstat');
}

/**
 * What the end of a child process says. Its runtime aborts when its heap is full; a kernel that is out of memory kills without
 * a word but counts it, and whatever else kills, such as a person, does not.
 * @param killsBefore `memoryKills` when it was last given work; where that is not known, every kill may be for lack of memory.
 */
export function deathOf(code: number | null, signal: string | null, killsBefore: number | null): Death {
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const outOfMemory =
    signal === 'SIGABRT' ||
    code === ABORTED ||
    ((signal === 'SIGKILL' || code === KILLED) && killedSince(killsBefore));
  return { reason: outOfMemory ? `${how}, out of memory` : how, outOfMemory };
}

/** Exit codes of a shell or an init whose child had a signal. */
const ABORTED = 134;
const KILLED = 137;

function killedSince(before: number | null): boolean {
  const now = memoryKills();
  return before === null || now === null || now > before;
}

function countIn(path: string): number | null {
  const [, count] = COUNT.exec(textOf(path) ?? '') ?? [];
  return count === undefined ? null : Number(count);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

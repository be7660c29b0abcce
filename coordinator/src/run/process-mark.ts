import { readFileSync } from 'node:fs';

/** A process, told from a later one of the same number by when it started; null where the system does not say (no /proc). */
export interface ProcessMark {
  pid: number;
  started: string | null;
}

export function markOf(pid: number): ProcessMark {
  return { pid, started: statOf(pid)?.started ?? null };
}

/** Whether that very process is still there, on this machine; one that only waits to be reaped is not. */
export function isThere({ pid, started }: ProcessMark): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else may not be signalled but is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = statOf(pid);
  if (now === null) return true;
  return now.state !== 'Z' && (started === null || now.started === started);
}

function statOf(pid: number): { state: string; started: string } | null {
  try {
    // The name of the program is in parentheses and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return { state: fields[0], started: fields[19] };
  } catch {
    return null;
  }
}

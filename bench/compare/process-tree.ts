import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second for programs to read. */
const TICKS_PER_SECOND = 100;

/** What one process of a tree holds and has used. */
export interface ProcessUse {
  pid: number;
  /** Steps below the root of the tree. */
  depth: number;
  /** Resident set now. */
  residentBytes: number;
  /** The most that the process ever had resident, by its own account (`VmHWM`). */
  peakBytes: number;
  /** User and system time of the process and of its children that ended. */
  cpuSeconds: number;
}

/** All living processes below `root`, which is not among them; none where the system has no `/proc`. */
export function processesBelow(root: number): ProcessUse[] {
  const found: ProcessUse[] = [];
  const visit = (pid: number, depth: number): void => {
    for (const child of childrenOf(pid)) {
      const use = useOf(child, depth);
      if (use !== null) found.push(use);
      visit(child, depth + 1);
    }
  };
  visit(root, 1);
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // Ended meanwhile, or not Linux.
    return [];
  }
}

function useOf(pid: number, depth: number): ProcessUse | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const bytes = (name: string): number =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may itself hold spaces and brackets; `utime` is the 12th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return {
      pid,
      depth,
      residentBytes: bytes('VmRSS'),
      peakBytes: bytes('VmHWM'),
      cpuSeconds: ticks / TICKS_PER_SECOND,
    };
  } catch {
    return null;
  }
}

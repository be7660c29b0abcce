import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/**
 * How much of the memory that this process and the one that computes may have they use, in [0, 1]; 0 where that is not told.
 * The limit is that of the control group, such as a container's, or the memory of the machine.
 * @param pid of the process that computes; null when none runs.
 */
export function memoryShare(pid: number | null): number {
  // Where there is no limit, a number beyond every machine is told.
  const limit = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
  return Math.min(1, (process.memoryUsage.rss() + residentBytes(pid)) / limit);
}

function residentBytes(pid: number | null): number {
  if (pid === null) return 0;
  try {
    const [, kilobytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    // It is gone, or this is not Linux.
    return 0;
  }
}

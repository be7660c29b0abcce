import { readFileSync } from 'node:fs';

/**
 * Peak resident memory of this process, bytes. Linux keeps it as `VmHWM`; the `maxRSS` of the system is only the fallback,
 * because for a forked process it begins with what its parent held.
 */
export function peakResidentBytes(): number {
  const fallback = process.resourceUsage().maxRSS * 1024;
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return peak === null ? fallback : Number(peak[1]) * 1024;
  } catch {
    return fallback;
  }
}

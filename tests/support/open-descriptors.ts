import { readdirSync, readlinkSync } from 'node:fs';

/** How many files of a folder this process has open; Linux only. */
export function openDescriptors(folder: string): number {
  const isThere = (descriptor: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      // That of the listing itself is closed by now.
      return false;
    }
  };
  return readdirSync('/proc/self/fd').filter(isThere).length;
}

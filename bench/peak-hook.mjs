// Loaded into every process of a measured run: at its end, writes the most memory it held and the processor time it used.
// Linux counts `VmHWM` from the start of the program; `maxRSS` also counts what the parent held when it forked.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.SPATILE_BENCH_PEAKS;

function peakRssBytes() {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (kibibytes) return Number(kibibytes[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

if (folder) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const role = process.connected || process.send ? 'worker' : 'coordinator';
    const line = { role, peakRssBytes: peakRssBytes(), cpuSeconds: (user + system) / 1e6 };
    try {
      writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(line));
    } catch {
      // The folder is gone: the bench was stopped.
    }
  });
}

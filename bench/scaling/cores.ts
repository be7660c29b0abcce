import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Where Linux keeps the groups of the processor controller (version 1; under version 2 it lies elsewhere and is not used). */
const CONTROLLER = '/sys/fs/cgroup/cpu';
/** Short periods: what waits for its next share does not wait long. */
const PERIOD_US = 20_000;
/** Against 1,024 of any other process: what else runs on the machine takes little of what the cores are given. */
const WEIGHT = 65_536;
const PATIENCE_MS = 5000;

/** Emulated cores: groups of processes, each of which gets the same share of a core's time and no more. */
export class Cores {
  /** Holds one group `core-<k>` for each. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes `count` cores of a `share` of a real one, in (0, 1]. Errors: plain, where the system does not let us. */
  static open(count: number, share: number): Cores {
    const cores = new Cores(join(CONTROLLER, `spatile-bench-${process.pid}`));
    mkdirSync(cores.folder);
    write(cores.folder, 'cpu.shares', WEIGHT);
    for (let k = 0; k < count; k++) {
      const core = join(cores.folder, `core-${k}`);
      mkdirSync(core);
      write(core, 'cpu.cfs_period_us', PERIOD_US);
      write(core, 'cpu.cfs_quota_us', Math.round(PERIOD_US * share));
    }
    return cores;
  }

  /** Why there can be no such groups here; null where there can. */
  static missing(): string | null {
    try {
      const folder = join(CONTROLLER, `spatile-bench-try-${process.pid}`);
      mkdirSync(folder);
      try {
        write(folder, 'cpu.cfs_period_us', PERIOD_US);
        return null;
      } finally {
        rmdirSync(folder);
      }
    } catch (error) {
      return `needs Linux, root and control groups of version 1 with the controller cpu (${(error as Error).message})`;
    }
  }

  /** Removes the groups, once the last of their processes have ended. */
  async close(): Promise<void> {
    const groups = readdirSync(this.folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const until = performance.now() + PATIENCE_MS;
    for (const path of [...groups.map(({ name }) => join(this.folder, name)), this.folder]) {
      while (!removed(path)) {
        if (performance.now() > until) throw new Error(`${path}: processes in it do not end`);
        await setTimeout(50);
      }
    }
  }
}

const write = (folder: string, file: string, value: number): void =>
  writeFileSync(join(folder, file), `${value}`);

function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}

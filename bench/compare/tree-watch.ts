import { type ProcessUse, processesBelow } from './process-tree.ts';

/** What a tree of processes used from start to end. */
export interface TreeUse {
  /** The most that all processes together had resident; pages that several share count for each of them. */
  peakBytes: number;
  /** The most that a direct child of the root held, and a process below that; null without any. */
  mainPeakBytes: number | null;
  helperPeakBytes: number | null;
  /** Processor time as far as it was seen: misses what the last ones did after the last look. */
  cpuSeconds: number;
}

/** Adds up what a tree of processes holds, look by look. */
export class TreeWatch {
  readonly #root: number;
  readonly #look: (root: number) => ProcessUse[];
  readonly #last = new Map<number, ProcessUse>();
  #seen = new Set<number>();
  #peakBytes = 0;

  constructor(root: number, look: (root: number) => ProcessUse[] = processesBelow) {
    this.#root = root;
    this.#look = look;
  }

  /** Looks once; gives what the tree holds now, in bytes. */
  look(): number {
    const all = this.#look(this.#root);
    // A process just forked still shows what its parent holds, so the first sight of one does not count.
    const settled = all.filter(({ pid }) => this.#seen.has(pid));
    this.#seen = new Set(all.map(({ pid }) => pid));
    for (const use of settled) {
      // One that is ending has given its memory back, and with it its own account of the most it held.
      const peakBytes = use.peakBytes > 0 ? use.peakBytes : (this.#last.get(use.pid)?.peakBytes ?? 0);
      this.#last.set(use.pid, { ...use, peakBytes });
    }
    const now = settled.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    this.#peakBytes = Math.max(this.#peakBytes, now);
    return now;
  }

  use(): TreeUse {
    const all = [...this.#last.values()];
    const most = (some: ProcessUse[]): number | null =>
      some.length === 0 ? null : Math.max(...some.map(({ peakBytes }) => peakBytes));
    const main = most(all.filter(({ depth }) => depth === 1));
    const helpers = most(all.filter(({ depth }) => depth > 1));
    return {
      // Between two looks a process may have held more than was seen; its own account knows.
      peakBytes: Math.max(this.#peakBytes, main ?? 0, helpers ?? 0),
      mainPeakBytes: main,
      helperPeakBytes: helpers,
      cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    };
  }
}

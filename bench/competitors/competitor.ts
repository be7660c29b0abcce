import type { Command } from '../compare/measured-command.ts';

/** A slide as competitors see it. */
export interface ComparedSlide {
  /** Folder of a Xenium-shaped bundle. */
  bundle: string;
  /** About how many transcripts, in millions, and genes it has: for expected times. */
  millions: number;
  genes: number;
}

/** A program ready to run, and what it says of its version. */
export interface Tool {
  version: string;
  /** What to run on a slide; all it writes must go below the empty folder `out`. Null when the bundle is the result. */
  command: ((slide: ComparedSlide, out: string) => Command) | null;
  /** What `spatile evaluate` is to read, given the same folder, and further words for it. */
  result: (slide: ComparedSlide, out: string) => { path: string; words?: string[] };
}

export interface Competitor {
  key: string;
  label: string;
  /** Threads or worker processes that it may use; 0 when it runs nothing. */
  threads: number;
  /** Slides it takes part in, all by default; `scaling` marks the usual kind in all its sizes. */
  only?: (slide: { millions: number; scaling: boolean }) => boolean;
  /** Null when the machine does not have it. `program` is the folder of the built spatile. */
  find: (program: string) => Tool | null;
  /** One sentence for the table of what did not run: what it would take. */
  absent: string;
  /** Expected wall time in seconds. */
  estimateSeconds: (slide: ComparedSlide) => number;
}

import type { CaseResult } from './results.ts';
import type { Spread } from './statistics.ts';
import type { Workbench } from './workbench.ts';

/** What the command line asked for. */
export interface BenchOptions {
  /** Edges of the square slides in um; empty = those of the bench. */
  sizesUm: number[];
  /** Times that every measurement is repeated; null = as the bench says. */
  repeats: number | null;
  /** Worker processes where the bench does not vary them. */
  workers: number;
  /** Slides of different seed, where the bench uses several. */
  slides: number;
  /** Longest that a program of the comparison may run, in seconds, and the most its processes may hold together. */
  limitSeconds: number;
  limitBytes: number;
  /** Slides just large enough to go through every step: for trying the bench itself. */
  tiny: boolean;
  /** Folder of the built program. */
  program: string;
}

/** What one case found: every speed beside the quality of the same run and a digest of what came out. */
export interface CaseOutcome {
  measured: Record<string, Spread>;
  quality: Record<string, number | boolean | string | null>;
  digest: string;
  /** Further facts for the record, such as the times of single steps. */
  details?: unknown;
}

export interface BenchCase {
  key: string;
  label: string;
  /** Everything that decides what is computed; a stored result of other settings is not reused. */
  settings: Record<string, string | number | boolean>;
  /** On two cores of a server of 2020. */
  estimateSeconds: number;
  /** Most room needed in the temporary folder. */
  diskBytes: number;
  /** Cases of one group follow each other and share slides, which are removed after the last; else slides are kept. */
  group?: string;
  /** Why the case is left out, given all results so far; null when it is not. */
  skip?: (results: readonly CaseResult[]) => string | null;
  measure: (workbench: Workbench) => Promise<CaseOutcome>;
}

export interface Bench {
  name: string;
  cases: (options: BenchOptions) => BenchCase[];
  /** Markdown made from the results alone, by marker; `page` is relative to the root of the repository. */
  pages: { page: string; render: (cases: readonly CaseResult[]) => string }[];
  /** Pictures made from the results alone; `file` is relative to the root of the repository. */
  figures?: { file: string; render: (cases: readonly CaseResult[]) => string }[];
}

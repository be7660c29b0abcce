import type { ProgressEvent } from '../api.ts';

/** Sums of shares are told to so many parts of one: what adding leaves behind is not shown. */
const PARTS = 1e6;

/** How far the tasks of a round are, kept as sums so that a word of one costs nothing of the others. */
export class RoundProgress {
  readonly #step: string;
  readonly #tasks: ReadonlyMap<string, { transcripts: number }>;
  readonly #tell: (event: ProgressEvent) => void;
  readonly #fractions = new Map<string, number>();
  #done = 0;
  #transcripts = 0;

  /** @param tasks by key, with the transcripts that each works on. */
  constructor(
    step: string,
    tasks: ReadonlyMap<string, { transcripts: number }>,
    tell: (event: ProgressEvent) => void,
  ) {
    this.#step = step;
    this.#tasks = tasks;
    this.#tell = tell;
  }

  /** A task has come so far, in [0, 1]; what is no task of the round counts for nothing. */
  set(key: string, fraction: number): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    const change = fraction - (this.#fractions.get(key) ?? 0);
    this.#fractions.set(key, fraction);
    this.#done += change;
    this.#transcripts += change * task.transcripts;
  }

  tell(): void {
    const done = Math.round(this.#done * PARTS) / PARTS;
    this.#tell({ kind: 'advance', step: this.#step, done, transcripts: Math.round(this.#transcripts) });
  }
}

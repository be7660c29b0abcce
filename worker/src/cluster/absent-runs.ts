/** How long a run is left out after its coordinator did not answer, and at most, milliseconds: doubles each time. */
const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
/** Runs that are remembered; the oldest are forgotten first. */
const MOST_RUNS = 1000;

/**
 * Runs whose coordinator does not answer or does not take this worker. They are left out for a while, so that what a dead run
 * left on the queue does not keep workers from the runs that are alive.
 */
export class AbsentRuns {
  readonly #now: () => number;
  readonly #until = new Map<string, { time: number; pause: number }>();

  /** @param now the clock, milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The run did not answer: it is left out, for longer each time; gives for how long, milliseconds. */
  left(run: string): number {
    const before = this.#until.get(run);
    const pause = before === undefined ? FIRST_MS : Math.min(2 * before.pause, LONGEST_MS);
    this.#until.delete(run);
    this.#until.set(run, { time: this.#now() + pause, pause });
    if (this.#until.size > MOST_RUNS) this.#until.delete(this.#until.keys().next().value!);
    return pause;
  }

  /** The run answered. */
  came(run: string): void {
    this.#until.delete(run);
  }

  has(run: string): boolean {
    const entry = this.#until.get(run);
    return entry !== undefined && this.#now() < entry.time;
  }
}

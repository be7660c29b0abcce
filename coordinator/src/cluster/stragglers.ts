/** A task that somebody works on. */
export interface RunningTask {
  task: string;
  kind: string;
  weight: number;
  /** Since it was first begun. */
  elapsedMs: number;
}

/** A task is late when it takes so many times as long as others of its kind and weight. */
const LATE = 1.5;
/** Fewest finished tasks of a kind from which a time is told, and most that are remembered. */
const FEWEST_PACES = 3;
const MOST_PACES = 101;

/**
 * Tells which tasks take much longer than others of their kind and weight, so that an idle worker can try them as well. What
 * is known is how long finished tasks took; decides nothing of any result, since the first of two equal ones counts.
 */
export class Stragglers {
  readonly #afterMs: number;
  /** Seconds per weight of the latest finished tasks, by kind. */
  readonly #paces = new Map<string, number[]>();

  /** @param afterMs no task is late before; infinite for never. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** A task was finished. */
  learn(kind: string, weight: number, seconds: number): void {
    const paces = this.#paces.get(kind) ?? [];
    paces.push(seconds / Math.max(weight, 1));
    if (paces.length > MOST_PACES) paces.shift();
    this.#paces.set(kind, paces);
  }

  /** Of the tasks in work those that are late, the latest first. */
  late(running: readonly RunningTask[]): string[] {
    return running
      .map(({ task, kind, weight, elapsedMs }) => ({ task, by: elapsedMs - this.#limitMs(kind, weight) }))
      .filter(({ by }) => by > 0)
      .sort((a, b) => b.by - a.by)
      .map(({ task }) => task);
  }

  #limitMs(kind: string, weight: number): number {
    const paces = this.#paces.get(kind) ?? [];
    if (paces.length < FEWEST_PACES) return Number.POSITIVE_INFINITY;
    const median = [...paces].sort((a, b) => a - b)[paces.length >> 1];
    return Math.max(this.#afterMs, LATE * median * Math.max(weight, 1) * 1000);
  }
}

/** Stands for the round of moments in which no task is running. */
const NOBODY = '';

/** Shares wall time among rounds whose tasks run side by side: each moment goes in equal parts to the tasks running then. */
export class StepShares {
  private readonly now: () => number;
  private readonly seconds = new Map<string, number>();
  private last: number;

  /** @param now clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.last = now();
  }

  /** Says which rounds the tasks belong to that were running since the last call. */
  pass(running: readonly string[]): void {
    const at = this.now();
    const part = (at - this.last) / 1000 / Math.max(1, running.length);
    this.last = at;
    for (const round of running.length === 0 ? [NOBODY] : running)
      this.seconds.set(round, (this.seconds.get(round) ?? 0) + part);
  }

  secondsOf(round: string): number {
    return this.seconds.get(round) ?? 0;
  }

  /** Seconds in which no task was running. */
  secondsOfNobody(): number {
    return this.secondsOf(NOBODY);
  }
}

/** Stands for the round of moments in which no task is running. */
const NOBODY = '';

/** Shares wall time among rounds whose tasks run side by side: each moment goes in equal parts to the tasks running then. */
export class StepShares {
  private readonly now: () => number;
  private readonly seconds = new Map<string, number>();
  /** Rounds -> tasks of theirs that run now. */
  private readonly running = new Map<string, number>();
  private tasks = 0;
  private last: number;

  /** @param now clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.last = now();
  }

  /** A task of a round begins to run. */
  begin(round: string): void {
    this.count(round, 1);
  }

  /** It runs no longer; of a round without a running task it changes nothing. */
  end(round: string): void {
    if (this.running.has(round)) this.count(round, -1);
  }

  /** Shares out the time up to now. */
  pass(): void {
    const at = this.now();
    const part = (at - this.last) / 1000 / Math.max(1, this.tasks);
    this.last = at;
    if (this.tasks === 0) this.add(NOBODY, part);
    for (const [round, tasks] of this.running) this.add(round, part * tasks);
  }

  private count(round: string, change: 1 | -1): void {
    this.pass();
    const tasks = (this.running.get(round) ?? 0) + change;
    if (tasks > 0) this.running.set(round, tasks);
    else this.running.delete(round);
    this.tasks += change;
  }

  private add(round: string, seconds: number): void {
    this.seconds.set(round, (this.seconds.get(round) ?? 0) + seconds);
  }

  secondsOf(round: string): number {
    return this.seconds.get(round) ?? 0;
  }

  /** Seconds in which no task was running. */
  secondsOfNobody(): number {
    return this.secondsOf(NOBODY);
  }
}

type Job = () => Promise<void>;

/**
 * Carries out the coordinator's jobs one after the other, so that it holds one payload at a time. What a worker waits for goes
 * before what can wait; jobs of one kind keep their order.
 */
export class JobQueue {
  private readonly onError: (error: unknown) => void;
  private readonly first: Job[] = [];
  private readonly second: Job[] = [];
  private readonly beside = new Set<Promise<void>>();
  private working: Promise<void> | null = null;

  /** @param onError hears of every job that failed; the others go on. */
  constructor(onError: (error: unknown) => void) {
    this.onError = onError;
  }

  urgent(job: Job): void {
    this.first.push(job);
    this.wake();
  }

  later(job: Job): void {
    this.second.push(job);
    this.wake();
  }

  /** Begins a job now, beside those in the row: for payloads whose number somebody else bounds. */
  atOnce(job: Job): void {
    const running = job()
      .catch(this.onError)
      .finally(() => this.beside.delete(running));
    this.beside.add(running);
  }

  /** Puts an urgent job in the row and gives what it made; a failure is the caller's, nobody else hears of it. */
  result<T>(make: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.urgent(() => make().then(resolve, reject));
    });
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.working !== null || this.beside.size > 0) await Promise.all([this.working, ...this.beside]);
  }

  private wake(): void {
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    // The caller goes on first: jobs run in turns of their own.
    await Promise.resolve();
    for (let job = this.next(); job !== undefined; job = this.next()) await job().catch(this.onError);
    this.working = null;
  }

  private next(): Job | undefined {
    return this.first.shift() ?? this.second.shift();
  }
}

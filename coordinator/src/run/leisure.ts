import type { RoundState } from './advance.ts';
import type { JobQueue } from './job-queue.ts';

const ignored = (): void => undefined;

/** What the coordinator does when workers have all the tasks they can have, such as loading what it needs later. */
export class Leisure {
  private readonly work: (() => Promise<unknown>)[] = [];

  /** Has something done once. Nobody waits for it or hears of its failure. */
  add(work: () => Promise<unknown>): void {
    this.work.push(work);
  }

  /** Queues what there is to do, if workers are busy or there is no task for those that are not. */
  use({ idle, ready, running }: Pick<RoundState, 'idle' | 'ready' | 'running'>, jobs: JobQueue): void {
    if (running.size === 0 || (idle.length > 0 && ready.length > 0)) return;
    for (const work of this.work.splice(0)) jobs.later(() => work().then(ignored, ignored));
  }
}

import type { V1OwnerReference } from '@kubernetes/client-node';
import type { KubernetesConfig, KubernetesPool } from '@spatile/formats/config/kubernetes';
import { jobName, RUN_LABEL, type WorkedRun, workerJob, workerLabels } from './job.ts';
import type { JobsApi, JobView } from './jobs-api.ts';

/** A run that goes on, and how many tasks its rounds have had. */
interface Going extends WorkedRun {
  /** Most tasks of a round so far, of rounds that work on images and of the others. */
  tasks: { images: number; others: number };
  /** The round is one of images. */
  images: boolean;
}

export interface RunWorkersOptions {
  config: KubernetesConfig;
  api: JobsApi;
  owner: V1OwnerReference | null;
  /** Whether a run that was not told of yet may still begin: its workers are left alone until then. */
  mayBegin: (id: string) => boolean;
  /** Hears, once each, what goes wrong. */
  warn: (text: string) => void;
}

/**
 * The workers of a server's runs on Kubernetes. It is told which runs go on and holds what is there against that: makes what is
 * missing, removes what nobody needs any more. What is there is always asked, never remembered, so it does not matter what a
 * server that was killed in between had made.
 */
export class RunWorkers {
  readonly #options: RunWorkersOptions;
  readonly #runs = new Map<string, Going>();
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: RunWorkersOptions) {
    this.#options = options;
  }

  /** Looks what an earlier server left, now and from time to time. */
  start(): void {
    this.#timer = setInterval(() => this.#look(), this.#options.config.reconcileSeconds * 1000).unref();
    this.#look();
  }

  /** A round of a run begins. @param tasks how many there are in it. */
  round(run: WorkedRun, tasks: number, images: boolean): void {
    const most = { ...(this.#runs.get(run.id)?.tasks ?? { images: 0, others: 0 }) };
    const kind = images ? 'images' : 'others';
    most[kind] = Math.max(tasks, most[kind]);
    this.#runs.set(run.id, { ...run, images, tasks: most });
    this.#look();
  }

  /** A run is over, however it ended. */
  ended(id: string): void {
    this.#runs.delete(id);
    this.#look();
  }

  /** When all that is known now is seen to. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** The server leaves and its runs stop with it: so do their workers, as far as the API answers. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#closed = true;
    this.#runs.clear();
    this.#look();
    await this.settled();
  }

  #look(): void {
    this.#again = true;
    this.#working ??= this.#pass().finally(() => {
      this.#working = null;
    });
  }

  /** Never rejects: what did not work is tried again with the next look. */
  async #pass(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#hold();
      } catch (error) {
        this.#warn(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #hold(): Promise<void> {
    const { api, config, owner } = this.#options;
    const there = new Map(
      (await api.list(workerLabels(config.instance))).map((job): [string, JobView] => [job.name, job]),
    );
    for (const [name, job] of there) if (!job.leaving && !this.#isWanted(job)) await api.remove(name);
    for (const run of [...this.#runs.values()]) {
      for (const pool of config.pools) {
        const workers = wanted(run, pool, config);
        const job = there.get(jobName(run, pool));
        // One that is leaving still has its name; the next look makes another.
        if (workers === 0 || job?.leaving) continue;
        if (job === undefined) await api.create(workerJob(run, pool, workers, config, owner));
        else if (job.failed !== null)
          this.#warn(`${job.name}: these workers have failed for good (${job.failed})`);
        // Fewer would take pods that are busy.
        else if (job.parallelism < workers) await api.resize(job.name, workers);
      }
    }
  }

  #isWanted(job: JobView): boolean {
    const id = job.labels[RUN_LABEL] ?? '';
    const run = this.#runs.get(id);
    if (run === undefined) return !this.#closed && this.#options.mayBegin(id);
    const { config } = this.#options;
    return config.pools.some((pool) => jobName(run, pool) === job.name && wanted(run, pool, config) > 0);
  }

  #warn(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.warn(text);
  }
}

/**
 * Workers of a pool for a run: never more than it has tasks for them. Where there are some with a GPU, they alone work on
 * images, and they are there for nothing else.
 */
function wanted(run: Going, pool: KubernetesPool, { pools }: KubernetesConfig): number {
  const { tasks, images, mostWorkers } = run;
  const most = mostWorkers === 0 ? pool.workers : Math.min(pool.workers, mostWorkers);
  if (pool.class === 'gpu') return images ? Math.min(most, tasks.images) : 0;
  const hasGpu = pools.some((other) => other.class === 'gpu');
  return Math.min(most, hasGpu ? tasks.others : Math.max(tasks.images, tasks.others));
}

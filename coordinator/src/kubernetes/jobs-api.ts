import type { BatchV1Api, V1Job } from '@kubernetes/client-node';
import { SpatileError } from '@spatile/formats/errors';

/** A Job as the API server shows it. */
export interface JobView {
  name: string;
  labels: Readonly<Record<string, string>>;
  parallelism: number;
  /** It is being removed. */
  leaving: boolean;
  /** Why it has failed for good; null when it has not. */
  failed: string | null;
}

/** What is asked of Kubernetes: these four calls, and nothing else (the Role of the chart allows no more). */
export interface JobsApi {
  /** All Jobs with these labels. */
  list(labels: Readonly<Record<string, string>>): Promise<JobView[]>;
  /** Makes one; one of that name that is there already stays as it is. */
  create(job: V1Job): Promise<void>;
  /** Changes how many pods it has at once; one that is gone stays gone. */
  resize(name: string, parallelism: number): Promise<void>;
  /** Removes it and its pods; one that is gone stays gone. */
  remove(name: string): Promise<void>;
}

/** Longer than an API server takes, milliseconds. */
const CALL_MS = 15_000;
/** Jobs of one answer, and answers to one question at most. */
const PAGE = 200;
const MOST_PAGES = 100;

const GONE = 404;
const CONFLICT = 409;

/**
 * Opens the API of the cluster: the kubeconfig that KUBECONFIG or the home folder names, else the service account of the pod.
 * Errors: `CLUSTER` when the client is not installed or there is no cluster.
 * @param namespace null: that of the configuration found.
 * @param callMs a call that is not answered for so long counts as failed, milliseconds.
 */
export async function openJobsApi(namespace: string | null, callMs = CALL_MS): Promise<JobsApi> {
  const client = await import('@kubernetes/client-node').catch((cause) => {
    throw new SpatileError(
      'CLUSTER',
      'Kubernetes: its client is not installed (@kubernetes/client-node); expected it among the optional packages; run npm install without --omit=optional',
      { cause },
    );
  });
  const config = new client.KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    throw new SpatileError(
      'CLUSTER',
      `Kubernetes: no usable configuration (${(cause as Error).message.split('\n')[0]}); expected a kubeconfig or a service account; set KUBECONFIG or run in a pod`,
      { cause },
    );
  }
  const context = config.getContextObject(config.getCurrentContext());
  const within = namespace ?? context?.namespace ?? 'default';
  return new BatchJobs(config.makeApiClient(client.BatchV1Api), within, callMs);
}

class BatchJobs implements JobsApi {
  readonly #api: BatchV1Api;
  readonly #namespace: string;
  readonly #callMs: number;

  constructor(api: BatchV1Api, namespace: string, callMs: number) {
    this.#api = api;
    this.#namespace = namespace;
    this.#callMs = callMs;
  }

  async list(labels: Readonly<Record<string, string>>): Promise<JobView[]> {
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const jobs: V1Job[] = [];
    let more: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = await this.#call(
        this.#api.listNamespacedJob({
          namespace: this.#namespace,
          labelSelector,
          limit: PAGE,
          _continue: more,
        }),
      );
      jobs.push(...page.items);
      more = page.metadata?._continue;
      if (!more) return jobs.map(view);
    }
    throw refused(new Error(`more than ${MOST_PAGES} pages of Jobs`));
  }

  async create(job: V1Job): Promise<void> {
    await this.#call(this.#api.createNamespacedJob({ namespace: this.#namespace, body: job }), CONFLICT);
  }

  async resize(name: string, parallelism: number): Promise<void> {
    const body = [{ op: 'replace', path: '/spec/parallelism', value: parallelism }];
    await this.#call(this.#api.patchNamespacedJob({ namespace: this.#namespace, name, body }), GONE);
  }

  async remove(name: string): Promise<void> {
    await this.#call(
      this.#api.deleteNamespacedJob({
        namespace: this.#namespace,
        name,
        // Pods of a Job that is merely orphaned would go on.
        body: { propagationPolicy: 'Background' },
      }),
      GONE,
    );
  }

  /** Waits for an answer, not for ever. Errors: `CLUSTER` with what the API server says. @param fine a status that is no error. */
  async #call<T>(answer: Promise<T>, fine: number): Promise<T | null>;
  async #call<T>(answer: Promise<T>): Promise<T>;
  async #call<T>(answer: Promise<T>, fine?: number): Promise<T | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.#callMs / 1000} s`)), this.#callMs);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      if (fine !== undefined && (error as { code?: unknown }).code === fine) return null;
      throw refused(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const view = ({ metadata, spec, status }: V1Job): JobView => {
  const failed = status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  return {
    name: metadata?.name ?? '',
    labels: metadata?.labels ?? {},
    parallelism: spec?.parallelism ?? 1,
    leaving: metadata?.deletionTimestamp !== undefined,
    failed: failed === undefined ? null : (failed.message ?? failed.reason ?? 'no reason given'),
  };
};

/** The API server's own sentence where it gave one: its answer to a call that is not allowed names the right that is missing. */
function refused(error: unknown): SpatileError {
  const { code, body } = error as { code?: unknown; body?: unknown };
  const status = typeof body === 'string' ? safeJson(body) : body;
  const said = (status as { message?: unknown } | null)?.message;
  const why = typeof said === 'string' ? said : ((error as Error).message ?? String(error)).split('\n')[0];
  return new SpatileError(
    'CLUSTER',
    `Kubernetes: the API server did not do what was asked (${typeof code === 'number' ? `${code}: ` : ''}${why.slice(0, 500)}); expected it to let this server list, make, change and remove Jobs; see docs/kubernetes.md for the rights it needs`,
    { cause: error },
  );
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

import type { V1Job, V1OwnerReference, V1PodTemplateSpec } from '@kubernetes/client-node';
import {
  type KubernetesConfig,
  type KubernetesPool,
  WORKER_CONTAINER,
} from '@spatile/formats/config/kubernetes';

/** A run as far as its workers are concerned. */
export interface WorkedRun {
  /** What the server calls it. */
  id: string;
  /** What the cluster calls it. */
  name: string;
  /** `plan.memoryPerWorker` of its configuration, bytes. */
  memoryBytes: number;
  /** Most workers of each pool that its submitter wants; 0: as many as the pool has. */
  mostWorkers: number;
}

/** Exit codes of `spatile worker`: asked to leave, which is nobody's fault, and options that no other try makes right. */
const LEFT = 75;
const USAGE = 2;
/** Workers of a run may die as often as they like: what a tile may cost is the coordinator's to say. */
const MOST_FAILURES = 10_000;

/** Labels that only workers of runs of this server carry. */
export const workerLabels = (instance: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'spatile',
  'app.kubernetes.io/instance': instance,
  'app.kubernetes.io/component': 'worker',
  'app.kubernetes.io/managed-by': 'spatile-server',
});

/** The label that says to which run of the server a Job belongs. */
export const RUN_LABEL = 'spatile.io/run';

/** The same for the same run and pool, so that making it twice is refused by the API server. */
export const jobName = (run: WorkedRun, pool: KubernetesPool): string => `spatile-${run.name}-${pool.name}`;

/**
 * The Job that computes for one run: pods of the pool's template that pull tasks of this run alone, with the memory that the
 * plan of the run was made for. It has no `completions`: workers stay until the server removes the Job.
 * @param owner goes with it, so that nothing is left when the server's pod is removed; null outside of a cluster.
 */
export function workerJob(
  run: WorkedRun,
  pool: KubernetesPool,
  parallelism: number,
  config: KubernetesConfig,
  owner: V1OwnerReference | null,
): V1Job {
  const labels = {
    ...workerLabels(config.instance),
    [RUN_LABEL]: run.id,
    'spatile.io/pool': pool.name,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(run, pool),
      labels: { ...pool.labels, ...labels },
      annotations: { ...pool.annotations, 'spatile.io/cluster-run': run.name },
      ...(owner === null ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      parallelism,
      backoffLimit: MOST_FAILURES,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'Ignore',
            onExitCodes: { containerName: WORKER_CONTAINER, operator: 'In', values: [LEFT] },
          },
          {
            action: 'FailJob',
            onExitCodes: { containerName: WORKER_CONTAINER, operator: 'In', values: [USAGE] },
          },
        ],
      },
      ttlSecondsAfterFinished: config.ttlSeconds,
      ...(config.deadlineSeconds === null ? {} : { activeDeadlineSeconds: config.deadlineSeconds }),
      template: podTemplate(run, pool, labels),
    },
  };
}

/** The template of the pool with the run's name, labels and memory in it. */
function podTemplate(
  run: WorkedRun,
  pool: KubernetesPool,
  labels: Record<string, string>,
): V1PodTemplateSpec {
  const memoryMiB = Math.ceil((run.memoryBytes * pool.memoryFactor) / 2 ** 20);
  const { metadata, spec } = structuredClone(pool.template) as unknown as Required<V1PodTemplateSpec>;
  const containers = spec!.containers.map((container) => {
    if (container.name !== WORKER_CONTAINER) return container;
    const memory = `${memoryMiB + pool.overheadMiB}Mi`;
    return {
      ...container,
      args: [...(container.args ?? []), '--run', run.name, '--memory', `${memoryMiB}MiB`],
      resources: {
        ...container.resources,
        requests: { ...container.resources?.requests, memory },
        limits: { ...container.resources?.limits, memory },
      },
    };
  });
  return {
    metadata: { ...metadata, labels: { ...metadata?.labels, ...labels } },
    // A pod is replaced by the Job, whose policy looks at how it ended.
    spec: { ...spec, restartPolicy: 'Never', containers },
  };
}

import * as z from 'zod';

/**
 * How a server makes the workers of its runs on Kubernetes: the file of `spatile serve --kubernetes`. The chart writes it; a
 * submitter has no part in it.
 */

/** A name that is allowed in labels and in names of objects. */
const name = (most: number) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected a-z, 0-9 and - inside')
    .max(most);
const texts = z.record(z.string().min(1).max(317), z.string());

/** The container of a template that gets the arguments and the memory of a run. */
export const WORKER_CONTAINER = 'worker';

/** A PodTemplateSpec of Kubernetes; what it may hold is the API server's to say. */
const template = z.looseObject({
  metadata: z.looseObject({ labels: texts.optional(), annotations: texts.optional() }).optional(),
  spec: z.looseObject({
    containers: z
      .array(z.looseObject({ name: z.string(), args: z.array(z.string()).optional() }))
      .min(1)
      .max(20)
      .refine(
        (all) => all.filter((container) => container.name === WORKER_CONTAINER).length === 1,
        `one container has to be called ${WORKER_CONTAINER}`,
      ),
  }),
});

const pool = z.strictObject({
  name: name(12).describe('what it is called; part of the names of its Jobs'),
  class: z
    .enum(['cpu', 'cpu-big', 'gpu'])
    .default('cpu')
    .describe('which tasks its workers take; those of gpu are there while images are worked on'),
  workers: z.int().min(1).max(10_000).describe('most workers of one run; never more than the run has tiles'),
  memoryFactor: z
    .number()
    .min(1)
    .max(64)
    .default(1)
    .describe('memory of a worker in units of plan.memoryPerWorker of the run'),
  overheadMiB: z
    .int()
    .min(64)
    .max(65_536)
    .default(350)
    .describe('memory of a container beside that of the computing process, MiB'),
  labels: texts.default({}).describe('more labels of the Job, such as the queue of Kueue'),
  annotations: texts.default({}).describe('annotations of the Job'),
  template: template.describe('the pods: a PodTemplateSpec with a container called worker'),
});

export const kubernetesSchema = z.strictObject({
  namespace: name(63)
    .nullable()
    .default(null)
    .describe('where workers are made; null: the namespace of the server, or that of the kubeconfig'),
  instance: name(40).describe('tells the workers of this server from those of others in the namespace'),
  reconcileSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(30)
    .describe('how often what is there is held against what should be'),
  ttlSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(3600)
    .describe('how long a Job that has ended by itself stays for people to look at'),
  deadlineSeconds: z
    .int()
    .min(60)
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('longest life of the workers of a run; null: as long as the run'),
  pools: z
    .array(pool)
    .min(1)
    .max(16)
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, 'two pools have one name')
    .describe('kinds of workers that a run gets'),
});

export type KubernetesConfig = z.infer<typeof kubernetesSchema>;
export type KubernetesPool = KubernetesConfig['pools'][number];

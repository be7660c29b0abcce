import * as z from 'zod';
import { placement, quantity, texts } from './chart-parts.ts';

/** The part of the chart's values that is about workers. */

const pool = z.strictObject({
  class: z
    .enum(['cpu', 'cpu-big', 'gpu'])
    .default('cpu')
    .describe(
      'which tasks they take: cpu-big those on which others ran out of memory, gpu those with images',
    ),
  workers: z
    .int()
    .min(0)
    .max(10_000)
    .default(8)
    .describe('most workers: of one run (jobs, which take no more than the run has tiles), or of all'),
  cpu: quantity.default('1').describe('CPUs that are asked for; one is what a worker uses'),
  memoryFactor: z
    .number()
    .min(1)
    .max(64)
    .default(1)
    .describe('jobs: memory of a worker in units of plan.memoryPerWorker of the run'),
  memoryMiB: z
    .int()
    .min(256)
    .max(1_048_576)
    .default(2048)
    .describe('other modes: memory of the computing process, at least plan.memoryPerWorker of every run'),
  overheadMiB: z.int().min(64).max(65_536).default(350).describe('memory of a container beside that'),
  gpus: z.int().min(0).max(16).default(0).describe('GPUs of each pod'),
  gpuResource: z.string().min(1).default('nvidia.com/gpu').describe('what the cluster calls them'),
  jobLabels: texts.default({}).describe('jobs: labels of the Job, such as kueue.x-k8s.io/queue-name'),
  jobAnnotations: texts.default({}).describe('jobs: annotations of the Job'),
  extraArgs: z.array(z.string()).default([]).describe('more arguments of spatile worker'),
  ...placement,
});

export const chartWorkers = z.strictObject({
  mode: z
    .enum(['jobs', 'deployment', 'scaledObject', 'scaledJob'])
    .default('jobs')
    .describe(
      'jobs: the server makes a Job for each run and removes it; deployment: as many as pools say, always; scaledObject, scaledJob: KEDA makes them by the backlog of the stream',
    ),
  defaults: pool.prefault({}).describe('of all pools'),
  pools: z
    .record(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/), pool.partial())
    .default({ cpu: {} })
    .describe('kinds of workers by name, each with what differs from the defaults; null takes one out'),
  graceSeconds: z
    .int()
    .min(5)
    .max(3600)
    .default(55)
    .describe('time in which a worker that has to leave may finish its tile; else it gives it back'),
  keda: z
    .strictObject({
      url: z
        .string()
        .default('')
        .describe('where the broker tells of its streams (/jsz); empty: the broker of this chart'),
      valueLocation: z
        .string()
        .min(1)
        .default('account_details.0.stream_detail.#(name=="SPATILE_TASKS").state.messages')
        .describe('place of the backlog in its answer'),
      tilesPerWorker: z.int().min(1).max(10_000).default(4).describe('a worker for so many tiles that wait'),
      minWorkers: z.int().min(0).max(10_000).default(0).describe('scaledObject: workers that stay'),
      pollingSeconds: z.int().min(5).max(3600).default(15).describe('how often KEDA looks'),
      cooldownSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .default(300)
        .describe('scaledObject: time without tiles before all leave'),
      idleExitSeconds: z
        .int()
        .min(5)
        .max(86_400)
        .default(60)
        .describe('scaledJob: a worker without work leaves after so long'),
    })
    .prefault({})
    .describe('for scaledObject and scaledJob'),
});

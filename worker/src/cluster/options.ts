import * as z from 'zod';

const address = z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) });

export type Address = z.infer<typeof address>;

/** How a worker of a cluster is started: by the command line, as one JSON argument. */
const schema = z.strictObject({
  nats: z.string().min(1),
  natsCredentials: z.string().nullable(),
  ca: z.string().nullable(),
  cert: z.string().nullable(),
  key: z.string().nullable(),
  token: z.string().nullable(),
  /** Only tasks of this run; null takes those of all. */
  run: z.string().nullable(),
  workers: z.enum(['cpu', 'cpu-big', 'gpu']),
  /** Limit of the computing process. */
  memoryBytes: z.int().min(2 ** 26),
  /** Leaves when there was nothing to do for so long; null stays. */
  idleExitMs: z.int().min(100).nullable(),
  /** How long after SIGTERM the worker may finish what it has. */
  graceMs: z.int().min(0),
  /** Where it tells of itself: over HTTP to Prometheus and probes, and by gRPC's health protocol; neither unless told. */
  metrics: address.nullable().optional(),
  health: address.nullable().optional(),
  /** Who it is, in logs. */
  name: z.string().min(1).max(100),
});

export type ClusterWorkerOptions = z.infer<typeof schema>;

export const parseOptions = (json: string): ClusterWorkerOptions => schema.parse(JSON.parse(json));

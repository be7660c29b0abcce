import * as z from 'zod';
import { placement, quantity, secretKey, texts } from './chart-parts.ts';
import { chartWorkers } from './chart-workers.ts';

/**
 * The values of the Helm chart `charts/spatile`, with bounds, defaults and descriptions. `npm run docs` writes the chart's
 * `values.schema.json` and `values.yaml` from it.
 */

const image = z.strictObject({
  repository: z.string().min(1).default('spatile').describe('image built from deploy/Dockerfile'),
  tag: z.string().default('').describe('empty: the version of the chart'),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default('')
    .describe('such as sha256:…; counts instead of the tag'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent').describe('when to pull'),
  pullSecrets: z.array(z.string().min(1)).default([]).describe('names of Secrets for the registry'),
});

const server = z.strictObject({
  runsAtOnce: z.int().min(1).max(1000).default(2).describe('runs that go on at once; each is a process'),
  cpu: quantity.default('2').describe('CPUs that are asked for'),
  memory: quantity.default('4Gi').describe('memory of the pod: that of all runs at once'),
  ackWaitSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('a silent worker loses its tile after so long'),
  reconcileSeconds: z.int().min(1).max(3600).default(10).describe('how often queue and plan are compared'),
  graceSeconds: z.int().min(10).max(3600).default(60).describe('time to stop runs in an orderly way'),
  workerPorts: z
    .strictObject({
      first: z.int().min(1024).max(65_535).default(50_100).describe('first port'),
      last: z.int().min(1024).max(65_535).default(50_999).describe('last port'),
    })
    .prefault({})
    .describe('ports on which runs serve their workers, one each; other connections of the pod use them too'),
  disruptionBudget: z
    .boolean()
    .default(false)
    .describe('keep node drains from evicting the server; somebody has to lift it then'),
  extraArgs: z.array(z.string()).default([]).describe('more arguments of spatile serve'),
  ...placement,
});

const volume = (size: string) =>
  z.strictObject({
    existingClaim: z.string().default('').describe('a claim that is there; empty: one is made'),
    size: quantity.default(size).describe('of the claim that is made'),
    storageClass: z.string().default('').describe('empty: that of the cluster'),
    accessMode: z
      .enum(['ReadWriteOncePod', 'ReadWriteOnce', 'ReadWriteMany'])
      .default('ReadWriteOncePod')
      .describe('ReadWriteOncePod keeps a second server off the runs; not every driver has it'),
  });

const storage = z.strictObject({
  state: volume('1Gi').prefault({}).describe('what the server knows of its runs'),
  data: volume('200Gi')
    .prefault({})
    .describe(
      'bundles, outputs and run directories, at /data; needs hard links and fsync, so no bucket mount',
    ),
  inputs: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/)
          .describe('it is at /inputs/NAME'),
        claim: z.string().min(1).describe('claim to be read, such as one of a bucket mount'),
        subPath: z.string().default('').describe('folder in it'),
      }),
    )
    .max(50)
    .default([])
    .describe('claims with more bundles, read only'),
  scratch: quantity.default('1Gi').describe('limit of /tmp in every container'),
});

const s3 = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'copy outputs and run directories to a bucket as they grow, and get them from there on an empty volume',
    ),
  image: z.string().min(1).default('rclone/rclone:1.75.1').describe('image with rclone and sh'),
  remote: z.string().default('').describe('bucket and folder, such as s3:slides/spatile'),
  existingSecret: z.string().default('').describe('Secret with rclone.conf'),
  intervalSeconds: z.int().min(10).max(86_400).default(300).describe('between two copies'),
  memory: quantity.default('512Mi').describe('memory of rclone'),
});

const auth = z.strictObject({
  token: secretKey('token', 'the secret that server, workers and clients share').prefault({}),
  serverTls: z
    .string()
    .default('')
    .describe(
      'Secret with ca.crt, tls.crt and tls.key of the server; see docs/kubernetes.md for names in it',
    ),
  workerTls: z.string().default('').describe('Secret with ca.crt, tls.crt and tls.key of workers'),
  serverNatsCredentials: secretKey('nats.creds', 'NATS credentials of the server').prefault({}),
  workerNatsCredentials: secretKey('nats.creds', 'NATS credentials of workers').prefault({}),
});

const nats = z.strictObject({
  enabled: z.boolean().default(true).describe('install a broker with the chart'),
  url: z.string().default('').describe('the broker where none is installed, such as nats://nats.queue:4222'),
  peer: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('where that broker is, for the network policy (a NetworkPolicyPeer); empty: anywhere'),
  image: z
    .string()
    .min(1)
    .default('nats:2.14.9-alpine')
    .describe('of the broker that is installed; at least 2.11'),
  size: quantity.default('2Gi').describe('volume of its stream'),
  storageClass: z.string().default('').describe('empty: that of the cluster'),
  cpu: quantity.default('250m').describe('CPUs that are asked for'),
  memory: quantity.default('256Mi').describe('memory'),
  tlsSecret: z
    .string()
    .default('')
    .describe('Secret with ca.crt, tls.crt and tls.key; needed with auth.serverTls'),
  ...placement,
});

const peers = z.array(z.record(z.string(), z.unknown())).max(50);
const networkPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe('let through only what spatile needs'),
  clients: peers
    .default([{ podSelector: { matchLabels: { 'spatile.io/client': 'true' } } }])
    .describe('who may submit runs and see the page (NetworkPolicyPeer)'),
  monitoring: peers.default([]).describe('who else may read metrics (NetworkPolicyPeer)'),
  keda: peers
    .default([{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } } }])
    .describe('who may read the numbers of the broker (NetworkPolicyPeer)'),
  apiServer: peers.default([]).describe('where the API server is (NetworkPolicyPeer); empty: anywhere'),
  s3: peers.default([]).describe('where the bucket is (NetworkPolicyPeer); empty: anywhere'),
});

const serviceMonitor = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('have the Prometheus operator read the metrics of server and workers'),
  interval: z.string().default('30s').describe('how often'),
  labels: texts.default({}).describe('labels by which Prometheus finds it'),
});

export const chartSchema = z.strictObject({
  nameOverride: z.string().max(30).default('').describe('instead of spatile in names'),
  fullnameOverride: z.string().max(30).default('').describe('instead of release and name in names'),
  image: image.prefault({}).describe('the image of server and workers'),
  server: server.prefault({}).describe('spatile serve, one pod'),
  storage: storage.prefault({}).describe('volumes of the server; workers have none'),
  s3: s3.prefault({}).describe('a copy of the data volume in an S3-compatible store'),
  workers: chartWorkers.prefault({}).describe('spatile worker, any number of pods'),
  auth: auth.prefault({}).describe('Secrets; nothing is protected but by the network where they are empty'),
  nats: nats.prefault({}).describe('the broker'),
  networkPolicy: networkPolicy.prefault({}).describe('who may speak to whom'),
  serviceMonitor: serviceMonitor.prefault({}).describe('metrics'),
  global: z.looseObject({}).default({}).describe('of charts that this is a part of; not used'),
});

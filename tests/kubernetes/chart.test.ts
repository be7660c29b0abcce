import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container, V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import { addRemote } from '@spatile/coordinator/cli/commands/remote';
import { addServe } from '@spatile/coordinator/cli/commands/serve';
import { addWorker } from '@spatile/coordinator/cli/commands/worker';
import type { Context } from '@spatile/coordinator/cli/context';
import { workerJob } from '@spatile/coordinator/kubernetes/job';
import { kubernetesSchema } from '@spatile/formats/config/kubernetes';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, hasHelm, helm, rendered } from './helm.ts';
import { type KubernetesObject, problemsOf } from './schema.ts';

/** The values files of `ci/`, beside none at all. */
const CASES = ['', ...readdirSync(join(CHART, 'ci')).filter((name) => name.endsWith('.yaml'))];
const valuesOf = (name: string): string[] => (name === '' ? [] : ['--values', join(CHART, 'ci', name)]);
const known = new Map<string, KubernetesObject[]>();
/** What the chart gives with a values file. */
function objectsOf(name: string): KubernetesObject[] {
  const objects = known.get(name) ?? rendered(...valuesOf(name));
  known.set(name, objects);
  return objects;
}

const find = (objects: KubernetesObject[], kind: string, name?: string): KubernetesObject =>
  objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name))!;

/** The Jobs that a server with this chart makes of a run. */
function jobs(objects: KubernetesObject[]): KubernetesObject[] {
  const config = objects.find(
    ({ kind, data }) =>
      kind === 'ConfigMap' && (data as object | undefined) && 'kubernetes.yaml' in (data as object),
  );
  if (config === undefined) return [];
  const settings = kubernetesSchema.parse(parse((config.data as Record<string, string>)['kubernetes.yaml']));
  const run = { id: '20260101000000-a1b2c3', name: 'sample-0a1b2c3d', memoryBytes: 2 ** 31, mostWorkers: 0 };
  return settings.pools.map((pool) => workerJob(run, pool, 3, settings, null) as unknown as KubernetesObject);
}

/** All pods that come of these objects, by the object that makes them. */
function pods(objects: KubernetesObject[]): [string, V1PodSpec][] {
  return [...objects, ...jobs(objects)].flatMap((object): [string, V1PodSpec][] => {
    const name = `${object.kind} ${object.metadata.name}`;
    if (object.kind === 'Pod') return [[name, object.spec as V1PodSpec]];
    const spec = object.spec as {
      template?: V1PodTemplateSpec;
      jobTargetRef?: { template: V1PodTemplateSpec };
    };
    const template = spec?.template ?? spec?.jobTargetRef?.template;
    return template === undefined ? [] : [[name, template.spec!]];
  });
}

const containersOf = ({ containers, initContainers }: V1PodSpec): V1Container[] => [
  ...(initContainers ?? []),
  ...containers,
];

describe.skipIf(!hasHelm)('the chart', () => {
  test.each(CASES)('is content with itself and with Kubernetes: %s', (name) => {
    const lint = helm('lint', '--strict', CHART, ...valuesOf(name), '--set', 'serviceMonitor.enabled=false');
    // Where KEDA is missing the chart says so, which lint takes for an error.
    if (!name.startsWith('keda')) expect(lint, lint.out).toMatchObject({ ok: true });
    const objects = objectsOf(name);
    expect(objects.length).toBeGreaterThanOrEqual(8);
    for (const object of [...objects, ...jobs(objects)])
      expect(problemsOf(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  });

  test.each(CASES)('asks for pods that are harmless and have limits: %s', (name) => {
    for (const [owner, spec] of pods(objectsOf(name))) {
      expect(spec.securityContext, owner).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.hostNetwork ?? spec.hostPID ?? false, owner).toBe(false);
      for (const volume of spec.volumes ?? []) expect(volume, owner).not.toHaveProperty('hostPath');
      for (const container of containersOf(spec)) {
        expect(container, owner).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: container.resources!.requests!.memory },
          },
        });
        expect(container.image, owner).toMatch(/(:[^:/]+|@sha256:[0-9a-f]{64})$/);
        expect(container.image, owner).not.toMatch(/:latest$/);
        // Secrets are files: what is in the environment ends in dumps.
        for (const variable of container.env ?? []) expect(variable.valueFrom?.secretKeyRef).toBeUndefined();
      }
    }
  });

  test.each(CASES)('starts spatile with options that it has: %s', (name) => {
    const program = new Command();
    const context = {} as Context;
    addServe(program, context);
    addRemote(program, context);
    addWorker(program);
    for (const [owner, spec] of pods(objectsOf(name))) {
      for (const { name, args = [] } of spec.containers.filter(({ image }) => image!.includes('spatile'))) {
        const verb = program.commands.find((command) => command.name() === args[0]);
        expect(verb, `${owner} ${name}`).toBeDefined();
        for (const option of args.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]))
          expect(
            verb!.options.map(({ long }) => long),
            owner,
          ).toContain(option);
      }
    }
  });

  test('gives only the server a token for the API, and only where it makes Jobs', () => {
    for (const name of CASES) {
      const objects = objectsOf(name);
      const makesJobs = jobs(objects).length > 0;
      for (const [owner, spec] of pods(objects))
        expect(spec.automountServiceAccountToken, owner).toBe(
          makesJobs && /StatefulSet .*-server$/.test(owner),
        );
      expect(objects.some(({ kind }) => kind === 'Role')).toBe(makesJobs);
      expect(objects.some(({ kind }) => kind === 'ClusterRole')).toBe(false);
    }
  });

  test('sends workers where the values say', () => {
    const made = jobs(objectsOf('cloud.yaml'));
    const spec = (pool: string) => {
      const job = made.find(({ metadata }) => metadata.name.endsWith(`-${pool}`))!;
      return (job.spec as { template: V1PodTemplateSpec }).template.spec!;
    };
    expect(spec('gpu')).toMatchObject({
      nodeSelector: { 'node.example.org/kind': 'gpu' },
      tolerations: [{ key: 'nvidia.com/gpu' }],
    });
    expect(spec('gpu').containers[0].resources!.limits).toMatchObject({
      'nvidia.com/gpu': 1,
      memory: '2398Mi',
    });
    expect(spec('cpu')).toMatchObject({
      nodeSelector: { 'node.example.org/kind': 'spot' },
      tolerations: [{ key: 'node.example.org/spot' }],
    });
    expect(spec('big').containers[0].resources!.limits).toMatchObject({ memory: '8542Mi' });
    expect(made[0].metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'segmentation' });
  });

  test('lets workers reach the server and the broker, and nothing else', () => {
    const policy = find(objectsOf(''), 'NetworkPolicy', 'lab-spatile-worker');
    const { egress, ingress, policyTypes } = policy.spec as {
      egress: { to?: object[]; ports: { port: number; endPort?: number }[] }[];
      ingress?: unknown;
      policyTypes: string[];
    };
    expect(policyTypes).toEqual(['Ingress', 'Egress']);
    expect(ingress).toBeUndefined();
    expect(egress.map(({ ports }) => ports[0].port)).toEqual([53, 4222, 50100]);
    expect(egress.slice(1).every(({ to }) => to?.length === 1)).toBe(true);
  });

  test.each([
    [
      'a value that there is not',
      ['--set', 'workers.replicas=3'],
      /additional properties 'replicas' not allowed/,
    ],
    ['a value of another kind', ['--set', 'server.runsAtOnce=many'], /runsAtOnce.*(number|integer)/s],
    ['a mode that there is not', ['--set', 'workers.mode=magic'], /workers\/mode/],
    ['an external broker without an address', ['--set', 'nats.enabled=false'], /nats\.url: expected/],
    [
      'classes for which KEDA has no backlog',
      ['--set', 'workers.mode=scaledJob,workers.pools.gpu.class=gpu'],
      /workers\.pools\.gpu\.class: KEDA sees/,
    ],
    ['half of the certificates', ['--set', 'auth.serverTls=a'], /auth\.workerTls: expected/],
    [
      'a bucket without credentials',
      ['--set', 's3.enabled=true,s3.remote=s3:b'],
      /s3\.existingSecret: expected/,
    ],
  ])('refuses %s', (_, words, message) => {
    expect(() => rendered(...words)).toThrow(message);
  });

  test('says where KEDA is missing', () => {
    const { ok, err } = helm('template', 'lab', CHART, '--set', 'workers.mode=scaledObject');
    expect(ok).toBe(false);
    expect(err).toContain('KEDA is not installed');
  });
});

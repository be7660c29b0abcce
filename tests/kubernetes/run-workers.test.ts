import { readFileSync } from 'node:fs';
import type { WorkedRun } from '@spatile/coordinator/kubernetes/job';
import { openJobsApi } from '@spatile/coordinator/kubernetes/jobs-api';
import { RunWorkers } from '@spatile/coordinator/kubernetes/run-workers';
import { type KubernetesConfig, kubernetesSchema } from '@spatile/formats/config/kubernetes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from './api-server.ts';

const GIB = 2 ** 30;
const template = {
  metadata: { labels: { team: 'imaging' }, annotations: { why: 'tests' } },
  spec: {
    nodeSelector: { pool: 'spot' },
    containers: [
      {
        name: 'worker',
        image: 'spatile:0.1.0',
        args: ['worker', '--nats=nats://n:4222'],
        resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': 1 } },
        livenessProbe: { exec: { command: ['true'] } },
        env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
      { name: 'proxy', image: 'proxy:1', args: ['--quiet'] },
    ],
  },
};
const settings = kubernetesSchema.parse({
  instance: 'here',
  reconcileSeconds: 3600,
  deadlineSeconds: 86_400,
  pools: [
    { name: 'cpu', workers: 8, labels: { 'kueue.x-k8s.io/queue-name': 'lab' }, template },
    { name: 'big', class: 'cpu-big', workers: 1, memoryFactor: 4, template },
    { name: 'gpu', class: 'gpu', workers: 2, template },
  ],
});
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'server-0', uid: 'b0f6a8a2' };
const one = asked('20260101000000-a1', 'sample-0a1b2c3d', 2);
const two = asked('20260101000000-b2', 'other-4e5f6a7b', 3);

function asked(id: string, name: string, gib: number): WorkedRun {
  return { id, name, memoryBytes: gib * GIB, mostWorkers: 0 };
}

let server: ApiServer;
let before: string | undefined;
const told: string[] = [];
/** Runs that the server of runs knows and that have not ended. */
const open = new Set<string>();

/** A server's keeper of workers, as it is after a start. */
async function keeper(config: KubernetesConfig = settings, callMs?: number): Promise<RunWorkers> {
  const workers = new RunWorkers({
    config,
    api: await openJobsApi(null, callMs),
    owner,
    mayBegin: (id) => open.has(id),
    warn: (text) => told.push(text),
  });
  workers.start();
  await workers.settled();
  return workers;
}

const names = () => [...server.jobs.keys()].sort();

beforeEach(async () => {
  server = await ApiServer.start();
  before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = server.kubeconfig;
  told.length = 0;
  open.clear();
});
afterEach(async () => {
  if (before === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = before;
  await server.stop();
});

describe('workers of runs on Kubernetes', () => {
  test('a round gets a Job for each pool, with what the plan and the template say', async () => {
    const workers = await keeper();
    workers.round(one, 300, false);
    await workers.settled();
    expect(server.refused).toEqual([]);
    expect(names()).toEqual(['spatile-sample-0a1b2c3d-big', 'spatile-sample-0a1b2c3d-cpu']);
    const { metadata, spec } = server.jobs.get('spatile-sample-0a1b2c3d-cpu')!;
    expect(metadata).toMatchObject({
      labels: {
        'app.kubernetes.io/instance': 'here',
        'kueue.x-k8s.io/queue-name': 'lab',
        'spatile.io/run': one.id,
      },
      ownerReferences: [owner],
    });
    expect(spec).toMatchObject({ parallelism: 8, activeDeadlineSeconds: 86_400 });
    expect(spec).not.toHaveProperty('completions');
    const pod = spec!.template;
    expect(pod.metadata).toMatchObject({
      labels: { team: 'imaging', 'spatile.io/run': one.id, 'app.kubernetes.io/component': 'worker' },
      annotations: { why: 'tests' },
    });
    expect(pod.spec).toMatchObject({ restartPolicy: 'Never', nodeSelector: { pool: 'spot' } });
    const [worker, proxy] = pod.spec!.containers;
    expect(worker).toEqual({
      ...template.spec.containers[0],
      args: ['worker', '--nats=nats://n:4222', '--run', one.name, '--memory', '2048MiB'],
      resources: {
        requests: { cpu: '1', memory: '2398Mi' },
        limits: { 'nvidia.com/gpu': 1, memory: '2398Mi' },
      },
    });
    expect(proxy).toEqual(template.spec.containers[1]);
    const big = server.jobs.get('spatile-sample-0a1b2c3d-big')!.spec!.template.spec!.containers[0];
    expect(big.resources!.limits!.memory).toBe('8542Mi');
    expect(big.args).toContain('8192MiB');
  });

  test('there are never more of them than tiles, and never fewer than before', async () => {
    const workers = await keeper();
    for (const [tiles, parallelism] of [
      [3, 3],
      [50, 8],
      [2, 8],
    ]) {
      workers.round(one, tiles, false);
      await workers.settled();
      expect(server.jobs.get('spatile-sample-0a1b2c3d-cpu')!.spec!.parallelism).toBe(parallelism);
    }
    workers.round({ ...two, mostWorkers: 5 }, 50, false);
    await workers.settled();
    expect(server.jobs.get('spatile-other-4e5f6a7b-cpu')!.spec!.parallelism).toBe(5);
    expect(told).toEqual([]);
  });

  test('those with a GPU are there for images alone, and images wait for them alone', async () => {
    const workers = await keeper();
    workers.round(one, 30, true);
    await workers.settled();
    expect(names()).toEqual(['spatile-sample-0a1b2c3d-gpu']);
    workers.round(one, 30, false);
    await workers.settled();
    expect(names()).toEqual(['spatile-sample-0a1b2c3d-big', 'spatile-sample-0a1b2c3d-cpu']);
    const plain = await keeper({ ...settings, pools: settings.pools.slice(0, 1) });
    plain.round(two, 30, true);
    await plain.settled();
    expect(names()).toContain('spatile-other-4e5f6a7b-cpu');
  });

  test('they go with their run, and only they', async () => {
    const workers = await keeper();
    workers.round(one, 9, false);
    workers.round(two, 9, false);
    await workers.settled();
    expect(names()).toHaveLength(4);
    workers.ended(one.id);
    await workers.settled();
    expect(names()).toEqual(['spatile-other-4e5f6a7b-big', 'spatile-other-4e5f6a7b-cpu']);
  });

  test('what a killed server left is removed, kept for a run that goes on, and taken up by it', async () => {
    const killed = await keeper();
    killed.round(one, 9, false);
    killed.round(two, 9, false);
    await killed.settled();
    open.add(two.id);
    const next = await keeper();
    expect(names()).toEqual(['spatile-other-4e5f6a7b-big', 'spatile-other-4e5f6a7b-cpu']);
    const made = server.calls.filter(({ verb }) => verb === 'create').length;
    next.round(two, 9, false);
    await next.settled();
    expect(server.calls.filter(({ verb }) => verb === 'create')).toHaveLength(made);
    open.delete(two.id);
    next.ended(two.id);
    await next.settled();
    expect(names()).toEqual([]);
  });

  test('Jobs of another server are not touched', async () => {
    const other = await keeper({ ...settings, instance: 'there' });
    other.round(one, 9, false);
    await other.settled();
    const mine = await keeper();
    await mine.close();
    expect(names()).toEqual(['spatile-sample-0a1b2c3d-big', 'spatile-sample-0a1b2c3d-cpu']);
  });

  test('somebody removes a Job: it is made again; it fails for good: that is said', async () => {
    const workers = await keeper();
    workers.round(one, 9, false);
    await workers.settled();
    server.jobs.delete('spatile-sample-0a1b2c3d-cpu');
    server.change('spatile-sample-0a1b2c3d-big', (job) => {
      job.status = { conditions: [{ type: 'Failed', status: 'True', message: 'wrong options' }] };
    });
    workers.round(one, 9, false);
    await workers.settled();
    expect(names()).toContain('spatile-sample-0a1b2c3d-cpu');
    expect(told).toEqual(['spatile-sample-0a1b2c3d-big: these workers have failed for good (wrong options)']);
  });

  test('the workers leave with the server', async () => {
    const workers = await keeper();
    workers.round(one, 9, false);
    open.add(one.id);
    await workers.close();
    expect(names()).toEqual([]);
  });

  test.each(['refuse', 'break', 'silence', 'endless'] as const)(
    'an API server in fault (%s) is asked again later',
    async (fault) => {
      const workers = await keeper(settings, fault === 'silence' ? 2000 : undefined);
      server.fault = fault;
      workers.round(one, 9, false);
      await workers.settled();
      workers.round(one, 9, false);
      await workers.settled();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^Kubernetes: .*; expected it to let this server .*; see docs\/kubernetes\.md/);
      if (fault === 'refuse') expect(told[0]).toContain('403: jobs.batch is forbidden');
      server.fault = null;
      workers.round(one, 9, false);
      await workers.settled();
      expect(names()).toHaveLength(2);
    },
  );

  test('it asks for what the Role of the chart allows, all of it and nothing else', async () => {
    const workers = await keeper();
    workers.round(one, 3, false);
    await workers.settled();
    workers.round(one, 9, false);
    await workers.settled();
    await workers.close();
    const rights = readFileSync(
      new URL('../../charts/spatile/templates/rights.yaml', import.meta.url),
      'utf8',
    );
    const [, verbs] = /resources: \[jobs\]\n\s+verbs: \[(.+)\]/.exec(rights)!;
    expect([...new Set(server.calls.map(({ verb }) => verb))].sort()).toEqual(verbs.split(', ').sort());
    expect(new Set(server.calls.map(({ resource }) => resource))).toEqual(new Set(['jobs']));
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import type { V1Job } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Broker, hasBroker } from '../cluster/broker.ts';
import { pause, type Running, spatile, start, until } from '../pipeline/process.ts';
import { asArguments, run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { ApiServer } from './api-server.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16, memoryPerWorker: '600MiB' },
} as const;
let digest = '';
let broker: Broker;
let api: ApiServer;
let before: string | undefined;
const servers: Running[] = [];
const pods: Running[] = [];

/** What a kubelet does with the pods of a Job: one process each, with the arguments of the container. */
function runPods(job: V1Job, removed: boolean): void {
  if (removed) {
    for (const { child } of pods) child.kill('SIGTERM');
    return;
  }
  const [{ args }] = job.spec!.template.spec!.containers;
  pods.push(start(args!));
}

async function serve(): Promise<string> {
  const server = start([
    ...['serve', '--listen', '127.0.0.1:0', '--http', 'off', '--root', at('data'), '--state', at('state')],
    ...[
      '--cluster',
      broker.url,
      '--ack-wait',
      '1.5',
      '--reconcile',
      '0.5',
      '--kubernetes',
      at('workers.yaml'),
    ],
  ]);
  servers.push(server);
  let said: RegExpExecArray | null = null;
  await until(server, () => {
    said = /serving runs at (\S+)/.exec(server.stderr());
    return said !== null;
  });
  expect(said, server.stderr()).not.toBeNull();
  return said![1];
}

const submit = (grpc: string, output: string, ...more: string[]) =>
  spatile(['submit', 'slide', '-o', output, '--server', grpc, ...asArguments(settings), ...more]);

/** Waits until no Job is left. */
async function untilNone(): Promise<void> {
  while (api.jobs.size > 0) await pause(10);
}

describe.skipIf(!hasBroker)('a server with workers on Kubernetes', () => {
  beforeAll(async () => {
    mkdirSync(at('data'));
    await simulatedSlide(at('data/slide'));
    ({ digest } = await run(at('data/slide'), at('one.zarr'), settings));
    broker = await Broker.start();
    api = await ApiServer.start();
    before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = api.kubeconfig;
    const args = ['worker', '--nats', broker.url, '--grace', '0'];
    const template = { spec: { containers: [{ name: 'worker', image: 'spatile:test', args }] } };
    const pools = [{ name: 'cpu', workers: 2, overheadMiB: 200, template }];
    writeFileSync(at('workers.yaml'), JSON.stringify({ instance: 'tests', reconcileSeconds: 1, pools }));
  });
  afterEach(async () => {
    for (const { child } of servers) child.kill('SIGTERM');
    for (const { ended } of servers.splice(0)) await ended;
    for (const { child } of pods) child.kill('SIGKILL');
    for (const { ended } of pods.splice(0)) await ended;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await api?.stop();
    await broker?.remove();
  });

  test('makes the workers of a run and removes them when it is over', async () => {
    const memory: unknown[] = [];
    let most = 0;
    api.changed = (job, removed) => {
      memory.push(job.spec!.template.spec!.containers[0].resources?.limits?.memory);
      most = Math.max(most, job.spec!.parallelism!);
      runPods(job, removed);
    };
    const ended = await submit(await serve(), 'a.zarr', '--watch', '--json', '--most-workers', '1');
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(ended.stdout).digest).toBe(digest);
    await untilNone();
    expect(memory[0]).toBe('800Mi');
    expect(most).toBe(1);
    expect(api.refused).toEqual([]);
    expect((await pods[0].ended).exitCode).toBe(75);
  });

  test('takes them up again when it was killed, and removes them then', async () => {
    api.changed = () => {};
    const first = await serve();
    const id = (await submit(first, 'b.zarr')).stdout.trim();
    await until(servers[0], () => api.jobs.size > 0);
    servers[0].child.kill('SIGKILL');
    await servers[0].ended;
    expect(api.jobs.size).toBe(1);
    const [job] = api.jobs.values();
    const second = await serve();
    api.changed = runPods;
    runPods(job, false);
    const watched = await spatile(['watch', id, '--server', second, '--json']);
    expect(watched, watched.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(watched.stdout).digest).toBe(digest);
    await untilNone();
  });

  test('says what its settings have wrong before it takes any run', async () => {
    writeFileSync(at('wrong.yaml'), 'instance: x\npools: []\n');
    const cluster = [
      '--cluster',
      broker.url,
      '--listen',
      '127.0.0.1:0',
      '--http',
      'off',
      '--state',
      at('none'),
    ];
    const wrong = await spatile(['serve', ...cluster, '--kubernetes', at('wrong.yaml')]);
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/wrong\.yaml: pools is not allowed/),
    });
    const missing = await spatile(['serve', ...cluster, '--kubernetes', at('no.yaml')]);
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/no\.yaml: .*ENOENT/) });
    const alone = await spatile(['serve', '--kubernetes', at('wrong.yaml')]);
    expect(alone).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--kubernetes: .*--cluster/) });
  });
});

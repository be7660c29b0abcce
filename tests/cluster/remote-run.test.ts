import { existsSync, mkdirSync } from 'node:fs';
import { type Client, credentials } from '@grpc/grpc-js';
import { healthServices } from '@spatile/proto/definition';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Running, spatile, start, until } from '../pipeline/process.ts';
import { asArguments, run, SHORT_PROSEG, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { digestOfFiles } from '../pipeline/store.ts';
import { hasBroker } from './broker.ts';
import { Cluster } from './cluster.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'proseg', proseg: SHORT_PROSEG },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
let digest = '';
let cluster: Cluster | null = null;
const servers: Running[] = [];

async function serve(...more: string[]): Promise<{ server: Running; grpc: string; page: string }> {
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const state = at(`state-${servers.length}-${performance.now()}`);
  const server = start(['serve', ...ports, '--root', at('data'), '--state', state, ...more]);
  servers.push(server);
  let said: RegExpExecArray | null = null;
  await until(server, () => {
    said = /serving runs at (\S+), page at (\S+)/.exec(server.stderr());
    return said !== null;
  });
  expect(said, server.stderr()).not.toBeNull();
  return { server, grpc: said![1], page: said![2] };
}

const there = (grpc: string, output: string, ...more: string[]): string[] => [
  ...['run', 'slide', '-o', output, '--server', grpc, ...asArguments(settings)],
  ...more,
];

/** What the health protocol of a server says. */
function health(address: string, service = ''): Promise<string> {
  const { Health } = healthServices();
  const client = new Health(address, credentials.createInsecure()) as Client & InstanceType<typeof Health>;
  return new Promise<string>((resolve, reject) =>
    client.check({ service }, (error, reply) => (error ? reject(error) : resolve(String(reply!.status)))),
  ).finally(() => client.close());
}

describe('a run that a server carries out for `spatile run`', () => {
  beforeAll(async () => {
    mkdirSync(at('data'));
    await simulatedSlide(at('data/slide'));
    ({ digest } = await run(at('data/slide'), at('one.zarr'), settings));
  });
  afterEach(async () => {
    for (const { child } of servers) child.kill('SIGTERM');
    for (const { ended } of servers.splice(0)) await ended;
    await cluster?.end();
    cluster = null;
  });

  test('looks like a local one, and leaves numbers behind', async () => {
    const { grpc, page, server } = await serve('--workers', '1');
    expect(await health(grpc)).toBe('SERVING');
    expect(await health(grpc, 'spatile.v1.Runs')).toBe('SERVING');
    await expect(health(grpc, 'nobody')).rejects.toMatchObject({ code: 5 });
    const ended = await spatile(there(grpc, 'a.zarr', '--report', 'other.html'));
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toContain('assigning transcripts');
    expect(ended.stdout).toMatch(new RegExp(`^cells .*assigned .*digest +${digest}\n`, 's'));
    expect(digestOfFiles(at('data/a.zarr'))).toBe(digest);
    expect(existsSync(at('data/other.html'))).toBe(true);
    const metrics = await (await fetch(new URL('metrics', page))).text();
    expect(metrics).toMatch(/spatile_tiles_total\{stage="assign",outcome="committed"\} [1-9]/);
    expect(metrics).toMatch(/spatile_tile_duration_seconds_count\{stage="assign-border"\} [1-9]/);
    expect(metrics).toMatch(/spatile_transcripts_total\{stage="assign"\} [1-9]\d{3}/);
    expect(metrics).toMatch(/spatile_tile_memory_bytes_sum\{stage="outline"\} [1-9]/);
    expect(metrics).toMatch(/spatile_settle_seconds_count\{stage="assign"\} [1-9]/);
    expect(metrics).toMatch(/spatile_partition_rows_total [1-9]\d{3}/);
    expect(metrics).toContain('process_resident_memory_bytes');
    // One line of the log for each state of the run.
    const log = server
      .stderr()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    expect(log.map(({ state }) => state)).toEqual(['RUNNING', 'FINISHED']);
    expect(log[0].run).toMatch(/^\d{14}-[0-9a-f]{6}$/);
    const board = await (await fetch(new URL(`runs/${log[0].run}.json`, page))).json();
    expect(board.steps).toContain('assign');
    expect(
      board.tasks.find(({ step, round }: Record<string, string>) => step === 'assign' && round === 'assign'),
    ).toMatchObject({
      state: 'done',
      areaUm: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
    });
  });

  test('fails with the exit code and the sentence of a local one', async () => {
    const { grpc } = await serve('--workers', '1');
    mkdirSync(at('data/empty'), { recursive: true });
    const local = await spatile(['run', at('data/empty'), '-o', at('data/x.zarr')]);
    const ended = await spatile(['run', 'empty', '-o', 'x.zarr', '--server', grpc]);
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr.split('\n').at(-2)).toBe(local.stderr.split('\n').at(-2));
  });

  test('is stopped by Ctrl-C, and goes on with --resume', async () => {
    const { server, grpc } = await serve('--workers', '1');
    const running = start(there(grpc, 'c.zarr'));
    await until(server, () => existsSync(at('data/c.run/results/assign')));
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toMatch(/interrupted by SIGINT; run \S+ was stopped/);
    expect((await spatile(['list', '--server', grpc])).stdout).toContain('cancelled');
    const again = await spatile(there(grpc, 'c.zarr', '--resume', '--json'));
    expect(again).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ digest, cells: expect.any(Number) });
  });

  test.each([
    [['--workers', '2'], /--workers: the server decides on it/],
    [['--ack-wait', '5'], /--ack-wait: the server decides on it/],
    [['--verify', '1'], /--verify: the server decides on it/],
    [['--worker-classes', 'cpu'], /--worker-classes: the server decides on it/],
    [['--crop', '/etc/passwd'], /\/etc\/passwd: not below a folder that this server serves/],
    [['--report', '../../r.html'], /not below a folder that this server serves/],
    [['--cluster', 'nats://user:secret@127.0.0.1:1'], /--cluster: this server computes without a cluster/],
  ])('is refused with %j in one sentence', async (words, message) => {
    const { grpc } = await serve();
    const ended = await spatile(there(grpc, 'r.zarr', ...words));
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('secret');
  });

  test.skipIf(!hasBroker)('is computed by the workers of the cluster that it names', async () => {
    cluster = await Cluster.start(1, {
      workerArguments: ['--metrics', '127.0.0.1:0', '--health', '127.0.0.1:0'],
    });
    const { grpc, page, server } = await serve('--cluster', cluster.broker.url, '--reconcile', '0.5');
    const other = await spatile(there(grpc, 'e.zarr', '--cluster', 'nats://127.0.0.1:1'));
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('on another broker') });
    const ended = await spatile(there(grpc, 'e.zarr', '--cluster', cluster.broker.url, '--json'));
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(ended.stdout).digest).toBe(digest);
    expect(server.stderr()).toMatch(/"cluster":"e-[0-9a-f]{8}"/);
    const metrics = await (await fetch(new URL('metrics', page))).text();
    expect(metrics).toMatch(/spatile_data_bytes_total\{direction="commit"\} [1-9]/);
    expect(metrics).toContain('spatile_queue_waiting 0');
    expect(metrics).toContain('spatile_data_inflight_bytes 0');
    const [worker] = cluster.workers;
    const ports = Object.fromEntries(
      worker
        .stderr()
        .split('\n')
        .flatMap((line) => (line.includes('probes are served') ? [JSON.parse(line)] : []))
        .map(({ what, port }) => [what, port]),
    );
    const ask = async (path: string) => fetch(`http://127.0.0.1:${ports.metrics}/${path}`);
    expect((await ask('readyz')).status).toBe(200);
    expect(await health(`127.0.0.1:${ports.health}`)).toBe('SERVING');
    const own = await (await ask('metrics')).text();
    expect(own).toMatch(/spatile_worker_tasks_total\{kind="assign.proseg",outcome="committed"\} [1-9]/);
    expect(own).toMatch(/spatile_tile_duration_seconds_count\{stage="outline"\} [1-9]/);
    expect(own).toMatch(/spatile_kernel_peak_memory_bytes [1-9]/);
    expect(own).toContain('spatile_nats_connected 1');
    await cluster.broker.kill();
    await vi.waitFor(async () => expect((await ask('readyz')).status).toBe(503), { timeout: 30_000 });
    expect(await health(`127.0.0.1:${ports.health}`)).toBe('NOT_SERVING');
    expect((await ask('healthz')).status).toBe(200);
  });
});

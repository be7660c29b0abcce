import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
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

/** Starts a server on the folder of the test; gives it and where it listens. */
async function serve(
  state: string,
  ...more: string[]
): Promise<{ server: Running; grpc: string; page: string }> {
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const server = start(['serve', ...ports, '--root', at('data'), '--state', at(state), ...more]);
  servers.push(server);
  let said: RegExpExecArray | null = null;
  await until(server, () => {
    said = /serving runs at (\S+), page at (\S+)/.exec(server.stderr());
    return said !== null;
  });
  expect(said, server.stderr()).not.toBeNull();
  return { server, grpc: said![1], page: said![2] };
}

const submit = (grpc: string, output: string, ...more: string[]) =>
  spatile(['submit', 'slide', '-o', output, '--server', grpc, ...asArguments(settings), ...more]);

describe('a server of runs', () => {
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

  test('carries out a run with the bytes of a local one, and shows it', async () => {
    const { grpc, page } = await serve('state', '--workers', '1');
    const ended = await submit(grpc, 'a.zarr', '--watch');
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toContain('assigning transcripts');
    expect(ended.stdout).toContain(digest);
    expect(digestOfFiles(at('data/a.zarr'))).toBe(digest);
    const listed = await spatile(['list', '--server', grpc]);
    expect(listed.stdout).toMatch(/finished .*a\.zarr/);
    const get = async (path: string): Promise<string> => (await fetch(new URL(path, page))).text();
    expect(await get('healthz')).toBe('alive\n');
    expect(await get('readyz')).toBe('ready\n');
    const metrics = await get('metrics');
    expect(metrics).toContain('spatile_runs{state="FINISHED"} 1');
    expect(metrics).toMatch(/^spatile_commit_seconds_count\{stage="assign"\} [1-9]/m);
    expect(JSON.parse(await get('runs.json')).runs).toMatchObject([{ state: 'FINISHED' }]);
    expect(await get('')).toContain('<title>spatile runs</title>');
    expect((await fetch(new URL('healthz', page), { method: 'POST' })).status).toBe(405);
  });

  test.each([
    ['stopped', 'SIGTERM', 0],
    ['killed', 'SIGKILL', null],
  ] as const)('goes on with its runs after it was %s', async (how, signal, exitCode) => {
    const first = await serve(how, '--workers', '1');
    const id = (await submit(first.grpc, `${how}.zarr`)).stdout.trim();
    await until(first.server, () => existsSync(at(`data/${how}.run/results/assign`)));
    first.server.child.kill(signal);
    expect(await first.server.ended).toMatchObject({ exitCode });
    const second = await serve(how, '--workers', '1');
    const watched = await spatile(['watch', id, '--server', second.grpc, '--json']);
    expect(watched).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(watched.stdout).digest).toBe(digest);
  });

  test('keeps a second server from its state', async () => {
    await serve('one');
    const second = await spatile(['serve', '--listen', '127.0.0.1:0', '--http', 'off', '--state', at('one')]);
    expect(second).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('another server') });
  });

  test('cancels a run, and goes on with it when it is submitted again', async () => {
    const { server, grpc } = await serve('cancel', '--workers', '1');
    const id = (await submit(grpc, 'c.zarr')).stdout.trim();
    await until(server, () => existsSync(at('data/c.run/results/assign')));
    expect((await spatile(['cancel', id, '--server', grpc])).stdout).toContain('cancelled');
    expect((await spatile(['watch', id, '--server', grpc])).exitCode).toBe(130);
    const again = await submit(grpc, 'c.zarr', '--resume', '--watch', '--json');
    expect(again).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(again.stdout).digest).toBe(digest);
  });

  test.each([
    [
      'a bundle outside of what is served',
      ['submit', '/etc', '-o', 'x.zarr'],
      /\/etc: not below a folder that this server serves/,
    ],
    ['a way out by ..', ['submit', '../../etc', '-o', 'x.zarr'], /not below a folder/],
    ['a way out by a link', ['submit', 'link/passwd', '-o', 'x.zarr'], /not below a folder/],
    ['an output outside', ['submit', 'slide', '-o', '/tmp/x.zarr'], /\/tmp\/x\.zarr: not below a folder/],
    [
      'a setting that names a file outside',
      ['submit', 'slide', '-o', 'x.zarr', '--set', 'prior.file=/etc/passwd'],
      /\/etc\/passwd: not below a folder/,
    ],
    ['a setting that is none', ['submit', 'slide', '-o', 'x.zarr', '--set', 'assign.nonsense=1'], /nonsense/],
    ['a run that is not there', ['watch', 'nobody'], /run nobody: not known/],
  ])('refuses %s in one sentence', async (_, words, message) => {
    if (!existsSync(at('data/link'))) symlinkSync('/etc', at('data/link'));
    const { grpc } = await serve('refusals');
    const ended = await spatile([...words, '--server', grpc]);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('    at ');
  });

  test('tells a client without its secret nothing', async () => {
    const { server, grpc } = await serve(
      'secret',
      '--token-file',
      new URL('./secret.test-token', import.meta.url).pathname,
    );
    const ended = await spatile(['list', '--server', grpc]);
    expect(ended).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringContaining('no valid token'),
    });
    expect(server.stderr()).not.toContain('for tests only');
  });

  test.skipIf(!hasBroker)('has the workers of a cluster compute', async () => {
    cluster = await Cluster.start(1);
    const { grpc } = await serve('cluster', '--cluster', cluster.broker.url);
    const ended = await submit(grpc, 'd.zarr', '--watch', '--json');
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(ended.stdout).digest).toBe(digest);
    expect(cluster.workers[0].stderr()).toContain('"end":"committed"');
  });
});

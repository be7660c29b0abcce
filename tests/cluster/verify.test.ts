import { readFileSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { TileClient } from '@spatile/worker/cluster/tile-client';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { hasBroker } from './broker.ts';
import { Cluster, expectDigest, placeOf } from './cluster.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
/** A second worker that is slow to start is waited for. */
const VERIFY = ['--verify', '1', '--ack-wait', '60'];

describe.skipIf(!hasBroker)('a run whose every tile is computed by two workers', () => {
  let slide = '';
  let digest = '';
  let cluster: Cluster;
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(() => cluster?.end());

  test('gives the bytes of one machine', async () => {
    cluster = await Cluster.start(2);
    const output = at('twice.zarr');
    await expectDigest(cluster.run(slide, output, settings, ...VERIFY), output, digest);
    const directory = runDirectoryFor(output);
    const tasks = readFileSync(`${directory}/events.ndjson`, 'utf8').match(/"type":"task"/g)!.length;
    const log = readFileSync(`${directory}/spatile.log`, 'utf8');
    expect(log).toContain(`"tasks":${tasks},"byOneWorker":0,"msg":"results that two workers gave alike"`);
    for (const worker of cluster.workers) expect(worker.stderr()).toContain('"end":"committed"');
  });

  test('lets one worker repeat its own where no other comes, and says so once', async () => {
    cluster = await Cluster.start(1, { workerArguments: ['--idle-exit', '4'] });
    const output = at('alone.zarr');
    const running = cluster.run(slide, output, settings, '--verify', '1');
    await expectDigest(running, output, digest);
    expect(running.stderr().match(/no other worker was heard of for 3 s, so w0/g)).toHaveLength(1);
    const log = readFileSync(`${runDirectoryFor(output)}/spatile.log`, 'utf8');
    expect(log).toMatch(/"tasks":0,"byOneWorker":[1-9]/);
    // A few tasks come back in the first seconds; none does again and again.
    expect(cluster.workers[0].stderr().match(/"end":"elsewhere"/g)!.length).toBeLessThan(100);
    expect(await cluster.workers[0].ended).toMatchObject({ exitCode: 0 });
  });

  test('keeps no worker that has nothing to do but its own results', async () => {
    cluster = await Cluster.start(0);
    const output = at('idle.zarr');
    const running = cluster.run(slide, output, settings, ...VERIFY);
    await placeOf(running);
    const idle = cluster.addWorker('--idle-exit', '3');
    expect(await idle.ended).toMatchObject({ exitCode: 0 });
    expect(idle.stderr()).toContain('"end":"elsewhere"');
    cluster.addWorker();
    cluster.addWorker();
    await expectDigest(running, output, digest);
  });

  test('ends over a result that is wrong but of the right form, though it came first', async () => {
    cluster = await Cluster.start(0);
    const running = cluster.run(slide, at('lied to.zarr'), settings, ...VERIFY);
    const { name, address } = await placeOf(running);
    const client = new TileClient(address, { ca: null, cert: null, key: null, token: null });
    const task = 'assign/t0003';
    const liar = { run: name, task, epoch: 1, attemptId: 'a-liar-of-this-test', worker: 'liar' };
    await vi.waitFor(async () => expect((await client.begin(liar)).verdict).toBe('GO'), 60_000);
    const bytes = readFileSync(`${runDirectoryFor(at('one.zarr'))}/results/${task}.frame`);
    bytes[bytes.length - 9] ^= 1;
    const done = { bytes, seconds: 1, cpuSeconds: 1, peakRssBytes: 1, work: {} };
    expect(await client.commit(liar, { type: 'done', task, attempt: 1, ...done })).toBe('COMMITTED');
    client.close();
    cluster.addWorker();
    const ended = await running.ended;
    expect(ended).toMatchObject({
      exitCode: 70,
      stderr: expect.stringMatching(/assign\/t0003: two workers gave different bytes/),
    });
  });
});

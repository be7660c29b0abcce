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
const VERIFY = ['--verify', '1'];

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
    expect(log).toContain(`"tasks":${tasks},"msg":"results that two workers gave alike"`);
    for (const worker of cluster.workers) expect(worker.stderr()).toContain('"end":"committed"');
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

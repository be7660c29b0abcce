import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { TileClient } from '@spatile/worker/cluster/tile-client';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { committed, events } from '../pipeline/faults.ts';
import { type StartOptions, until } from '../pipeline/process.ts';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { hasBroker } from './broker.ts';
import { Cluster, expectDigest, placeOf, untilCommitted } from './cluster.ts';

// Several processes and waits for silence: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 180_000 });

const DAY_MS = 24 * 3600 * 1000;
const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
/** The library that gives a process another clock; the program `faketime` itself would stay between it and the test. */
const fakeTime = /LD_PRELOAD=(.+)/.exec(String(spawnSync('faketime', ['-f', '+0', 'env']).stdout))?.[1];
const another = (clock: string): StartOptions => ({ env: { LD_PRELOAD: fakeTime!, FAKETIME: clock } });
/** Runs a command where it sees no process of this machine, as on another one that shares its disk. */
const HIDDEN = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const canHide = spawnSync(HIDDEN[0], [...HIDDEN.slice(1), 'true']).status === 0;
let slide = '';
let digest = '';
let cluster: Cluster;

const log = (output: string): string => readFileSync(`${runDirectoryFor(output)}/spatile.log`, 'utf8');

describe.skipIf(!hasBroker)('a run whose workers misbehave gives the bytes of one machine', () => {
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(() => cluster?.end());

  test('when they die after they began, in the middle of a result, and before they say that it is stored', async () => {
    cluster = await Cluster.start(0);
    const output = at('dying.zarr');
    const running = cluster.run(slide, output, settings);
    for (const failpoint of ['worker.after-begin', 'worker.mid-upload', 'worker.after-commit']) {
      const worker = cluster.addFailing(failpoint);
      expect(await worker.ended).toMatchObject({ signal: 'SIGKILL' });
    }
    // That of the last; and that of the second, where all of it but its end had come through.
    expect([1, 2]).toContain(committed(runDirectoryFor(output), 'assign'));
    cluster.addWorker();
    await expectDigest(running, output, digest);
  });

  test('when one hears nothing for longer than the acknowledgement wait, and gives its result late', async () => {
    cluster = await Cluster.start(0);
    const output = at('deaf.zarr');
    const running = cluster.run(slide, output, settings);
    const deaf = cluster.addFailing('worker.deaf');
    await until(deaf, () => deaf.stderr().includes('worker ready'));
    cluster.addWorker();
    await expectDigest(running, output, digest);
  });

  test('when a kernel hangs while its worker is well', async () => {
    cluster = await Cluster.start(0);
    const output = at('hung.zarr');
    const running = cluster.run(slide, output, settings);
    const hung = cluster.addFailing('kernel.hang@t0003');
    await until(hung, () => committed(runDirectoryFor(output), 'assign') > 2);
    cluster.addWorker();
    await expectDigest(running, output, digest);
  });

  test('when somebody takes tasks and never says a word about them', async () => {
    cluster = await Cluster.start(0);
    const output = at('storm.zarr');
    const running = cluster.run(slide, output, settings);
    const { name } = await placeOf(running);
    const connection = await connect({ servers: cluster.broker.url });
    let storming = true;
    let taken = 0;
    const storm = (async () => {
      const consumer = await jetstream(connection).consumers.get('SPATILE_TASKS', `${name}_cpu`);
      while (storming) {
        const messages = await consumer.fetch({ max_messages: 50, expires: 1000 }).catch(() => null);
        for await (const _ of messages ?? []) taken++;
      }
    })().catch(() => undefined);
    await until(running, () => taken > 20);
    cluster.addWorker();
    await untilCommitted(running, output, 'assign', 2);
    storming = false;
    await expectDigest(running, output, digest);
    await storm;
    await connection.close();
    expect(taken).toBeGreaterThan(20);
  });

  test('when it is cancelled in the middle and goes on later', async () => {
    cluster = await Cluster.start(1);
    const output = at('cancelled.zarr');
    const running = cluster.run(slide, output, settings);
    await untilCommitted(running, output, 'assign', 2);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ exitCode: 130 });
    await expectDigest(cluster.run(slide, output, settings, '--resume'), output, digest);
  });

  test('when a second coordinator is started while the first stands still', async () => {
    cluster = await Cluster.start(1);
    const output = at('two.zarr');
    const first = cluster.run(slide, output, settings);
    await untilCommitted(first, output, 'assign', 1);
    first.child.kill('SIGSTOP');
    const second = await cluster.run(slide, output, settings, '--resume').ended;
    first.child.kill('SIGCONT');
    expect(second).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('another process works') });
    await expectDigest(first, output, digest);
  });

  test.skipIf(!canHide)(
    `when another machine, which does not see that the first still stands, takes it over${canHide ? '' : ' (skipped: no namespace of processes can be made here)'}`,
    async () => {
      cluster = await Cluster.start(1);
      const output = at('taken over.zarr');
      const first = cluster.run(slide, output, settings);
      await untilCommitted(first, output, 'assign', 1);
      first.child.kill('SIGSTOP');
      const second = cluster.runWith({ under: HIDDEN }, slide, output, settings, '--resume');
      // The worker of the first finds the second when it has given the first up, which may take a minute.
      await placeOf(second);
      cluster.addWorker();
      const before = committed(runDirectoryFor(output), 'assign');
      await untilCommitted(second, output, 'assign', before + 1);
      first.child.kill('SIGCONT');
      expect(await first.ended).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('another process has taken over this run'),
      });
      await expectDigest(second, output, digest);
    },
  );

  test('when it may open few files', async () => {
    const under = ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'];
    cluster = await Cluster.start(0);
    cluster.addWorkerWith({ under });
    const output = at('files.zarr');
    await expectDigest(cluster.runWith({ under }, slide, output, settings), output, digest);
  });

  test.skipIf(fakeTime === undefined)(
    `when clocks are two days apart${fakeTime === undefined ? ' (skipped: no faketime)' : ''}`,
    async () => {
      cluster = await Cluster.start(0);
      const worker = cluster.addWorkerWith(another('+1d'));
      const output = at('clocks.zarr');
      const running = cluster.runWith(another('-1d'), slide, output, settings);
      await expectDigest(running, output, digest);
      const [theirs, ours] = [worker.stderr(), log(output)].map((lines) =>
        Date.parse(/"time":"([^"]+)/.exec(lines)![1]),
      );
      expect((theirs - ours) / DAY_MS).toBeCloseTo(2, 1);
    },
  );

  test('but ends when a worker gives another result of the same form, and says which tile', async () => {
    cluster = await Cluster.start(0);
    const output = at('altered.zarr');
    const running = cluster.run(slide, output, settings);
    const { name, address } = await placeOf(running);
    const security = { ca: null, cert: null, key: null, token: null };
    const client = new TileClient(address, security);
    const liar = {
      run: name,
      task: 'assign/t0003',
      epoch: 1,
      attemptId: 'a-liar-of-this-test',
      worker: 'liar',
    };
    await vi.waitFor(async () => expect((await client.begin(liar)).verdict).toBe('GO'), 30_000);
    cluster.addWorker();
    await until(running, () => committed(runDirectoryFor(output), 'assign') > 8);
    const path = `${runDirectoryFor(output)}/results/assign/t0003.frame`;
    let result: Buffer | null = null;
    await until(running, () => {
      try {
        result = readFileSync(path);
      } catch {
        return false;
      }
      return true;
    });
    const altered = Buffer.from(result ?? []);
    altered[altered.length - 9] ^= 1;
    const done = { bytes: altered, seconds: 1, cpuSeconds: 1, peakRssBytes: 1, work: {} };
    const report = { type: 'done', task: liar.task, attempt: 1, ...done } as const;
    await client.commit(liar, report).catch(() => undefined);
    client.close();
    const ended = await running.ended;
    expect(ended.exitCode).toBe(70);
    expect(ended.stderr).toMatch(/assign\/t0003: two workers gave different bytes/);
  });

  test('but ends over a tile on which every worker crashes, when the others are done, and goes on when that is mended', async () => {
    cluster = await Cluster.start(0);
    const output = at('poison.zarr');
    const running = cluster.run(slide, output, settings);
    const crashing = [0, 1].map(() => cluster.addFailing('kernel.crash@t0003:*'));
    const ended = await running.ended;
    expect(ended).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/assign, tile t0003: the computing process died \(signal SIGSEGV\)/),
    });
    const letters = await events(output, 'dead-letter');
    expect(letters).toMatchObject([{ round: 'assign', tile: 't0003', attempts: 3, code: 'WORKER_LOST' }]);
    expect(log(output)).toContain('t0003');
    const tiles = JSON.parse(readFileSync(`${runDirectoryFor(output)}/plan.json`, 'utf8')).tiles.length;
    expect(committed(runDirectoryFor(output), 'assign')).toBe(tiles - 1);
    for (const { child } of crashing) child.kill('SIGKILL');
    cluster.addWorker();
    await expectDigest(cluster.run(slide, output, settings, '--resume'), output, digest);
  });
});

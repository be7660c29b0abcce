import { readFileSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pause } from '../pipeline/process.ts';
import { run, SHORT_PROSEG, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { hasBroker } from './broker.ts';
import { Cluster, expectDigest, untilCommitted } from './cluster.ts';

// Several processes and waits for silence: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'proseg', proseg: SHORT_PROSEG },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
let slide = '';
let digest = '';
let cluster: Cluster | null = null;

/** Name of the run on the queue. */
const nameOf = (output: string): string =>
  JSON.parse(readFileSync(`${runDirectoryFor(output)}/cluster.json`, 'utf8')).run;

describe.skipIf(!hasBroker)('a run on a cluster gives the bytes of one machine', () => {
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(async () => {
    await cluster?.end();
    cluster = null;
  });

  test('undisturbed, and leaves nothing on the broker', async () => {
    cluster = await Cluster.start(2);
    await expectDigest(cluster.run(slide, at('calm.zarr'), settings), at('calm.zarr'), digest);
    const connection = await connect({ servers: cluster.broker.url });
    const jsm = await jetstreamManager(connection);
    const { state } = await jsm.streams.info('SPATILE_TASKS');
    expect(state).toMatchObject({ messages: 0, consumer_count: 0 });
    await connection.close();
  });

  test('when workers are killed in the middle of tiles and others come', async () => {
    cluster = await Cluster.start(2);
    const output = at('killed workers.zarr');
    const running = cluster.run(slide, output, settings);
    for (const count of [1, 5, 9]) {
      await untilCommitted(running, output, 'assign', count);
      cluster.workers.at(-1)!.child.kill('SIGKILL');
      cluster.addWorker();
    }
    await expectDigest(running, output, digest);
  });

  test('when all workers are asked to leave and others come later', async () => {
    cluster = await Cluster.start(2);
    const output = at('drained.zarr');
    const running = cluster.run(slide, output, settings);
    await untilCommitted(running, output, 'assign', 2);
    for (const { child } of cluster.workers) child.kill('SIGTERM');
    for (const { ended } of cluster.workers) expect((await ended).exitCode).toBe(75);
    cluster.addWorker();
    await expectDigest(running, output, digest);
  });

  test('when a worker is frozen for longer than it may be silent', async () => {
    cluster = await Cluster.start(2);
    const output = at('frozen worker.zarr');
    const running = cluster.run(slide, output, settings);
    await untilCommitted(running, output, 'assign', 2);
    const [first] = cluster.workers;
    first.child.kill('SIGSTOP');
    await pause(3000);
    first.child.kill('SIGCONT');
    await expectDigest(running, output, digest);
  });

  test('when the broker is killed and comes back', async () => {
    cluster = await Cluster.start(2);
    const output = at('broker.zarr');
    const running = cluster.run(slide, output, settings, '--progress', 'json');
    for (const count of [2, 8]) {
      await untilCommitted(running, output, 'assign', count);
      await cluster.broker.kill();
      await cluster.broker.up();
    }
    await expectDigest(running, output, digest);
    expect(running.stderr()).toContain('{"kind":"broker","connected":false,"reconnects":0}');
    expect(running.stderr()).toContain('{"kind":"broker","connected":true,"reconnects":1}');
  });

  test('when the broker comes back without what it stored', async () => {
    cluster = await Cluster.start(2);
    const output = at('empty broker.zarr');
    const running = cluster.run(slide, output, settings, '--progress', 'json');
    await untilCommitted(running, output, 'assign', 2);
    await cluster.broker.kill();
    await cluster.broker.up({ lost: true });
    await expectDigest(running, output, digest);
    expect(running.stderr()).toMatch(/"kind":"queue".*"republished":[1-9]/);
  });

  test('when the broker is frozen for a while', async () => {
    cluster = await Cluster.start(2);
    const output = at('frozen broker.zarr');
    const running = cluster.run(slide, output, settings);
    await untilCommitted(running, output, 'assign', 2);
    cluster.broker.signal('SIGSTOP');
    await pause(3000);
    cluster.broker.signal('SIGCONT');
    await expectDigest(running, output, digest);
  });

  test('when the coordinator is killed and the run resumed', async () => {
    cluster = await Cluster.start(2);
    const output = at('coordinator.zarr');
    const first = cluster.run(slide, output, settings);
    await untilCommitted(first, output, 'assign', 4);
    first.child.kill('SIGKILL');
    await first.ended;
    await expectDigest(cluster.run(slide, output, settings, '--resume'), output, digest);
  });

  test('when every task is delivered twice and the consumer is deleted by hand', async () => {
    cluster = await Cluster.start(2);
    const output = at('twice.zarr');
    const running = cluster.run(slide, output, settings);
    await untilCommitted(running, output, 'assign', 1);
    const connection = await connect({ servers: cluster.broker.url });
    const jsm = await jetstreamManager(connection);
    const js = jetstream(connection);
    const { state } = await jsm.streams.info('SPATILE_TASKS');
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const stored = await jsm.streams.getMessage('SPATILE_TASKS', { seq }).catch(() => null);
      if (stored !== null) await js.publish(stored.subject, stored.data, { msgID: `again-${seq}` });
    }
    await untilCommitted(running, output, 'assign', 6);
    await jsm.consumers.delete('SPATILE_TASKS', `${nameOf(output)}_cpu`).catch(() => undefined);
    await connection.close();
    await expectDigest(running, output, digest);
  });
});

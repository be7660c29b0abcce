import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { TaskQueue } from '@spatile/coordinator/cluster/queue';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pause, spatile, until } from '../pipeline/process.ts';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { Broker, freePort, hasBroker } from './broker.ts';
import { Cluster, expectDigest } from './cluster.ts';
import { MeddlingProxy } from './meddling-proxy.ts';

// Several processes and waits for silence: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
let slide = '';
let digest = '';
let cluster: Cluster | null = null;
let proxy: MeddlingProxy | null = null;

/** A file with a secret. */
function secret(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

/** An authority and a certificate of it for this machine, made for the test. */
function certificates(): { ca: string; cert: string; key: string } {
  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: at('.') });
    expect(status, String(stderr)).toBe(0);
  };
  writeFileSync(at('san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '1',
    '-subj',
    '/CN=test authority',
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'own.key',
    '-out',
    'own.csr',
    '-subj',
    '/CN=127.0.0.1',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'own.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '1',
    '-extfile',
    'san',
    '-out',
    'own.pem',
  );
  return { ca: at('ca.pem'), cert: at('own.pem'), key: at('own.key') };
}

describe.skipIf(!hasBroker)('a cluster among strangers', () => {
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(async () => {
    await cluster?.end();
    proxy?.close();
    cluster = null;
    proxy = null;
  });

  test('gives nothing to a worker without the token, nor to one with another', async () => {
    const token = secret('token', 'a secret of more than sixteen letters');
    cluster = await Cluster.start(0);
    const output = at('token.zarr');
    const wrong = ['--token-file', secret('wrong', 'another secret, just as long as it')];
    const running = cluster.run(slide, output, settings, '--token-file', token);
    const name = `${runDirectoryFor(output)}/cluster.json`;
    await until(running, () => existsSync(name));
    const only = ['--run', JSON.parse(readFileSync(name, 'utf8')).run];
    // A worker for this run alone leaves; one for all leaves the run out.
    const leaving = [cluster.addWorker(...only), cluster.addWorker(...only, ...wrong)];
    for (const stranger of leaving)
      expect(await stranger.ended).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining('no valid token'),
      });
    const staying = [cluster.addWorker(), cluster.addWorker(...wrong)];
    for (const stranger of staying)
      expect(await until(stranger, () => /no valid token.*run left out/.test(stranger.stderr()))).toBe(true);
    cluster.addWorker('--token-file', token);
    await expectDigest(running, output, digest);
    for (const stranger of staying) {
      stranger.child.kill('SIGTERM');
      expect(await stranger.ended).toMatchObject({ exitCode: 75 });
    }
    for (const stranger of [...leaving, ...staying]) {
      expect(stranger.stderr()).not.toContain('"end":"committed"');
      expect(stranger.stderr()).not.toContain('sixteen');
    }
    expect(running.stderr()).not.toContain('sixteen');
  });

  test('shows the token to no server that a stranger names on the queue', async () => {
    const token = secret('kept', 'a secret of more than sixteen letters');
    cluster = await Cluster.start(0);
    const seen: string[] = [];
    const trap = createServer((socket) => {
      seen.push('connected');
      socket.destroy();
    });
    const port = await new Promise<number>((resolve) => {
      trap.listen(0, '127.0.0.1', () => resolve((trap.address() as AddressInfo).port));
    });
    const connection = await connect({ servers: cluster.broker.url });
    const stranger = await TaskQueue.open(connection, 'trap-1', {
      ackWaitMs: 1500,
      token: 'a secret of the stranger, long enough',
      warn: () => undefined,
    });
    await stranger.publish({ run: 'trap-1', task: 'assign/t1', epoch: 1, server: `127.0.0.1:${port}` });
    const careless = cluster.addWorker();
    await until(careless, () => seen.length > 0);
    expect(seen).not.toEqual([]);
    careless.child.kill('SIGKILL');
    await careless.ended;
    seen.length = 0;
    const worker = cluster.addWorker('--token-file', token);
    expect(await until(worker, () => /no valid token.*run left out/.test(worker.stderr()))).toBe(true);
    expect(seen).toEqual([]);
    await stranger.close();
    await connection.close();
    trap.close();
  });

  test('talks over mutual TLS, and to nobody without a certificate of the authority', async () => {
    const { ca, cert, key } = certificates();
    const broker = await Broker.start(
      `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)}, ca_file: ${JSON.stringify(ca)}, verify: true }`,
    );
    const tls = ['--tls-ca', ca, '--tls-cert', cert, '--tls-key', key];
    cluster = await Cluster.start(0, { broker });
    const stranger = cluster.addWorker('--tls-ca', ca);
    expect(await stranger.ended).toMatchObject({ exitCode: 6 });
    expect(stranger.stderr()).toMatch(/no connection to NATS/);
    cluster.addWorker(...tls);
    const output = at('tls.zarr');
    await expectDigest(cluster.run(slide, output, settings, ...tls), output, digest);
  });

  test('needs no more rights on the broker than docs/security.md says, and has none beyond them', async () => {
    const rights = ['$JS.API.CONSUMER.LIST.SPATILE_TASKS', '$JS.API.CONSUMER.INFO.SPATILE_TASKS.*'];
    rights.push('$JS.API.CONSUMER.MSG.NEXT.SPATILE_TASKS.*', '$JS.ACK.SPATILE_TASKS.>');
    const documented = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    for (const subject of [...rights, '_INBOX_w.>']) expect(documented).toContain(`\`${subject}\``);
    const more = ['$JS.API.STREAM.*.SPATILE_TASKS', '$JS.API.CONSUMER.*.SPATILE_TASKS.>', 'spatile.task.>'];
    for (const subject of more) expect(documented).toContain(`\`${subject}\``);
    const broker = await Broker.start(
      `authorization { users: [
        { user: boss, password: "of the coordinator", permissions: { publish: ${JSON.stringify([...rights, ...more])}, subscribe: ["_INBOX_w.>"] } },
        { user: hand, password: "of the workers", permissions: { publish: ${JSON.stringify(rights)}, subscribe: ["_INBOX_w.>"] } }
      ] }`,
      'boss:of%20the%20coordinator@',
    );
    cluster = await Cluster.start(0, { broker });
    const url = broker.url.replace('boss:of%20the%20coordinator', 'hand:of%20the%20workers');
    const worker = cluster.addWorker('--nats', url);
    const output = at('rights.zarr');
    await expectDigest(cluster.run(slide, output, settings), output, digest);
    expect(worker.stderr()).not.toContain('of%20the%20workers');
    const { port } = new URL(broker.url);
    const hand = await connect({
      servers: `127.0.0.1:${port}`,
      user: 'hand',
      pass: 'of the workers',
      inboxPrefix: '_INBOX_w',
    });
    const jsm = await jetstreamManager(hand, { checkAPI: false, timeout: 1000 });
    await expect(jetstream(hand).publish('spatile.task.x.cpu', '{}', { timeout: 1000 })).rejects.toThrow();
    await expect(jsm.streams.purge('SPATILE_TASKS')).rejects.toThrow();
    await expect(jsm.streams.delete('SPATILE_TASKS')).rejects.toThrow();
    await hand.close();
  });

  test('puts tasks on the queue again that the broker has seen before, and says once when it cannot', async () => {
    const publish = (subjects: string[]): string => JSON.stringify(['$JS.API.>', ...subjects]);
    const broker = await Broker.start(
      `authorization { users: [
        { user: boss, password: b, permissions: { publish: ${publish(['spatile.task.>'])} } },
        { user: mute, password: m, permissions: { publish: ${publish([])} } }
      ] }`,
    );
    cluster = await Cluster.start(0, { broker });
    const { port } = new URL(broker.url);
    const task = { run: 'again-1', task: 'assign/t1', epoch: 1, server: '127.0.0.1:1' };
    const told: string[] = [];
    const options = { ackWaitMs: 1500, token: null, warn: (text: string) => told.push(text) };
    const boss = await connect({ servers: `127.0.0.1:${port}`, user: 'boss', pass: 'b' });
    for (let opened = 0; opened < 2; opened++) {
      const queue = await TaskQueue.open(boss, task.run, options);
      for (let i = 0; i < 2; i++) await queue.publish(task);
      expect(await queue.depth()).toEqual({ waiting: 1, inWork: 0, idle: { cpu: 0 } });
    }
    expect(told).toEqual([]);
    const mute = await connect({ servers: `127.0.0.1:${port}`, user: 'mute', pass: 'm' });
    const queue = await TaskQueue.open(mute, task.run, options);
    const publishing = queue.publish(task);
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), { timeout: 30_000 });
    await pause(1000);
    expect(told).toEqual([expect.stringMatching(/cannot be put on the queue yet \(.*spatile\.task/)]);
    await queue.close();
    await publishing;
    await boss.close();
    await mute.close();
  });

  test('notices bits that flip on the way, in both directions, and connections that break', async () => {
    cluster = await Cluster.start(2);
    const [port, front] = [await freePort(), await freePort()];
    let large = 0;
    let meddled = 0;
    proxy = await MeddlingProxy.to(
      () => port,
      front,
      (bytes) => {
        // Small segments are mostly HTTP/2's own; of those with data every ninth is touched.
        if (bytes.length < 1000 || ++large % 9 !== 0) return bytes;
        meddled++;
        if (large % 2 === 0) return 'cut';
        const out = Buffer.from(bytes);
        out[bytes.length >> 1] ^= 4;
        return out;
      },
    );
    const output = at('flipped.zarr');
    const running = cluster.run(
      slide,
      output,
      settings,
      '--listen',
      `127.0.0.1:${port}`,
      '--advertise',
      proxy.address,
    );
    await expectDigest(running, output, digest);
    expect(meddled).toBeGreaterThan(2);
  });

  test.each([
    [['--cluster', 'nats://127.0.0.1:1'], /no connection to NATS/],
    [['--cluster', 'nats://secret:password@127.0.0.1:1'], /nats:\/\/…@127\.0\.0\.1:1/],
    [['--cluster', 'secret:password@127.0.0.1:1'], /…@127\.0\.0\.1:1/],
    [
      ['--cluster', 'nats://127.0.0.1:1', '--token-file', '/nowhere/token'],
      /\/nowhere\/token: cannot be used \(ENOENT\)/,
    ],
    [['--cluster', 'nats://127.0.0.1:1', '--tls-cert', 'a.pem'], /give both --tls-cert and --tls-key/],
    [['--cluster', 'nats://127.0.0.1:1', '--listen', 'nowhere.invalid:1'], /cannot listen for workers/],
    [['--cluster', 'nats://127.0.0.1:1', '--ack-wait', 'soon'], /--ack-wait: the value is not allowed/],
  ])('ends with one sentence for %j', async (args, message) => {
    const ended = await spatile(['run', slide, '-o', at('never.zarr'), '--overwrite', ...args]);
    expect(ended.exitCode).not.toBe(0);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('password');
    expect(ended.stderr).not.toContain('    at ');
  });
});

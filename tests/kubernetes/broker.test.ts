import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { connectBroker } from '@spatile/proto/broker';
import { consumerName, TASK_STREAM, TASK_SUBJECTS, taskSubject } from '@spatile/proto/names';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, hasBroker } from '../cluster/broker.ts';
import { pause } from '../pipeline/process.ts';
import { testFolder } from '../pipeline/slide.ts';
import { hasHelm, rendered } from './helm.ts';
import type { KubernetesObject } from './schema.ts';

const at = testFolder();
const CERTIFIED = ['--set', 'auth.serverTls=s,auth.workerTls=w,nats.tlsSecret=n'];

function openssl(...words: string[]): void {
  const { status, stderr } = spawnSync('openssl', words, { cwd: at('.'), encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

/** A certificate of the test's authority with these names, as docs/kubernetes.md says they have to be. */
function certificate(file: string, ...names: string[]): void {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${file}.key`,
  ];
  writeFileSync(at(`${file}.ext`), `subjectAltName=${names.join(',')}\n`);
  openssl('req', ...key, '-out', `${file}.csr`, '-subj', '/O=tests');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
  openssl('x509', '-req', '-in', `${file}.csr`, ...signed, '-extfile', `${file}.ext`, '-out', `${file}.crt`);
}

/** The backlog in the broker's answer, by a path that is all keys, numbers and one `#(key=="value")`. */
function located(answer: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => {
    const [, key, wanted] = /^#\((\w+)=="(.*)"\)$/.exec(step) ?? [];
    if (key === undefined) return (value as Record<string, unknown>)[step];
    return (value as Record<string, unknown>[]).find((item) => item[key] === wanted);
  }, answer);
}

describe.skipIf(!hasHelm || !hasBroker)('the broker of the chart', () => {
  let broker: ChildProcess;
  let monitor = 0;
  const connections: NatsConnection[] = [];
  let port = 0;

  const connected = async (who: 'server' | 'worker'): Promise<NatsConnection> => {
    const [ca, cert, key] = ['ca.crt', `${who}.crt`, `${who}.key`].map((name) => readFileSync(at(name)));
    const security = { ca, cert, key, token: null };
    const connection = await connectBroker({
      ...{ url: `nats://127.0.0.1:${port}`, name: who, credentials: null },
      security,
    });
    connections.push(connection);
    return connection;
  };

  beforeAll(async () => {
    const authority = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(...authority, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '1', '-subj', '/CN=tests');
    certificate('nats', 'DNS:localhost', 'DNS:lab-spatile-nats.cells.svc');
    certificate('server', 'DNS:lab-spatile-server', 'DNS:lab-spatile-server.cells.svc');
    certificate('worker', 'DNS:lab-spatile-worker');
    [port, monitor] = [await freePort(), await freePort()];
    const config = rendered(...CERTIFIED).find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'lab-spatile-nats',
    ) as KubernetesObject & { data: Record<string, string> };
    const text = config.data['nats.conf']
      .replace('port: 4222', `listen: "127.0.0.1:${port}"`)
      .replace('http_port: 8222', `http: "127.0.0.1:${monitor}"`)
      .replace('/data', at('store'))
      .replaceAll('/etc/nats/tls/tls', at('nats'))
      .replaceAll('/etc/nats/tls', at('.'));
    writeFileSync(at('nats.conf'), text);
    broker = spawn('nats-server', ['-c', at('nats.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    broker.stderr!.setEncoding('utf8').on('data', (piece) => {
      said += piece;
    });
    while (!said.includes('Server is ready')) {
      expect(broker.exitCode, said).toBeNull();
      await pause(20);
    }
    expect(existsSync(at('store'))).toBe(true);
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    broker?.kill('SIGKILL');
  });

  test('knows server and workers by their certificates, and lets workers take tasks alone', async () => {
    const server = await connected('server');
    const jsm = await jetstreamManager(server);
    await jsm.streams.add({ name: TASK_STREAM, subjects: [TASK_SUBJECTS], retention: 'workqueue' });
    const name = consumerName('r1', 'cpu');
    const filter = taskSubject('r1', 'cpu');
    await jsm.consumers.add(TASK_STREAM, {
      durable_name: name,
      ack_policy: 'explicit',
      filter_subject: filter,
    });
    for (const tile of ['a', 'b', 'c']) await jetstream(server).publish(filter, tile);
    const worker = await connected('worker');
    const rights = await jetstreamManager(worker, { checkAPI: false });
    const listed: string[] = [];
    for await (const consumer of rights.consumers.list(TASK_STREAM)) listed.push(consumer.name);
    expect(listed).toEqual([name]);
    const message = await (await jetstream(worker).consumers.get(TASK_STREAM, name)).next();
    expect(message?.string()).toBe('a');
    expect(await message!.ackAck()).toBe(true);
    await expect(jetstream(worker).publish(filter, 'x', { timeout: 500 })).rejects.toThrow();
    await expect(rights.streams.delete(TASK_STREAM)).rejects.toThrow();
    await expect(rights.streams.purge(TASK_STREAM)).rejects.toThrow();
  });

  test('tells KEDA how many tasks there are', async () => {
    const objects = rendered('--set', 'workers.mode=scaledObject');
    const { spec } = objects.find(({ kind }) => kind === 'ScaledObject')!;
    const [{ metadata }] = (spec as { triggers: { metadata: Record<string, string> }[] }).triggers;
    const url = new URL(metadata.url);
    expect(url.host).toBe('lab-spatile-nats.cells.svc:8222');
    const answer = await fetch(`http://127.0.0.1:${monitor}${url.pathname}${url.search}`);
    expect(located(await answer.json(), metadata.valueLocation)).toBe(2);
  });
});

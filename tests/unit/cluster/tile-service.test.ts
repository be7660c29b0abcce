import { connect } from 'node:http2';
import { credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { TaskBook } from '@spatile/coordinator/cluster/task-book';
import { tileService } from '@spatile/coordinator/cluster/tile-service';
import { encodeFrame } from '@spatile/formats/tile/frame';
import type { DoneMessage } from '@spatile/formats/tile/protocol';
import { services } from '@spatile/proto/definition';
import { PIECE_BYTES, pieces } from '@spatile/proto/transfer';
import { STREAM_WINDOW_BYTES, widenWindows } from '@spatile/proto/window';
import { TileClient } from '@spatile/worker/cluster/tile-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const TOKEN = 'a secret of more than sixteen letters';
const nobody = { ca: null, cert: null, key: null, token: null };
const payload = Buffer.alloc(2 * PIECE_BYTES + 123, 7);
const attempt = (id: string, task = 't1') => ({
  run: 'r',
  task,
  epoch: 1,
  attemptId: `attempt-${id}`,
  worker: id,
});
const failure = { code: 'INTERNAL', message: 'broken', fields: {}, retryable: false, stack: '' };
const done = (bytes: Uint8Array): DoneMessage => ({
  ...({ type: 'done', task: 't1', attempt: 1 } as const),
  ...{ bytes, seconds: 1, cpuSeconds: 1, peakRssBytes: 1, work: { proposals: 5 } },
});

describe('tiles over gRPC', () => {
  let server: Server;
  let address: string;
  let book: TaskBook;
  let stored: unknown[];
  let failed: unknown[];
  const clients: TileClient[] = [];
  const client = (token: string | null = TOKEN): TileClient => {
    clients.push(new TileClient(address, { ...nobody, token }));
    return clients.at(-1)!;
  };
  beforeEach(async () => {
    stored = [];
    failed = [];
    book = new TaskBook('r', (event) => {
      if (event.type === 'failed') failed.push(event.error);
      if (event.type !== 'done') return;
      stored.push(event);
      event.settled?.(null);
    });
    book.open(0, 't1', 1, 'assign.expand', async () => payload);
    book.open(1, 'broken', 1, 'assign.expand', async () => Promise.reject(new Error('results/x: missing')));
    server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
    server.addService(services().TileData.service, tileService(book, TOKEN, 300).handlers);
    address = await new Promise((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      ),
    );
    widenWindows(server);
  });
  afterEach(() => {
    for (const open of clients.splice(0)) open.close();
    server.forceShutdown();
  });

  test('go out, and results come in, as they were', async () => {
    expect(await client().begin(attempt('a'))).toMatchObject({ verdict: 'GO', kind: 'assign.expand' });
    expect(Buffer.compare(await client().fetch(attempt('a')), payload)).toBe(0);
    expect(await client().beat(attempt('a'), 0.5)).toBe('GO_ON');
    expect(await client().commit(attempt('a'), done(payload))).toBe('COMMITTED');
    expect(await client().commit(attempt('a'), done(payload))).toBe('ALREADY');
    expect(stored).toMatchObject([{ task: 't1', seconds: 1, work: { proposals: 5 } }]);
  });

  test('are not taken for the same when a frame with other contents says that it has the same SHA-256', async () => {
    const [frame, liar] = [1, 2].map((n) =>
      encodeFrame({ kind: 'test', meta: {}, tables: { all: { n: Int32Array.of(n) } } }),
    );
    liar.set(frame.subarray(0, 44));
    expect(await client().begin(attempt('a'))).toMatchObject({ verdict: 'GO' });
    expect(await client().commit(attempt('a'), done(frame))).toBe('COMMITTED');
    expect(await client().commit(attempt('a'), done(frame))).toBe('ALREADY');
    expect(await client().commit(attempt('a'), done(liar))).toBe('DIFFERENT');
  });

  test.each([null, 'another secret, just as long as it'])(
    'do not go to a client whose secret is %s',
    async (token) => {
      await expect(client(token).begin(attempt('a'))).rejects.toThrow(/no valid token/);
      await expect(client(token).fetch(attempt('a'))).rejects.toThrow(/no valid token/);
      await expect(client(token).commit(attempt('a'), done(payload))).rejects.toThrow(/no valid token/);
      await expect(client(token).beat(attempt('a'), 0)).rejects.toThrow(/no valid token/);
      expect(stored).toEqual([]);
    },
  );

  test('do not go to who does not hold the task, nor is anything taken from there', async () => {
    await expect(client().fetch(attempt('stranger'))).rejects.toThrow(/not held by attempt/);
    expect(await client().commit(attempt('stranger'), done(payload))).toBe('CLOSED');
    expect(stored).toEqual([]);
  });

  test('are not waited for when who gives them says nothing for too long', async () => {
    const raw = new (services().TileData)(address, credentials.createInsecure());
    const begun = attempt('silent');
    await client().begin(begun);
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${TOKEN}`);
    const answer = await new Promise<unknown>((resolve) => {
      const call = raw.commit(metadata, (error: unknown) => resolve(error));
      const [chunk] = pieces(payload);
      call.write({ header: { attempt: begun, seconds: 1, cpuSeconds: 1, peakRssBytes: 1, work: {} }, chunk });
    });
    raw.close();
    expect(answer).toMatchObject({
      code: status.DATA_LOSS,
      details: expect.stringContaining('nothing came'),
    });
    expect(await client().commit(begun, done(payload))).toBe('COMMITTED');
  });

  test('are given up at once when the worker has to leave', async () => {
    book.open(2, 'slow', 1, 'assign.expand', () => new Promise(() => undefined));
    await client().begin(attempt('a', 'slow'));
    const stop = new AbortController();
    const fetching = client().fetch(attempt('a', 'slow'), stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(fetching).rejects.toThrow(/coordinator of the run/);
    await expect(client().begin(attempt('b'), AbortSignal.abort())).rejects.toThrow(/coordinator of the run/);
  });

  test('may come in with more on the way than HTTP/2 allows by itself', async () => {
    const session = connect(`http://${address}`);
    const windows: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      session.on('error', reject).on('remoteSettings', ({ initialWindowSize }) => {
        windows.push(initialWindowSize);
        if (initialWindowSize === STREAM_WINDOW_BYTES) resolve();
      });
    });
    session.destroy();
    expect(windows.at(-1)).toBe(STREAM_WINDOW_BYTES);
  });

  test('failures go through, however many facts they have', async () => {
    await client().begin(attempt('a'));
    const fields = { tiles: Array.from({ length: 10_000 }, (_, i) => `t${i}`) };
    await client().fail(attempt('a'), { ...failure, fields }, false);
    expect(failed).toMatchObject([{ message: failure.message, fields: {} }]);
  });

  test('that cannot be made end the fetch with the reason', async () => {
    await client().begin(attempt('a', 'broken'));
    await expect(client().fetch(attempt('a', 'broken'))).rejects.toThrow(/results\/x: missing/);
  });
});

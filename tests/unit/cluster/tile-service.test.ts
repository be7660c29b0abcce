import { connect } from 'node:http2';
import { crc32 } from 'node:zlib';
import { credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { TaskBook } from '@spatile/coordinator/cluster/task-book';
import { tileService } from '@spatile/coordinator/cluster/tile-service';
import type { PoolEvent } from '@spatile/coordinator/dispatch/task-pool';
import { encodeFrame, frameDigest } from '@spatile/formats/tile/frame';
import type { DoneMessage } from '@spatile/formats/tile/protocol';
import { services } from '@spatile/proto/definition';
import { payloadOf } from '@spatile/proto/payload';
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

/** Other bytes of the same CRC-32: one bit is flipped, and four bytes behind it make up for that (the sum is linear over bits). */
function withSameCrc(bytes: Uint8Array, at: number): Uint8Array {
  const forged = Buffer.from(bytes);
  forged[at] ^= 1;
  const wanted = crc32(bytes);
  const effects = Array.from({ length: 32 }, (_, bit) => {
    const tried = Buffer.from(forged);
    tried[at + 1 + (bit >> 3)] ^= 1 << (bit & 7);
    return { bits: (crc32(tried) ^ crc32(forged)) >>> 0, flips: (1 << bit) >>> 0 };
  });
  let rest = (crc32(forged) ^ wanted) >>> 0;
  let flips = 0;
  for (let bit = 0; bit < 32; bit++) {
    const mask = (1 << bit) >>> 0;
    const pivot = effects.findIndex(({ bits }) => (bits & mask) !== 0);
    const [chosen] = effects.splice(pivot, 1);
    for (const other of effects)
      if ((other.bits & mask) !== 0) {
        other.bits = (other.bits ^ chosen.bits) >>> 0;
        other.flips = (other.flips ^ chosen.flips) >>> 0;
      }
    if ((rest & mask) === 0) continue;
    rest = (rest ^ chosen.bits) >>> 0;
    flips = (flips ^ chosen.flips) >>> 0;
  }
  for (let byte = 0; byte < 4; byte++) forged[at + 1 + byte] ^= (flips >>> (8 * byte)) & 255;
  return forged;
}

describe('tiles over gRPC', () => {
  let server: Server | null = null;
  let address: string;
  let book: TaskBook;
  let stored: unknown[];
  let failed: unknown[];
  const clients: TileClient[] = [];
  const client = (token: string | null = TOKEN): TileClient => {
    clients.push(new TileClient(address, { ...nobody, token }));
    return clients.at(-1)!;
  };
  const serve = async (of: TaskBook): Promise<void> => {
    server?.forceShutdown();
    const opened = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
    opened.addService(services().TileData.service, tileService(of, TOKEN, 300).handlers);
    address = await new Promise((resolve, reject) =>
      opened.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      ),
    );
    widenWindows(opened);
    server = opened;
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
    book.open(0, 't1', 1, 'assign.expand', async () => payloadOf(payload));
    book.open(1, 'broken', 1, 'assign.expand', async () => Promise.reject(new Error('results/x: missing')));
    await serve(book);
  });
  afterEach(() => {
    for (const open of clients.splice(0)) open.close();
    server?.forceShutdown();
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

  test.each([
    ['is another, and the frame says so', false],
    ['is another, though it says that it is the same', true],
  ])('are not taken for the same when a piece of a frame %s', async (_, lies) => {
    const piece = (n: number): Uint8Array =>
      encodeFrame({ kind: 'piece', meta: {}, tables: { all: { n: Int32Array.of(n) } } });
    const other = piece(2);
    if (lies) other.set(piece(1).subarray(12, 44), 12);
    const [frame, altered] = [piece(1), other].map((bytes) =>
      encodeFrame({ kind: 'test', meta: {}, tables: {}, pieces: { p: bytes } }),
    );
    expect(frameDigest(frame) === frameDigest(altered)).toBe(lies);
    expect(await client().begin(attempt('a'))).toMatchObject({ verdict: 'GO' });
    expect(await client().commit(attempt('a'), done(frame))).toBe('COMMITTED');
    expect(await client().commit(attempt('a'), done(frame))).toBe('ALREADY');
    expect(await client().commit(attempt('a'), done(altered))).toBe('DIFFERENT');
  });

  test('are held against each other byte by byte where two workers compute them', async () => {
    const events: PoolEvent[] = [];
    const verified = new TaskBook(
      'r',
      (event) => events.push(event),
      () => undefined,
      {
        ...{ classes: ['cpu'], moved: () => undefined, verify: () => true },
        ...{ aloneMs: 1000, now: () => 0 },
      },
    );
    verified.open(0, 't1', 1, 'assign.expand', async () => payloadOf(payload));
    const frame = Buffer.from(
      encodeFrame({
        kind: 'test',
        meta: {},
        tables: { all: { n: Int32Array.from({ length: 64 }, (_, i) => i) } },
      }),
    );
    // Changed, and mended so that the CRC-32 of all stays: whoever wants to deceive can do that.
    const forged = withSameCrc(frame, frame.length - 300);
    expect([frameDigest(forged), crc32(forged)]).toEqual([frameDigest(frame), crc32(frame)]);
    await serve(verified);
    expect(await client().begin(attempt('a'))).toMatchObject({ verdict: 'GO' });
    expect(await client().commit(attempt('a'), done(frame))).toBe('COMMITTED');
    expect(await client().begin(attempt('b'))).toMatchObject({ verdict: 'ALREADY' });
    const second = { ...attempt('b'), epoch: 2 };
    expect(await client().begin(second)).toMatchObject({ verdict: 'GO' });
    expect(await client().commit(second, done(forged))).toBe('DIFFERENT');
    expect(events).toMatchObject([{ type: 'broken' }]);
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

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assignResultFrom, assignTileFrame } from '@spatile/formats/tile/assign';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { geometricMemoryBytes } from '@spatile/formats/tile/geometric';
import {
  CHUNK_BYTES,
  type DoneMessage,
  type FromWorker,
  PayloadAssembler,
  sendMessage,
  type TaskMessage,
} from '@spatile/formats/tile/protocol';
import { assignExpand } from '@spatile/worker/assign/expand/compute';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { context, everyPixel, type LittleSlide, square, tileOf } from './little-slide.ts';

const MAIN = fileURLToPath(new URL('../../../dist/worker/main.js', import.meta.url));

const slide: LittleSlide = {
  cells: [
    { nuclei: [square(15, 10, 25, 20)], seed: [20, 15] },
    { nuclei: [square(33, 10, 43, 20)], seed: [38, 15] },
  ],
  transcripts: everyPixel({ x0: 0, y0: 0, x1: 60, y1: 30 }, 1),
};

const inputFrame = (extra: Uint8Array = new Uint8Array(0)) =>
  assignTileFrame(tileOf(slide, { x0: 0, y0: 0, x1: 60, y1: 30 }, 10), {
    meta: { settings: { distanceUm: 3, pixelSizeUm: 1 } },
    tables: { ballast: { value: extra } },
  });

class Peer {
  readonly child: ChildProcess;
  readonly received: FromWorker[] = [];
  readonly #assembler = new PayloadAssembler();

  constructor() {
    this.child = fork(MAIN, [], { serialization: 'advanced' });
    this.child.on('message', (raw) => {
      const message = this.#assembler.accept(raw as FromWorker);
      if (message !== null) this.received.push(message);
      this.child.emit('whole', message);
    });
  }

  async next(type: FromWorker['type'], task?: string): Promise<FromWorker> {
    for (;;) {
      const found = this.received.find(
        (m) => m.type === type && (task === undefined || (m as DoneMessage).task === task),
      );
      if (found !== undefined) return found;
      await once(this.child, 'whole');
    }
  }

  send(task: string, kind: string, bytes: Uint8Array): Promise<void> {
    return sendMessage(this.child as never, {
      type: 'task',
      attempt: 1,
      task,
      kind,
      bytes,
    } satisfies TaskMessage);
  }
}

const peers: Peer[] = [];
const start = (): Peer => {
  const peer = new Peer();
  peers.push(peer);
  return peer;
};

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error('dist/worker/main.js is missing: run npm run build first');
});

afterEach(() => {
  for (const { child } of peers.splice(0)) child.kill('SIGKILL');
});

describe('the worker process', () => {
  it('says ready, computes what the handler computes, and reports its cost', async () => {
    const peer = start();
    expect(await peer.next('ready')).toEqual({ type: 'ready', pid: peer.child.pid });
    await peer.send('t1', 'assign.expand', encodeFrame(inputFrame()));
    const done = (await peer.next('done')) as DoneMessage;
    expect(done).toMatchObject({ task: 't1', attempt: 1 });
    expect(done.seconds).toBeGreaterThan(0);
    expect(done.cpuSeconds).toBeGreaterThan(0);
    expect(done.peakRssBytes).toBeGreaterThan(20e6);
    expect(done.peakRssBytes).toBeLessThan(2e9);
    const expected = encodeFrame(await assignExpand(inputFrame(), context));
    expect(Buffer.compare(done.bytes, expected)).toBe(0);
    const result = assignResultFrom(decodeFrame(done.bytes, 'assign-result'));
    expect(result.claims.row.length).toBe(1800);
  });

  it('takes tasks in order, also one that crosses in pieces', async () => {
    const peer = start();
    const ballast = new Uint8Array(2 * CHUNK_BYTES + 5).map((_, i) => i & 255);
    await peer.send('big', 'assign.expand', encodeFrame(inputFrame(ballast)));
    await peer.send('small', 'assign.expand', encodeFrame(inputFrame()));
    const big = (await peer.next('done', 'big')) as DoneMessage;
    const small = (await peer.next('done', 'small')) as DoneMessage;
    expect(Buffer.compare(big.bytes, small.bytes)).toBe(0);
    const done = peer.received.filter((m) => m.type === 'done');
    expect(done.map((m) => (m as DoneMessage).task)).toEqual(['big', 'small']);
  });

  it('answers a damaged frame and an unknown kind with failed, and goes on', async () => {
    const peer = start();
    const damaged = encodeFrame(inputFrame());
    damaged[200] ^= 1;
    await peer.send('damaged', 'assign.expand', damaged);
    expect(await peer.next('failed', 'damaged')).toMatchObject({
      attempt: 1,
      error: { code: 'RUN_CORRUPT', retryable: false, message: expect.stringContaining('damaged') },
    });
    for (const kind of ['assign.magic', 'toString']) {
      await peer.send(kind, kind, encodeFrame(inputFrame()));
      expect(await peer.next('failed', kind)).toMatchObject({
        error: { code: 'INTERNAL', message: expect.stringContaining('assign.expand') },
      });
    }
    await peer.send('after', 'assign.expand', encodeFrame(inputFrame()));
    expect((await peer.next('done', 'after')).type).toBe('done');
  });

  it('stays below the memory the coordinator plans for', async () => {
    const area = { x0: 0, y0: 0, x1: 600, y1: 600 };
    const cells: LittleSlide['cells'] = [];
    for (let y = 5; y < 600; y += 10) {
      for (let x = 5; x < 600; x += 10)
        cells.push({ nuclei: [square(x, y, x + 5, y + 5)], seed: [x + 2, y + 2] });
    }
    const tile = tileOf({ cells, transcripts: everyPixel(area, 2) }, area, 10);
    const settings = { distanceUm: 5, pixelSizeUm: 0.25 };
    const peer = start();
    await peer.send('wide', 'assign.expand', encodeFrame(assignTileFrame(tile, { meta: { settings } })));
    const done = (await peer.next('done')) as DoneMessage;
    const transcripts = tile.transcripts.row.length;
    const pixels = (620 / 0.25) ** 2;
    const bound = geometricMemoryBytes({ pixels, layers: 1, transcripts, cells: cells.length });
    expect(done.peakRssBytes).toBeLessThan(120e6 + bound);
    expect(done.peakRssBytes).toBeGreaterThan(50e6 + pixels * 8);
  });

  it('exits with 0 on stop, after the tasks before it', async () => {
    const peer = start();
    await peer.send('last', 'assign.expand', encodeFrame(inputFrame()));
    peer.child.send({ type: 'stop' });
    const [code] = await once(peer.child, 'exit');
    expect(code).toBe(0);
    expect(peer.received.map((m) => m.type)).toContain('done');
  });

  it('exits when its parent is gone', async () => {
    const peer = start();
    await peer.next('ready');
    peer.child.disconnect();
    const [code] = await once(peer.child, 'exit');
    expect(code).toBe(0);
  });
});

import { SpatileError } from '@spatile/formats/errors';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import type { FromWorker, ToWorker } from '@spatile/formats/tile/protocol';
import type { Handler } from '@spatile/worker/handler';
import { wireError } from '@spatile/worker/serve/failure';
import { serve, type WorkerProcess } from '@spatile/worker/serve/loop';
import { handlers, inputKind } from '@spatile/worker/stages';
import { describe, expect, it } from 'vitest';

class Exit extends Error {}

function host(run: Handler) {
  const sent: FromWorker[] = [];
  let deliver: (message: ToWorker) => void = () => undefined;
  const state = { ppid: 1, exits: 0 };
  const fake = {
    pid: 2,
    get ppid() {
      return state.ppid;
    },
    on(event: string, listener: (message: ToWorker) => void) {
      if (event === 'message') deliver = listener;
    },
    exit() {
      state.exits++;
      throw new Exit();
    },
    cpuUsage: () => ({ user: 1, system: 1 }),
    send(message: FromWorker, _h: undefined, _o: undefined, callback: (error: Error | null) => void) {
      sent.push(message);
      callback(null);
      return true;
    },
  } as unknown as WorkerProcess;
  serve(fake, { work: run }, () => 'thing');
  const input: Frame = { kind: 'thing', meta: {}, tables: {} };
  const task = async (): Promise<void> => {
    deliver({ type: 'task', attempt: 3, task: 't', kind: 'work', bytes: encodeFrame(input) });
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { sent, state, task };
}

describe('serve', () => {
  it('sends progress at most every 200 ms and within 0 to 1', async () => {
    const { sent, task } = host(async (input, { progress }) => {
      for (let i = 0; i < 1000; i++) progress(2 + i);
      return input;
    });
    await task();
    expect(sent.map((m) => m.type)).toEqual(['ready', 'progress', 'done']);
    expect(sent[1]).toEqual({ type: 'progress', task: 't', attempt: 3, fraction: 1 });
    expect(sent[2]).toMatchObject({ task: 't', attempt: 3, peakRssBytes: expect.any(Number) });
  });

  it('sends what a handler counted, and the sizes of both frames', async () => {
    const { sent, task } = host(async (input, { count }) => {
      count({ records: 2, wasmPages: 5 });
      count({ records: 3, wasmPages: 4 });
      return input;
    });
    await task();
    const bytes = encodeFrame({ kind: 'thing', meta: {}, tables: {} }).length;
    expect(sent[1]).toMatchObject({
      work: { records: 5, wasmPages: 5, inputBytes: bytes, resultBytes: bytes },
    });
  });

  it('passes on what a handler throws', async () => {
    const { sent, task } = host(async () => {
      throw new SpatileError('MEMORY_LIMIT', 'tile t: too big', { fields: { pixels: 7 }, retryable: true });
    });
    await task();
    expect(sent[1]).toMatchObject({
      type: 'failed',
      error: { code: 'MEMORY_LIMIT', message: 'tile t: too big', fields: { pixels: 7 }, retryable: true },
    });
  });

  it('stops in the middle of a task when another process became its parent', async () => {
    const { state, task } = host(async (input, { progress }) => {
      state.ppid = 77;
      progress(0.5);
      return input;
    });
    await task();
    expect(state.exits).toBe(1);
  });
});

describe('wireError', () => {
  it('tells memory that could not be had from a bug', () => {
    let thrown: unknown;
    try {
      new Float64Array(2 ** 40);
    } catch (error) {
      thrown = error;
    }
    expect(wireError(thrown)).toMatchObject({ code: 'MEMORY_LIMIT', retryable: true });
    expect(wireError(new TypeError('x is not a function'))).toMatchObject({
      code: 'INTERNAL',
      retryable: false,
    });
    expect(wireError('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
  });
});

describe('the registry', () => {
  it('names the geometric methods and the outline stage', () => {
    expect(Object.keys(handlers)).toEqual(
      expect.arrayContaining(['assign.nucleus', 'assign.expand', 'outline']),
    );
    expect([inputKind('assign.proseg.fit'), inputKind('outline')]).toEqual(['assign-tile', 'outline-tile']);
  });
});

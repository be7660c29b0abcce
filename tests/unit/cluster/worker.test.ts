import { getEventListeners } from 'node:events';
import type { JsMsg } from '@nats-io/jetstream';
import { orAborted, pause } from '@spatile/worker/cluster/abort';
import { AbsentRuns } from '@spatile/worker/cluster/absent-runs';
import { TaskAttempt } from '@spatile/worker/cluster/attempt';
import type { KernelProcess, Outcome } from '@spatile/worker/cluster/kernel-process';
import type { TileClient } from '@spatile/worker/cluster/tile-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const ACK_WAIT_MS = 4000;

/** A try at a task whose coordinator and kernel do what the test says, and what was said to the queue. */
function attempt(
  coordinator: Partial<Record<keyof TileClient, unknown>>,
  kernel: Partial<KernelProcess> = {},
) {
  const said: string[] = [];
  const message = {
    working: () => said.push('working'),
    nak: () => said.push('nak'),
    ackAck: async () => said.push('ack'),
  };
  let die: (outcome: Outcome) => void = () => undefined;
  const made = new TaskAttempt({
    message: message as unknown as JsMsg,
    task: { run: 'r', task: 't', epoch: 1, server: 'somewhere:1' },
    client: {
      begin: async () => ({ verdict: 'GO', kind: 'k' }),
      fetch: async () => new Uint8Array(1),
      commit: async () => 'COMMITTED',
      beat: async () => 'GO_ON',
      fail: async () => undefined,
      ...coordinator,
    } as unknown as TileClient,
    kernel: {
      compute: () =>
        new Promise<Outcome>((resolve) => {
          die = resolve;
        }),
      kill: () => die({ type: 'died', reason: 'killed', outOfMemory: false }),
      ...kernel,
    } as unknown as KernelProcess,
    ackWaitMs: ACK_WAIT_MS,
    worker: 'w',
  });
  return { said, made };
}

/** A call that lasts until its signal ends it. */
const untilStopped = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });

describe('a try at a task', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(['fetch', 'commit'])(
    'tells the queue that it is alive while the %s takes long',
    async (phase) => {
      const slow = () => new Promise((resolve) => setTimeout(resolve, 5 * ACK_WAIT_MS, new Uint8Array(1)));
      const computed = { type: 'done', bytes: new Uint8Array(1) } as Outcome;
      const { said, made } = attempt({ [phase]: slow }, { compute: async () => computed });
      const ended = made.run();
      await vi.advanceTimersByTimeAsync(5 * ACK_WAIT_MS + 1);
      await ended;
      expect(said.filter((word) => word === 'working').length).toBeGreaterThan(15);
      expect(said.at(-1)).toBe('ack');
    },
  );

  test('tells nothing of the kind while a kernel hangs', async () => {
    const { said, made } = attempt({});
    void made.run();
    await vi.advanceTimersByTimeAsync(5 * ACK_WAIT_MS);
    expect(said).toEqual(['working']);
  });

  test('ends a kernel that makes no progress for long, says so, and leaves the message to whom it is by then', async () => {
    let reported: unknown = null;
    const fail = async (_attempt: unknown, error: unknown, preempted: boolean) => {
      reported = { error, preempted };
    };
    const { said, made } = attempt({ fail });
    const ended = made.run();
    await vi.advanceTimersByTimeAsync(20 * ACK_WAIT_MS);
    expect(await ended).toBe('failed');
    expect(reported).toMatchObject({
      error: { code: 'WORKER_LOST', message: expect.stringMatching(/no progress for 60 s/), retryable: true },
      preempted: false,
    });
    expect(said).toEqual(['working']);
  });

  test('ends, kernel and all, when no heartbeat is answered for as long as silence is borne', async () => {
    const refuse = async () => Promise.reject(new Error('nobody there'));
    let lives = true;
    const compute: KernelProcess['compute'] = (_task, _kind, _bytes, progress) =>
      new Promise((resolve) => {
        const timer = setInterval(() => {
          progress(0.1);
          if (lives) return;
          clearInterval(timer);
          resolve({ type: 'died', reason: 'killed', outOfMemory: false });
        }, 100);
      });
    const kill = (): void => {
      lives = false;
    };
    const { said, made } = attempt({ beat: refuse }, { compute, kill });
    const ended = expect(made.run()).rejects.toThrow(/no heartbeat was answered for 4 s/);
    await vi.advanceTimersByTimeAsync(0.9 * ACK_WAIT_MS);
    expect(lives).toBe(true);
    await vi.advanceTimersByTimeAsync(ACK_WAIT_MS);
    await ended;
    expect(lives).toBe(false);
    expect(said).not.toContain('ack');
    expect(said).not.toContain('nak');
  });

  test.each(['begin', 'fetch', 'commit'])(
    'gives the task back at once when it has to leave in %s',
    async (phase) => {
      const computed = { type: 'done', bytes: new Uint8Array(1) } as Outcome;
      const hanging = { [phase]: (...args: unknown[]) => untilStopped(args.at(-1) as AbortSignal) };
      const { said, made } = attempt(hanging, { compute: async () => computed });
      const ended = made.run();
      await vi.advanceTimersByTimeAsync(10);
      made.preempt();
      expect(await ended).toBe('preempted');
      expect(said).toEqual(['nak']);
    },
  );

  test('knows how long the rest takes, by the progress so far', async () => {
    let progress: (fraction: number) => void = () => undefined;
    const compute: KernelProcess['compute'] = (_task, _kind, _bytes, tell) => {
      progress = tell;
      return new Promise(() => undefined);
    };
    const { made } = attempt({}, { compute });
    void made.run();
    await vi.advanceTimersByTimeAsync(3000);
    expect(made.restMs).toBe(Number.POSITIVE_INFINITY);
    progress(0.75);
    expect(made.restMs).toBeCloseTo(1000, -1);
  });

  test('says what it took', async () => {
    const computed = { type: 'done', bytes: new Uint8Array(5), seconds: 2, peakRssBytes: 7 } as Outcome;
    const { made } = attempt({}, { compute: async () => computed });
    const ended = made.run();
    await vi.advanceTimersByTimeAsync(10);
    await ended;
    expect(made.report).toEqual({
      kind: 'k',
      seconds: 2,
      peakRssBytes: 7,
      fetchedBytes: 1,
      committedBytes: 5,
    });
  });

  test("gives its result even when the task is somebody else's by then", async () => {
    const computed = { type: 'done', bytes: new Uint8Array(1) } as Outcome;
    const slow = () => new Promise((resolve) => setTimeout(resolve, ACK_WAIT_MS, 'ALREADY'));
    const { made } = attempt({ commit: slow, beat: async () => 'LOST' }, { compute: async () => computed });
    const ended = made.run();
    await vi.advanceTimersByTimeAsync(ACK_WAIT_MS + 1);
    expect(await ended).toBe('already');
  });
});

describe('runs that do not answer', () => {
  test('are left out, for longer each time, until they answer', () => {
    let now = 0;
    const absent = new AbsentRuns(() => now);
    expect(absent.has('r')).toBe(false);
    expect(absent.left('r')).toBe(10_000);
    now = 9_999;
    expect(absent.has('r')).toBe(true);
    expect(absent.has('other')).toBe(false);
    now = 10_000;
    expect(absent.has('r')).toBe(false);
    expect([1, 2, 3, 4, 5, 6].map(() => absent.left('r'))).toEqual([
      20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ]);
    absent.came('r');
    expect(absent.has('r')).toBe(false);
    expect(absent.left('r')).toBe(10_000);
  });
});

describe('waiting for a signal', () => {
  test('leaves no listener behind, however often', async () => {
    const stop = new AbortController();
    for (let i = 0; i < 50; i++) {
      await pause(0, stop.signal);
      expect(await orAborted(Promise.resolve(i), stop.signal)).toBe(i);
      await expect(orAborted(Promise.reject(new Error('no')), stop.signal)).rejects.toThrow('no');
    }
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test('ends with it', async () => {
    const stop = new AbortController();
    const waiting = [orAborted(new Promise(() => undefined), stop.signal), pause(100_000, stop.signal)];
    stop.abort();
    expect(await Promise.all(waiting)).toEqual([null, undefined]);
    await pause(100_000, stop.signal);
    expect(await orAborted(new Promise(() => undefined), stop.signal)).toBeNull();
  });
});

import { ClusterPool } from '@spatile/coordinator/cluster/pool';
import type { PoolEvent } from '@spatile/coordinator/dispatch/task-pool';
import { payloadOf } from '@spatile/proto/payload';
import type { Kernel, Outcome } from '@spatile/worker/cluster/kernel-process';
import { LEFT, serveCluster } from '@spatile/worker/cluster/serve';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Broker, hasBroker } from './broker.ts';

vi.setConfig({ testTimeout: 120_000 });

const NOBODY = { ca: null, cert: null, key: null, token: null };
const DONE: Outcome = {
  ...{ type: 'done', task: 't1', attempt: 1, bytes: Buffer.from('result') },
  ...{ seconds: 1, cpuSeconds: 1, peakRssBytes: 1, work: {} },
};

/** Computes nothing: says how far it is and ends when the test wants it. */
class Puppet implements Kernel {
  readonly pid = null;
  progress: ((fraction: number) => void) | null = null;
  end: (outcome: Outcome) => void = () => undefined;
  warmUp(): void {}
  compute: Kernel['compute'] = (_task, _kind, _bytes, progress) => {
    this.progress = progress;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  };
  kill(): void {
    this.end({ type: 'died', reason: 'killed', outOfMemory: false });
  }
}

describe.skipIf(!hasBroker)('a worker that is asked to leave in the middle of a tile', () => {
  let broker: Broker;
  let pool: ClusterPool;
  let events: PoolEvent[];
  beforeAll(async () => {
    broker = await Broker.start();
  });
  afterAll(() => broker.remove());
  beforeEach(async () => {
    events = [];
    // Only what a worker gives back comes to another: nobody looks for what it keeps.
    const times = { ackWaitMs: 3_600_000, reconcileMs: 3_600_000 };
    const options = { nats: broker.url, listen: '127.0.0.1:0', advertise: null, natsCredentials: null };
    const workers = { classes: ['cpu' as const], stragglerMs: null, verify: 0 };
    pool = new ClusterPool(
      'r-1',
      { ...options, ...times, ...workers, security: NOBODY, ready: () => undefined },
      pino({ level: 'silent' }),
      (event) => {
        events.push(event);
        if (event.type === 'done') event.settled?.(null);
      },
    );
    await pool.send(0, 't1', 1, 'kind', async () => payloadOf(Buffer.from('input')));
  });
  afterEach(() => pool.close());

  /** A worker that has the task. */
  async function busy(graceMs: number) {
    const lines: { what?: string; port?: number; end?: string }[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const kernel = new Puppet();
    const stop = new AbortController();
    const files = { ...NOBODY, natsCredentials: null };
    const own = {
      run: null,
      workers: 'cpu',
      memoryBytes: 2 ** 30,
      idleExitMs: null,
      graceMs,
      name: 'w',
    } as const;
    const metrics = { host: '127.0.0.1', port: 0 };
    const ended = serveCluster({ nats: broker.url, ...files, ...own, metrics }, log, stop.signal, kernel);
    await vi.waitFor(() => expect(kernel.progress).not.toBeNull(), { timeout: 60_000 });
    const ready = async () => {
      const { port } = lines.find(({ what }) => what === 'metrics')!;
      return (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
    };
    return { kernel, stop, ended, ready, ends: () => lines.flatMap(({ end }) => end ?? []) };
  }
  const isDone = (): boolean => events.some(({ type }) => type === 'done');

  test('finishes it when that fits into its grace, and is not ready meanwhile', async () => {
    const { kernel, stop, ended, ready, ends } = await busy(60_000);
    expect(await ready()).toBe(200);
    kernel.progress!(0.999);
    stop.abort();
    expect(await ready()).toBe(503);
    kernel.end(DONE);
    expect(await ended).toBe(LEFT);
    expect(ends()).toEqual(['committed']);
    expect(isDone()).toBe(true);
  });

  test('gives it back at once when it does not fit, for another to take', async () => {
    const { kernel, stop, ended, ends } = await busy(60_000);
    // So little that the rest takes hours.
    kernel.progress!(1e-9);
    stop.abort();
    expect(await ended).toBe(LEFT);
    expect(ends()).toEqual(['preempted']);
    expect(isDone()).toBe(false);
    const other = await busy(60_000);
    other.kernel.end(DONE);
    await vi.waitFor(() => expect(isDone()).toBe(true), { timeout: 60_000 });
    other.stop.abort();
    expect(await other.ended).toBe(LEFT);
  });

  test('gives it back when it takes longer than was thought', async () => {
    const { kernel, stop, ended, ends } = await busy(5100);
    kernel.progress!(1);
    stop.abort();
    expect(await ended).toBe(LEFT);
    expect(ends()).toEqual(['preempted']);
    expect(isDone()).toBe(false);
  });
});

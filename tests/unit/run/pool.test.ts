import { WorkerPool } from '@spatile/coordinator/dispatch/pool';
import type { PoolEvent } from '@spatile/coordinator/dispatch/task-pool';
import { expect, it } from 'vitest';

/** A heap limit no worker can start with: V8 says so on standard error and ends the process. */
const REFUSED = '--max-old-space-size=not-a-number';

it("hands a worker's standard error to the caller before it reports the loss", async () => {
  const events: PoolEvent[] = [];
  let said = '';
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = REFUSED;
  try {
    await new Promise<void>((resolve) => {
      const pool = new WorkerPool(
        2 ** 28,
        (event) => {
          events.push(event);
          resolve();
        },
        (text) => {
          said += text;
        },
      );
      pool.start();
    });
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
  expect(events).toMatchObject([{ type: 'lost', worker: 0 }]);
  expect(said).toContain('max-old-space-size');
});

it('ends its workers and reports no loss then', async () => {
  const events: PoolEvent[] = [];
  let pool: WorkerPool | null = null;
  await new Promise<void>((resolve) => {
    pool = new WorkerPool(
      2 ** 28,
      (event) => {
        events.push(event);
        resolve();
      },
      () => {},
    );
    pool.start();
  });
  const started = pool as unknown as WorkerPool;
  const [pid] = started.pids();
  await started.close();
  expect(events).toMatchObject([{ type: 'ready' }]);
  expect(started.pids()).toEqual([]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

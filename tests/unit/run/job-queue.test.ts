import { JobQueue } from '@spatile/coordinator/run/job-queue';
import { StepShares } from '@spatile/coordinator/run/step-shares';
import { describe, expect, it } from 'vitest';

describe('the jobs of the coordinator', () => {
  it('run one after the other, urgent ones first, and go on after a failure', async () => {
    const order: string[] = [];
    const failures: unknown[] = [];
    const queue = new JobQueue((error) => failures.push(error));
    let running = 0;
    const job =
      (name: string, fails = false) =>
      async (): Promise<void> => {
        expect(++running).toBe(1);
        await Promise.resolve();
        order.push(name);
        running--;
        if (fails) throw new Error(name);
      };
    queue.later(job('later 1'));
    queue.later(job('later 2'));
    queue.urgent(job('urgent 1', true));
    queue.urgent(async () => {
      await job('urgent 2')();
      queue.later(job('later 3'));
      queue.urgent(job('urgent 3'));
    });
    await queue.idle();
    expect(order).toEqual(['urgent 1', 'urgent 2', 'urgent 3', 'later 1', 'later 2', 'later 3']);
    expect(failures).toEqual([new Error('urgent 1')]);
  });
});

it('jobs beside the row begin at once, fail like others and are waited for', async () => {
  const failures: unknown[] = [];
  const order: string[] = [];
  const queue = new JobQueue((error) => failures.push(error));
  let goOn = (): void => undefined;
  queue.urgent(() => new Promise((resolve) => (goOn = resolve)));
  queue.atOnce(async () => {
    order.push('beside');
    await Promise.resolve();
    throw new Error('broken');
  });
  queue.atOnce(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('slow');
    goOn();
  });
  expect(order).toEqual(['beside']);
  await queue.idle();
  expect(order).toEqual(['beside', 'slow']);
  expect(failures).toEqual([new Error('broken')]);
});

describe('the time of rounds that run side by side', () => {
  it('is shared by what is running, so that it adds up to the time that passed', () => {
    let now = 0;
    const shares = new StepShares(() => now);
    now = 1000;
    shares.begin('assign');
    shares.begin('border');
    now = 5000;
    shares.end('assign');
    shares.begin('border');
    now = 7000;
    shares.end('border');
    shares.end('border');
    shares.end('border');
    expect(shares.secondsOfNobody()).toBe(1);
    expect(shares.secondsOf('assign')).toBe(2);
    expect(shares.secondsOf('border')).toBe(4);
    expect(shares.secondsOf('outline')).toBe(0);
  });
});

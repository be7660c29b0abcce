import { TaskQueue } from '@spatile/coordinator/cluster/queue';
import { connectBroker } from '@spatile/proto/broker';
import { decodeTask } from '@spatile/proto/task';
import { TaskSource } from '@spatile/worker/cluster/task-source';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker, hasBroker } from './broker.ts';

const nobody = { ca: null, cert: null, key: null, token: null };
const options = { ackWaitMs: 60_000, token: null, warn: () => undefined };

describe.skipIf(!hasBroker)('workers that serve several runs', () => {
  let broker: Broker;
  const open = (name: string) =>
    connectBroker({ url: broker.url, name, security: nobody, credentials: null });
  beforeAll(async () => {
    broker = await Broker.start();
  });
  afterAll(() => broker.remove());

  test('take their tasks in turns, however many wait of one of them, and each run its heaviest first', async () => {
    const connections = await Promise.all(['coordinator', 'worker'].map(open));
    const [large, small] = await Promise.all(
      ['large', 'small'].map((run) => TaskQueue.open(connections[0], run, options)),
    );
    const tasks = (count: number): string[] => Array.from({ length: count }, (_, i) => `assign/t${i}`);
    for (const task of tasks(40)) await large.publish({ run: 'large', task, epoch: 1, server: 'a:1' });
    for (const task of tasks(5)) await small.publish({ run: 'small', task, epoch: 1, server: 'b:1' });
    const source = await TaskSource.open(connections[1], 'cpu', null);
    const taken: { run: string; task: string }[] = [];
    while (taken.length < 20) {
      const next = await source.next(() => false);
      if (next === null) continue;
      taken.push(decodeTask(next.message.string()));
      await next.message.ackAck();
    }
    const of = (run: string): string[] => taken.filter((one) => one.run === run).map(({ task }) => task);
    // All of the small run is taken within twice its tasks; the order in each run is that of publication.
    expect(taken.slice(0, 10).filter(({ run }) => run === 'small')).toHaveLength(5);
    expect(of('small')).toEqual(tasks(5));
    expect(of('large')).toEqual(tasks(15));
    for (const connection of connections) await connection.close();
  });
});

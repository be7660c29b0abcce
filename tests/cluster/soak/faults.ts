import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { RandomStream } from '@spatile/random/stream';
import { childrenOf, pause } from '../../pipeline/process.ts';
import type { Scene } from './scene.ts';

/** Something that goes wrong, and is put right by itself in the end. */
type Fault = (scene: Scene, random: RandomStream) => Promise<void>;

/** Longest time for which something stands still, milliseconds: twice the acknowledgement wait. */
const LONGEST_MS = 3000;

/** A whole number below another. */
export const below = (random: RandomStream, limit: number): number => random.uint32() % limit;

const someTime = (random: RandomStream): Promise<void> => pause(below(random, LONGEST_MS));
const someWorker = ({ livingWorkers }: Scene, random: RandomStream) =>
  livingWorkers[below(random, Math.max(1, livingWorkers.length))];

/** Every kind of fault that a soak draws from. */
export const SOAK_FAULTS: Readonly<Record<string, Fault>> = {
  'a worker is killed': async (scene, random) => {
    someWorker(scene, random)?.child.kill('SIGKILL');
  },
  'the computing process of a worker is killed': async (scene, random) => {
    const worker = someWorker(scene, random);
    if (worker === undefined) return;
    for (const pid of childrenOf(worker.pid)) process.kill(pid, 'SIGKILL');
  },
  'a worker stands still': async (scene, random) => {
    const worker = someWorker(scene, random);
    worker?.child.kill('SIGSTOP');
    await someTime(random);
    worker?.child.kill('SIGCONT');
  },
  'all workers are asked to leave': async (scene) => {
    const leaving = scene.livingWorkers;
    for (const { child } of leaving) child.kill('SIGTERM');
    for (const { ended } of leaving) await ended;
  },
  'the broker is killed': async ({ cluster }, random) => {
    await cluster.broker.kill();
    await someTime(random);
    await cluster.broker.up();
  },
  'the broker loses what it stored': async ({ cluster }) => {
    await cluster.broker.kill();
    await cluster.broker.up({ lost: true });
  },
  'the broker stands still': async ({ cluster }, random) => {
    cluster.broker.signal('SIGSTOP');
    await someTime(random);
    cluster.broker.signal('SIGCONT');
  },
  'the coordinator is killed': async (scene) => {
    scene.running.child.kill('SIGKILL');
    if ((await scene.running.ended).exitCode !== 0) scene.resume();
  },
  'the run is cancelled': async (scene) => {
    scene.running.child.kill('SIGTERM');
    if ((await scene.running.ended).exitCode !== 0) scene.resume();
  },
  'the coordinator stands still': async ({ running }, random) => {
    running.child.kill('SIGSTOP');
    await someTime(random);
    running.child.kill('SIGCONT');
  },
  'the consumer is deleted': async (scene) => {
    await onBroker(scene, async (connection) => {
      const jsm = await jetstreamManager(connection);
      await jsm.consumers.delete('SPATILE_TASKS', `${scene.name}_cpu`);
    });
  },
  'all tasks are delivered twice': async (scene, random) => {
    // Drawn whatever comes of it: a seed gives the same faults again.
    const again = random.uint32();
    await onBroker(scene, async (connection) => {
      const jsm = await jetstreamManager(connection);
      const { state } = await jsm.streams.info('SPATILE_TASKS');
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const stored = await jsm.streams.getMessage('SPATILE_TASKS', { seq }).catch(() => null);
        if (stored === null) continue;
        await jetstream(connection).publish(stored.subject, stored.data, { msgID: `${again}-${seq}` });
      }
    });
  },
  'connections to the coordinator break': async (scene, random) => {
    scene.network = 'cut';
    await someTime(random);
    scene.network = 'calm';
  },
  'bits flip on the way to the coordinator and back': async (scene, random) => {
    scene.network = 'flip';
    await someTime(random);
    scene.network = 'calm';
  },
};

/** What the broker refuses, because there is nothing to spoil just now, is no fault. */
async function onBroker(
  { cluster }: Scene,
  work: (connection: Awaited<ReturnType<typeof connect>>) => Promise<void>,
): Promise<void> {
  const connection = await connect({ servers: cluster.broker.url });
  try {
    await work(connection).catch(() => undefined);
  } finally {
    await connection.close();
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Of Linux, wherever Node runs. */
const TICKS_PER_SECOND = 100;

export const hasBroker = (): boolean => spawnSync('nats-server', ['--version']).status === 0;

/** What a broker says of itself. */
export interface BrokerFacts {
  connections: number;
  in_msgs: number;
  out_msgs: number;
  /** Resident memory, bytes. */
  mem: number;
  slow_consumers: number;
}

/** A real NATS server with JetStream, on the loopback interface. */
export class BenchBroker {
  readonly url: string;
  readonly #monitor: string;
  readonly #child: ChildProcess;

  private constructor(port: number, monitor: number, folder: string) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#monitor = `http://127.0.0.1:${monitor}`;
    this.#child = spawn(
      'nats-server',
      ['-js', '-a', '127.0.0.1', '-p', `${port}`, '-m', `${monitor}`, '-sd', folder],
      { stdio: 'ignore' },
    );
  }

  /** @param folder for what it stores. */
  static async start(folder: string): Promise<BenchBroker> {
    return new BenchBroker(await freePort(), await freePort(), folder);
  }

  /** Its counters; rejects while it does not listen. */
  async facts(): Promise<BrokerFacts> {
    return (await fetch(`${this.#monitor}/varz`)).json() as Promise<BrokerFacts>;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async end(): Promise<void> {
    await ended(this.#child);
  }
}

/** Processor time of a process so far, seconds; not a number where the system does not tell. */
export function processorSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** Ends a process of the bench and waits until it is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

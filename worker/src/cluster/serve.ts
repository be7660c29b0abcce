import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { isSpatileError } from '@spatile/formats/errors';
import { connectBroker, withoutSecret } from '@spatile/proto/broker';
import { readSecurity, type Security } from '@spatile/proto/security';
import { decodeTask, type TaskMessage } from '@spatile/proto/task';
import type { Logger } from 'pino';
import { TaskAttempt } from './attempt.ts';
import { KernelProcess } from './kernel-process.ts';
import type { ClusterWorkerOptions } from './options.ts';
import { type Taken, TaskSource } from './task-source.ts';
import { TileClient } from './tile-client.ts';

/** Between two looks at a queue that is away or empty of runs, milliseconds. */
const PAUSE_MS = 500;
/** Coordinators whose connection is kept. */
const MOST_CLIENTS = 16;
/** Left of the grace period when the worker decides to finish what it has, milliseconds. */
const MARGIN_MS = 5000;

/** Exit codes: 0 after a time without work, 75 when asked to leave, as schedulers tell these apart. */
export const LEFT = 75;

/**
 * A worker of a cluster: pulls one task at a time, computes it in a process of its own, commits the result. Holds nothing
 * that matters: it may be killed at any moment. Ends with an exit code when asked to leave (`stop`) or after a time without
 * work. Errors: `CLUSTER` when the broker cannot be reached at the start, or a coordinator does not take the secret.
 */
export async function serveCluster(
  options: ClusterWorkerOptions,
  log: Logger,
  stop: AbortSignal,
): Promise<number> {
  const security = await readSecurity(options);
  const credentials = options.natsCredentials === null ? null : await readFile(options.natsCredentials);
  const connection = await connectBroker({
    url: options.nats,
    name: `spatile worker ${options.name}`,
    security,
    credentials,
  });
  log.info({ nats: withoutSecret(options.nats), run: options.run, class: options.workers }, 'worker ready');
  const kernel = new KernelProcess(options.memoryBytes);
  kernel.warmUp();
  const clients = new Clients(security);
  const source = await TaskSource.open(connection, options.workers, options.run);
  let current: TaskAttempt | null = null;
  const leave = (): void => {
    if (current !== null && current.restMs > options.graceMs - MARGIN_MS) current.preempt();
  };
  stop.addEventListener('abort', leave, { once: true });
  let idleSince = performance.now();
  try {
    while (!stop.aborted) {
      const taken = await Promise.race([source.next().catch((error) => problem(log, error)), aborted(stop)]);
      if (taken === null) {
        if (options.idleExitMs !== null && performance.now() - idleSince > options.idleExitMs) return 0;
        await pause(PAUSE_MS, stop);
        continue;
      }
      const task = read(taken, log);
      if (task === null) continue;
      if (stop.aborted) {
        taken.message.nak(0);
        break;
      }
      const { message, ackWaitMs } = taken;
      const client = clients.of(task.server);
      current = new TaskAttempt({ message, task, client, kernel, ackWaitMs, worker: options.name });
      const started = performance.now();
      const end = await current.run().catch((error) => {
        if (isRefusal(error)) {
          // Somebody who may do it should have it at once; this worker never may.
          message.nak(0);
          throw error;
        }
        log.warn({ run: task.run, tile: task.task, error: sentence(error) }, 'coordinator out of reach');
        return 'unreachable' as const;
      });
      const seconds = (performance.now() - started) / 1000;
      log.info({ run: task.run, tile: task.task, end, seconds }, 'task ended');
      current = null;
      idleSince = performance.now();
    }
    return LEFT;
  } finally {
    stop.removeEventListener('abort', leave);
    kernel.kill();
    clients.close();
    // Sends what is still to be sent, such as the message given back.
    await connection.drain().catch(() => undefined);
  }
}

/** A message that is no task is taken off the queue: nobody can do anything with it. */
function read({ message }: Taken, log: Logger): TaskMessage | null {
  try {
    return decodeTask(message.string());
  } catch (error) {
    log.error({ error: sentence(error) }, 'message dropped');
    message.term();
    return null;
  }
}

/** Connections to coordinators, the oldest closed when there are many. */
class Clients {
  readonly #security: Security;
  readonly #open = new Map<string, TileClient>();

  constructor(security: Security) {
    this.#security = security;
  }

  of(address: string): TileClient {
    const known = this.#open.get(address) ?? new TileClient(address, this.#security);
    this.#open.delete(address);
    this.#open.set(address, known);
    if (this.#open.size > MOST_CLIENTS) {
      const [oldest, client] = this.#open.entries().next().value!;
      client.close();
      this.#open.delete(oldest);
    }
    return known;
  }

  close(): void {
    for (const client of this.#open.values()) client.close();
    this.#open.clear();
  }
}

function problem(log: Logger, error: unknown): null {
  log.debug({ error: sentence(error) }, 'queue not there');
  return null;
}

/** The coordinator does not know this worker's secret: no later try helps. */
const isRefusal = (error: unknown): boolean =>
  isSpatileError(error) && error.fields.status === status.UNAUTHENTICATED;

const sentence = (error: unknown): string =>
  isSpatileError(error) || error instanceof Error ? error.message : String(error);

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

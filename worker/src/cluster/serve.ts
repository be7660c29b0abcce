import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { isSpatileError, SpatileError } from '@spatile/formats/errors';
import { connectBroker, withoutSecret } from '@spatile/proto/broker';
import { makeRoomForBuffers } from '@spatile/proto/heap-room';
import { readSecurity, type Security } from '@spatile/proto/security';
import { decodeTask, isGenuine, type SealedTask } from '@spatile/proto/task';
import { openTracer } from '@spatile/proto/tracing';
import type { Logger } from 'pino';
import { orAborted, pause } from './abort.ts';
import { AbsentRuns } from './absent-runs.ts';
import { type AttemptEnd, TaskAttempt } from './attempt.ts';
import { type Kernel, KernelProcess } from './kernel-process.ts';
import { WorkerMetrics } from './metrics.ts';
import type { ClusterWorkerOptions } from './options.ts';
import { serveProbes } from './probes.ts';
import { type Taken, TaskSource } from './task-source.ts';
import { TileClient } from './tile-client.ts';

/** Between two looks at a queue that is away or empty of runs, milliseconds. */
const PAUSE_MS = 500;
/** NATS' own numbers for a stream or a consumer that is not there: no run is on. */
const MISSING = new Set([10014, 10059]);
/** Coordinators whose connection is kept. */
const MOST_CLIENTS = 16;
/** Left of the grace period when the worker decides to finish what it has, milliseconds. */
const MARGIN_MS = 5000;

/** Longest wait for a broker to take the last words, milliseconds. */
const LONGEST_DRAIN_MS = 2000;

/** Exit codes: 0 after a time without work, 75 when asked to leave, as schedulers tell these apart. */
export const LEFT = 75;

/**
 * A worker of a cluster: pulls one task at a time, computes it in a process of its own, commits the result. Holds nothing
 * that matters: it may be killed at any moment. Ends with an exit code when asked to leave (`stop`) or after a time without
 * work. Errors: `CLUSTER` when the broker cannot be reached at the start, or when the secret of the one run it is for is another.
 */
export async function serveCluster(
  options: ClusterWorkerOptions,
  log: Logger,
  stop: AbortSignal,
  kernel: Kernel = new KernelProcess(options.memoryBytes),
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
  let current: TaskAttempt | null = null;
  let connected = true;
  const { metrics: asked = null, health = null } = options;
  const state = { connected: () => connected, busy: () => current !== null };
  const metrics = new WorkerMetrics(state, asked !== null);
  const probes = await serveProbes({ metrics: asked, health }, metrics.registry, (what, port) =>
    log.info({ what, port }, 'probes are served'),
  );
  const tracer = await openTracer('spatile-worker', (text) => log.warn(text));
  kernel.warmUp();
  const clients = new Clients(security);
  const source = await TaskSource.open(connection, options.workers, options.run);
  let deadline: NodeJS.Timeout | undefined;
  const isReady = (): void => probes.become(connected && !stop.aborted);
  void followBroker(connection, (now, isBack) => {
    connected = now;
    if (isBack) metrics.reconnected();
    isReady();
  });
  isReady();
  const leave = (): void => {
    isReady();
    if (current !== null && current.restMs > options.graceMs - MARGIN_MS) current.preempt();
    deadline = setTimeout(() => current?.preempt(), options.graceMs);
  };
  stop.addEventListener('abort', leave, { once: true });
  let idleSince = performance.now();
  const absent = new AbsentRuns();
  const problem = problems(log);
  try {
    while (!stop.aborted) {
      const next = source.next((run) => absent.has(run)).catch(problem);
      const taken = await orAborted(next, stop);
      const isIdle = options.idleExitMs !== null && performance.now() - idleSince > options.idleExitMs;
      if (taken === null) {
        if (isIdle) return 0;
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
      const started = performance.now();
      let tried: TaskAttempt | null = null;
      makeRoomForBuffers();
      const end = await attempt(task, security.token, () => {
        const client = clients.of(task.server);
        const worker = options.name;
        tried = new TaskAttempt({ message, task, client, kernel, ackWaitMs, worker, tracer });
        current = tried;
        return tried.run();
      }).catch((error) => {
        // Somebody who may do it should have it at once; this worker may not.
        if (isRefusal(error)) message.nak(0);
        if (isRefusal(error) && options.run !== null) throw error;
        const leftOutS = absent.left(task.run) / 1000;
        log.warn({ run: task.run, tile: task.task, error: sentence(error), leftOutS }, 'run left out');
        return null;
      });
      current = null;
      if (tried !== null) metrics.ended(end ?? 'unreachable', (tried as TaskAttempt).report);
      if (end === null) continue;
      const seconds = (performance.now() - started) / 1000;
      log.info({ run: task.run, tile: task.task, end, seconds }, 'task ended');
      absent.came(task.run);
      // What is left to another worker keeps nobody here.
      if (end !== 'elsewhere') idleSince = performance.now();
      else if (isIdle) return 0;
    }
    return LEFT;
  } finally {
    stop.removeEventListener('abort', leave);
    clearTimeout(deadline);
    kernel.kill();
    clients.close();
    await tracer.close();
    probes.close();
    // Sends what is still to be sent, such as the message given back.
    await Promise.race([connection.drain().catch(() => undefined), pause(LONGEST_DRAIN_MS)]);
  }
}

/** Tells whether the broker answers, whenever that changes, and whether it has just come back. */
async function followBroker(
  connection: NatsConnection,
  tell: (connected: boolean, isBack: boolean) => void,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'staleConnection') tell(false, false);
    else if (type === 'reconnect') tell(true, true);
  }
}

/** Runs a try, unless the task is not from somebody who holds the secret: then nothing is said to the server it names. */
async function attempt(
  task: SealedTask,
  token: string | null,
  run: () => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  if (token === null || isGenuine(task, token)) return run();
  throw new SpatileError(
    'CLUSTER',
    `run ${task.run}: no valid token in a task of it; expected one sealed under the --token-file of this worker; give coordinator and workers the same`,
    { fields: { status: status.UNAUTHENTICATED } },
  );
}

/** A message that is no task is taken off the queue: nobody can do anything with it. */
function read({ message }: Taken, log: Logger): SealedTask | null {
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

/** Logs what the broker says: once as a warning for each kind, but in silence where there is just no run. */
function problems(log: Logger): (error: unknown) => null {
  const told = new Set<string>();
  return (error) => {
    const missing = error instanceof JetStreamApiError && MISSING.has(error.code);
    const kind = error instanceof Error ? error.name : 'unknown';
    const level = missing || told.has(kind) ? 'debug' : 'warn';
    if (!missing) told.add(kind);
    log[level]({ error: sentence(error) }, 'no tasks can be taken');
    return null;
  };
}

/** Coordinator and worker have not the same secret. */
const isRefusal = (error: unknown): boolean =>
  isSpatileError(error) && error.fields.status === status.UNAUTHENTICATED;

const sentence = (error: unknown): string =>
  isSpatileError(error) || error instanceof Error ? error.message : String(error);

import { createHash, randomBytes } from 'node:crypto';
import { Server } from '@grpc/grpc-js';
import type { NatsConnection } from '@nats-io/transport-node';
import { SpatileError } from '@spatile/formats/errors';
import { connectBroker, withoutSecret } from '@spatile/proto/broker';
import { services } from '@spatile/proto/definition';
import { Health } from '@spatile/proto/health';
import { makeRoomForBuffers } from '@spatile/proto/heap-room';
import { checkRunId } from '@spatile/proto/names';
import type { Payload } from '@spatile/proto/payload';
import { type Security, serverCredentials } from '@spatile/proto/security';
import type { Tracer } from '@spatile/proto/tracing';
import { widenWindows } from '@spatile/proto/window';
import type { ClusterRunOptions } from '../api.ts';
import type { PoolEvent, TaskPool } from '../dispatch/task-pool.ts';
import type { RunLog } from '../run/log.ts';
import { type QueueDepth, TaskQueue } from './queue.ts';
import { Stragglers } from './stragglers.ts';
import { type ActiveAttempt, TaskBook } from './task-book.ts';
import { type TileService, type Transfers, tileService } from './tile-service.ts';

/** What a pool needs of the options of a run, its files read. */
export interface ClusterOptions
  extends Pick<
    ClusterRunOptions,
    | 'nats'
    | 'listen'
    | 'advertise'
    | 'ackWaitMs'
    | 'reconcileMs'
    | 'classes'
    | 'stragglerMs'
    | 'verify'
    | 'ready'
  > {
  natsCredentials: Buffer | null;
  security: Security;
  tracer?: Tracer;
}

/** Tasks of one run that are on the queue at once, over all its workers. */
export const CLUSTER_SLOTS = 4096;
/** An empty queue with open tasks must be seen so often before they are published again. */
const EMPTY_LOOKS = 2;

/** A worker counts as the only one when no other was heard of for so many acknowledgement waits. */
const ALONE_WAITS = 2;

/** How long the end of a run waits for workers to hear of it, and how often it looks, milliseconds. */
const LONGEST_FAREWELL_MS = 2000;
const FAREWELL_LOOK_MS = 50;

/** The state of a run's cluster, for pages and metrics. */
export interface ClusterState {
  depth: QueueDepth | null;
  openTasks: number;
  active: ActiveAttempt[];
  transfers: Transfers;
}

/**
 * Workers of a cluster as a pool: tasks go out by JetStream, data and results over gRPC. A slot is a place on the queue, not a
 * worker: workers come and go without being announced.
 */
export class ClusterPool implements TaskPool {
  readonly #run: string;
  readonly #options: ClusterOptions;
  readonly #log: RunLog;
  readonly #listener: (event: PoolEvent) => void;
  readonly #stragglers: Stragglers;
  readonly #book: TaskBook;
  readonly #service: TileService;
  readonly #server = new Server({
    'grpc.max_receive_message_length': 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': 256,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  /** Trace contexts of the tasks that were handed out. */
  readonly #traces = new Map<string, string>();
  readonly #health = new Health(['spatile.v1.TileData'], true);
  readonly #queue: Promise<TaskQueue>;
  #connection: NatsConnection | null = null;
  #address = '';
  #next = 0;
  #emptyLooks = 0;
  /** Tasks that were published again, and how often the broker came back. */
  #republished = 0;
  #reconnects = 0;
  #depth: QueueDepth | null = null;
  #reconciler: NodeJS.Timeout | null = null;
  #closed = false;
  /** Publications go out one after the other, so that the heaviest task stays first. */
  #publishing: Promise<void> = Promise.resolve();

  constructor(run: string, options: ClusterOptions, log: RunLog, listener: (event: PoolEvent) => void) {
    this.#run = checkRunId(run);
    this.#options = options;
    this.#log = log;
    this.#listener = listener;
    this.#stragglers = new Stragglers(options.stragglerMs ?? Number.POSITIVE_INFINITY);
    const begun = (task: string, by: string, waitedMs: number | null): void =>
      listener({
        ...{ type: 'begun', task, by },
        ...(waitedMs === null ? {} : { waitedSeconds: waitedMs / 1000 }),
      });
    this.#book = new TaskBook(run, (event) => this.#hear(event), begun, {
      classes: options.classes,
      moved: (task, epoch) => this.#publish(task, epoch),
      verify: sampled(options.verify),
      aloneMs: ALONE_WAITS * options.ackWaitMs,
      now: () => performance.now(),
    });
    this.#service = tileService(this.#book, options.security.token, undefined, options.tracer);
    this.#queue = this.#open();
    // Whoever publishes hears of it; until then it is nobody's rejection.
    this.#queue.catch((error) => this.#break(error));
  }

  start(): void {
    const worker = this.#next++;
    queueMicrotask(() => this.#listener({ type: 'ready', worker }));
  }

  async send(
    worker: number,
    task: string,
    attempt: number,
    kind: string,
    input: () => Promise<Payload>,
    trace?: string,
    weight?: number,
  ): Promise<void> {
    if (trace !== undefined) this.#traces.set(task, trace);
    this.#publish(task, this.#book.open(worker, task, attempt, kind, input, weight));
  }

  /** What is going on, for pages and metrics. */
  state(): ClusterState {
    return {
      depth: this.#depth,
      openTasks: this.#book.openTasks,
      active: this.#book.active(),
      transfers: { ...this.#service.transfers },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { agreed, repeated } = this.#book.verified;
    if (this.#options.verify > 0)
      this.#log.info({ tasks: agreed, byOneWorker: repeated }, 'results that two workers gave alike');
    this.#health.set(false);
    if (this.#reconciler !== null) clearInterval(this.#reconciler);
    this.#book.end();
    await this.#queue.then((queue) => queue.close()).catch(() => undefined);
    await this.#farewell();
    await this.#connection?.close();
    this.#server.forceShutdown();
  }

  /** Stays for a heartbeat, so that workers in the middle of a tile hear that nobody wants it any more. */
  async #farewell(): Promise<void> {
    const most = Math.min(LONGEST_FAREWELL_MS, this.#options.ackWaitMs);
    for (let waited = 0; this.#book.untold > 0 && waited < most; waited += FAREWELL_LOOK_MS)
      await new Promise((resolve) => setTimeout(resolve, FAREWELL_LOOK_MS));
  }

  async #open(): Promise<TaskQueue> {
    const { nats, natsCredentials, security, listen, ackWaitMs, reconcileMs, classes } = this.#options;
    makeRoomForBuffers();
    this.#address = await this.#listen();
    this.#connection = await connectBroker({
      url: nats,
      name: `spatile coordinator ${this.#run}`,
      security,
      credentials: natsCredentials,
    });
    void this.#follow(this.#connection);
    const queue = await TaskQueue.open(this.#connection, this.#run, {
      ackWaitMs,
      token: security.token,
      classes,
      warn: (message) => this.#listener({ type: 'warning', message }),
    });
    this.#log.info({ nats: withoutSecret(nats), listen, address: this.#address }, 'cluster ready');
    this.#options.ready(this.#run, this.#address);
    this.#reconciler = setInterval(() => void this.#reconcile(queue), reconcileMs).unref();
    return queue;
  }

  async #listen(): Promise<string> {
    const { listen, advertise, security } = this.#options;
    this.#server.addService(services().TileData.service, this.#service.handlers);
    this.#health.addTo(this.#server);
    const port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(listen, serverCredentials(security), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    ).catch((cause) => {
      throw new SpatileError(
        'CLUSTER',
        `${listen}: cannot listen for workers (${cause.message}); expected a free address of this machine; choose another with --listen`,
        { cause },
      );
    });
    widenWindows(this.#server);
    const called = advertise ?? listen;
    // Port 0 stands for the one that was free, also behind another name of this machine.
    return called.endsWith(':0') ? `${called.slice(0, called.lastIndexOf(':'))}:${port}` : called;
  }

  #publish(task: string, epoch: number, copy = ''): void {
    const workers = this.#book.workersOf(task);
    this.#publishing = this.#publishing
      .then(async () => {
        // The address is known when the queue is there.
        const queue = await this.#queue;
        const message = { run: this.#run, task, epoch, server: this.#address };
        await queue.publish(message, this.#traces.get(task), workers, copy);
      })
      .catch((error) => this.#break(error));
  }

  /** What the book says, after it was learnt from. */
  #hear(event: PoolEvent): void {
    const about = event.type === 'done' ? this.#book.kindOf(event.task) : null;
    if (event.type === 'done' && about !== null)
      this.#stragglers.learn(about.kind, about.weight, event.seconds);
    this.#listener(event);
  }

  /** Where workers have nothing to do, they try tasks as well that take others too long. */
  #speculate({ waiting, idle }: QueueDepth): void {
    if (waiting > 0) return;
    for (const workers of this.#options.classes) {
      const late = this.#stragglers.late(this.#book.running(workers));
      for (const task of late.slice(0, idle[workers] ?? 0)) {
        const epoch = this.#book.double(task);
        if (epoch === null) continue;
        this.#log.info({ task }, 'takes long; another worker tries it as well');
        this.#publish(task, epoch, '/second');
      }
    }
  }

  #break(error: unknown): void {
    if (this.#closed) return;
    const known =
      error instanceof SpatileError
        ? error
        : new SpatileError(
            'CLUSTER',
            `NATS: ${error instanceof Error ? error.message : error}; see spatile.log`,
            {
              cause: error,
            },
          );
    this.#listener({ type: 'broken', error: known });
  }

  /** Publishes again what the queue should hold and does not: the broker lost it, or a worker took it off without a result. */
  async #reconcile(queue: TaskQueue): Promise<void> {
    makeRoomForBuffers();
    const depth = await queue.depth().catch(() => undefined);
    // A broker that does not answer now will later.
    if (depth === undefined || this.#closed) return;
    this.#depth = depth;
    const { fetchedBytes, committedBytes, refused, inFlightBytes } = this.#service.transfers;
    this.#listener({
      type: 'queue',
      waiting: depth?.waiting ?? 0,
      inWork: depth?.inWork ?? 0,
      ...{ fetchedBytes, committedBytes, refused, inFlightBytes, republished: this.#republished },
      silentSeconds: Math.max(0, ...this.#book.active().map(({ silentMs }) => silentMs)) / 1000,
    });
    if (depth !== null) this.#speculate(depth);
    const lost = depth === null || (depth.waiting + depth.inWork === 0 && this.#book.openTasks > 0);
    this.#emptyLooks = lost ? this.#emptyLooks + 1 : 0;
    if (!lost || (depth !== null && this.#emptyLooks < EMPTY_LOOKS)) return;
    this.#emptyLooks = 0;
    const missing = this.#book.reopen();
    if (missing.length === 0) return;
    this.#republished += missing.length;
    this.#log.warn({ tasks: missing.length }, 'the queue had lost tasks; published again');
    for (const { task, epoch } of missing) this.#publish(task, epoch);
  }

  async #follow(connection: NatsConnection): Promise<void> {
    const tell = (connected: boolean): void =>
      this.#listener({ type: 'broker', connected, reconnects: this.#reconnects });
    tell(true);
    for await (const { type } of connection.status()) {
      this.#log.info({ nats: type }, 'broker');
      if (type === 'disconnect' || type === 'staleConnection') tell(false);
      if (type !== 'reconnect') continue;
      this.#reconnects++;
      tell(true);
    }
  }
}

/** Draws a share of the tasks. Which ones no worker can know; no result depends on it. */
function sampled(share: number): (task: string) => boolean {
  const key = randomBytes(16);
  return (task) => createHash('sha256').update(key).update(task).digest().readUInt32BE() < share * 2 ** 32;
}

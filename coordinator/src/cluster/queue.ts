import { randomBytes } from 'node:crypto';
import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { headers, type NatsConnection, nanos } from '@nats-io/transport-node';
import { SpatileError } from '@spatile/formats/errors';
import {
  consumerName,
  runSubjects,
  TASK_STREAM,
  TASK_SUBJECTS,
  taskSubject,
  type WorkerClass,
} from '@spatile/proto/names';
import { encodeTask, type TaskMessage } from '@spatile/proto/task';
import { TRACEPARENT } from '@spatile/proto/tracing';

/** Most deliveries of one message: a backstop, since the coordinator counts attempts itself. */
const MOST_DELIVERIES = 50;
/** Tasks that may be in work at once, and pulls that may wait. */
const MOST_IN_WORK = 4096;
const MOST_MESSAGES = 1_000_000;
const MOST_STREAM_BYTES = 2 ** 30;
const MOST_MESSAGE_BYTES = 65_536;
/** Leftovers of runs that nobody took up again go after two weeks. */
const MESSAGE_AGE_MS = 14 * 24 * 3600 * 1000;
/** Wait between tries while the broker does not answer, milliseconds: grows to the second. */
const RETRY_MS = [200, 5000] as const;

/** NATS' own numbers for what is not there. */
const MISSING = new Set([10014, 10059]);

/** How full the queue of a run is. */
export interface QueueDepth {
  waiting: number;
  inWork: number;
  /** Workers that wait for a task, by class. */
  idle: Partial<Record<WorkerClass, number>>;
}

export interface QueueOptions {
  /** A task whose worker is silent for so long goes to another. */
  ackWaitMs: number;
  /** The secret under which tasks are sealed; null without one. */
  token: string | null;
  /** Classes of workers that the run has; `cpu` alone when absent. */
  classes?: readonly WorkerClass[];
  /** Hears, in one sentence, of what keeps tasks from the queue. */
  warn: (message: string) => void;
}

/**
 * The tasks of one run on JetStream: published by the coordinator, pulled by workers. Everything in it can be lost and is
 * made again from what the coordinator knows.
 */
export class TaskQueue {
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #run: string;
  readonly #options: QueueOptions;
  /** The broker remembers ids of messages for a while, purged or not: those of a resumed run must be others. */
  readonly #opened = randomBytes(8).toString('hex');
  /** Kinds of problems that were told. */
  readonly #told = new Set<string>();
  #closed = false;

  private constructor(js: JetStreamClient, jsm: JetStreamManager, run: string, options: QueueOptions) {
    this.#js = js;
    this.#jsm = jsm;
    this.#run = run;
    this.#options = options;
  }

  /**
   * Opens the queue of a run, empty. Errors: `CLUSTER` when JetStream is not there or may not be used.
   */
  static async open(connection: NatsConnection, run: string, options: QueueOptions): Promise<TaskQueue> {
    try {
      // A coordinator may not ask for the account: its rights are of this stream alone.
      const jsm = await jetstreamManager(connection, { checkAPI: false });
      const queue = new TaskQueue(jetstream(connection), jsm, run, options);
      await queue.#ensure();
      await jsm.streams.purge(TASK_STREAM, { filter: runSubjects(run) });
      return queue;
    } catch (cause) {
      throw new SpatileError(
        'CLUSTER',
        `NATS: the stream ${TASK_STREAM} cannot be used (${cause instanceof Error ? cause.message : cause}); expected JetStream and the right to make streams and consumers; start the server with -js and see docs/security.md for the rights`,
        { cause },
      );
    }
  }

  /**
   * Puts a task on the queue, however long that takes while the broker is away or refuses; tells so once for each kind of
   * problem. Gives up only when the queue is closed.
   * @param trace context of the trace to which the task belongs.
   * @param workers class that is to compute it.
   * @param copy tells a second message of the same task and epoch from the first.
   */
  async publish(task: TaskMessage, trace?: string, workers: WorkerClass = 'cpu', copy = ''): Promise<void> {
    const text = encodeTask(task, this.#options.token);
    const context = trace ? headers() : undefined;
    context?.set(TRACEPARENT, trace!);
    const msgID = `${task.run}/${task.task}/e${task.epoch}/${this.#opened}${copy}`;
    for (let wait: number = RETRY_MS[0]; !this.#closed; wait = Math.min(2 * wait, RETRY_MS[1])) {
      try {
        await this.#js.publish(taskSubject(task.run, workers), text, { msgID, headers: context });
        return;
      } catch (error) {
        if (this.#closed) return;
        this.#tell(error);
        // Ambiguous: it may have arrived; the same id makes a second one harmless.
        await sleep(wait);
        await this.#ensure().catch((cause) => this.#tell(cause));
      }
    }
  }

  /** What waits and what is in work; null when stream or consumer were gone (they are there again, empty). */
  async depth(): Promise<QueueDepth | null> {
    const depth: QueueDepth = { waiting: 0, inWork: 0, idle: {} };
    try {
      for (const workers of this.#classes) {
        const info = await this.#jsm.consumers.info(TASK_STREAM, consumerName(this.#run, workers));
        depth.waiting += info.num_pending;
        depth.inWork += info.num_ack_pending;
        depth.idle[workers] = info.num_waiting;
      }
      return depth;
    } catch (error) {
      if (!(error instanceof JetStreamApiError && MISSING.has(error.code))) throw error;
      await this.#ensure();
      return null;
    }
  }

  /** Takes everything of the run off the broker. A broker that is away is left as it is: its messages age. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const workers of this.#classes)
      await this.#jsm.consumers.delete(TASK_STREAM, consumerName(this.#run, workers)).catch(() => undefined);
    await this.#jsm.streams.purge(TASK_STREAM, { filter: runSubjects(this.#run) }).catch(() => undefined);
  }

  get #classes(): readonly WorkerClass[] {
    return this.#options.classes ?? ['cpu'];
  }

  #tell(error: unknown): void {
    const kind = error instanceof JetStreamApiError ? `${error.code}` : String((error as Error).name);
    if (this.#closed || this.#told.has(kind)) return;
    this.#told.add(kind);
    this.#options.warn(
      `NATS: a task cannot be put on the queue yet (${error instanceof Error ? error.message : error}); expected the broker to store it; it is tried again, and if that does not help check the broker, its space and the rights in docs/security.md`,
    );
  }

  /** Makes stream and consumer where they are not there. A live one is looked at, never created over. */
  async #ensure(): Promise<void> {
    await orMissing(this.#jsm.streams.info(TASK_STREAM), () =>
      this.#jsm.streams.add({
        name: TASK_STREAM,
        subjects: [TASK_SUBJECTS],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        discard: DiscardPolicy.New,
        max_msgs: MOST_MESSAGES,
        max_bytes: MOST_STREAM_BYTES,
        max_msg_size: MOST_MESSAGE_BYTES,
        max_age: nanos(MESSAGE_AGE_MS),
      }),
    );
    for (const workers of this.#classes) await this.#ensureConsumer(workers);
  }

  async #ensureConsumer(workers: WorkerClass): Promise<void> {
    const name = consumerName(this.#run, workers);
    const wanted: Partial<ConsumerConfig> = {
      durable_name: name,
      filter_subject: taskSubject(this.#run, workers),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(this.#options.ackWaitMs),
      max_deliver: MOST_DELIVERIES,
      max_ack_pending: MOST_IN_WORK,
      max_waiting: MOST_IN_WORK,
    };
    await orMissing(this.#jsm.consumers.info(TASK_STREAM, name), () =>
      this.#jsm.consumers.add(TASK_STREAM, wanted),
    );
  }
}

async function orMissing(look: Promise<unknown>, make: () => Promise<unknown>): Promise<void> {
  try {
    await look;
  } catch (error) {
    if (!(error instanceof JetStreamApiError && MISSING.has(error.code))) throw error;
    await make();
  }
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds).unref());

import {
  type Consumer,
  type ConsumerInfo,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { millis, type NatsConnection } from '@nats-io/transport-node';
import { checkRunId, consumerName, consumerParts, TASK_STREAM, type WorkerClass } from '@spatile/proto/names';

/** A task from the queue, with the time after which silence hands it to somebody else. */
export interface Taken {
  message: JsMsg;
  ackWaitMs: number;
}

/** How long a pull waits at the broker: long where there is one run, short where several take turns. */
const ONE_RUN_MS = 10_000;
const TURN_MS = 1000;
/** How long the list of runs is believed. */
const LIST_MS = 3000;

/** A run's consumer; `waiting` is what it had when it was last looked at. */
interface Known {
  name: string;
  run: string;
  consumer: Consumer;
  ackWaitMs: number;
  waiting: number;
}

/**
 * Takes tasks off the queue, of one run or of all there are, these in turns so that a small run does not wait for a large one.
 * Runs of which something waits come before those of which nothing did a moment ago: a worker that waits at one of these is not
 * there for the others.
 * Every call pulls one message: a second one held in reserve would already count as in work.
 */
export class TaskSource {
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #workers: WorkerClass;
  readonly #run: string | null;
  #consumers: Known[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #turn = 0;

  private constructor(js: JetStreamClient, jsm: JetStreamManager, workers: WorkerClass, run: string | null) {
    this.#js = js;
    this.#jsm = jsm;
    this.#workers = workers;
    this.#run = run === null ? null : checkRunId(run);
  }

  /** @param run whose tasks; null for all. */
  static async open(
    connection: NatsConnection,
    workers: WorkerClass,
    run: string | null,
  ): Promise<TaskSource> {
    // A worker may not ask for the account: its rights are of its consumer alone.
    const jsm = await jetstreamManager(connection, { checkAPI: false });
    return new TaskSource(jetstream(connection), jsm, workers, run);
  }

  /**
   * The next task, or null when there was none for a while. Rejects with what the broker says; try again then.
   * @param leftOut whether tasks of a run are not wanted just now.
   */
  async next(leftOut: (run: string) => boolean): Promise<Taken | null> {
    if (performance.now() - this.#listedAt > LIST_MS) await this.#list();
    const wanted = this.#consumers.filter(({ run }) => !leftOut(run));
    if (wanted.length === 0) return null;
    const filled = wanted.filter(({ waiting }) => waiting > 0);
    const turns = filled.length > 0 ? filled : wanted;
    const chosen = turns[this.#turn++ % turns.length];
    const { consumer, ackWaitMs, name } = chosen;
    try {
      const message = await consumer.next({ expires: this.#consumers.length === 1 ? ONE_RUN_MS : TURN_MS });
      if (message === null) chosen.waiting = 0;
      return message === null ? null : { message, ackWaitMs };
    } catch (error) {
      this.#consumers = this.#consumers.filter((known) => known.name !== name);
      this.#listedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  async #list(): Promise<void> {
    const infos = this.#run === null ? await this.#all() : [{ name: consumerName(this.#run, this.#workers) }];
    const known = new Map(this.#consumers.map((entry) => [entry.name, entry]));
    this.#consumers = await Promise.all(
      infos.map(async ({ name, num_pending: waiting = 0 }: { name: string; num_pending?: number }) => {
        const before = known.get(name);
        if (before !== undefined) return { ...before, waiting };
        const consumer = await this.#js.consumers.get(TASK_STREAM, name);
        const { config } = await consumer.info(true);
        const ackWaitMs = millis(config.ack_wait ?? 0);
        return { name, run: consumerParts(name)!.run, consumer, ackWaitMs, waiting };
      }),
    );
    this.#listedAt = performance.now();
  }

  async #all(): Promise<ConsumerInfo[]> {
    const infos: ConsumerInfo[] = [];
    for await (const info of this.#jsm.consumers.list(TASK_STREAM))
      if (consumerParts(info.name)?.workers === this.#workers) infos.push(info);
    return infos.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

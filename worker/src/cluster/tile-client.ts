import { type ClientWritableStream, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { reached } from '@spatile/formats/failpoint';
import type { DoneMessage, WireError } from '@spatile/formats/tile/protocol';
import { services } from '@spatile/proto/definition';
import type { Attempt } from '@spatile/proto/generated/spatile/v1/Attempt';
import type { CommitChunk } from '@spatile/proto/generated/spatile/v1/CommitChunk';
import type { CommitReply__Output } from '@spatile/proto/generated/spatile/v1/CommitReply';
import type { TileDataClient } from '@spatile/proto/generated/spatile/v1/TileData';
import { callMetadata, channelCredentials, type Security } from '@spatile/proto/security';
import { sendAll } from '@spatile/proto/send';
import { tracedMetadata } from '@spatile/proto/tracing';
import { PayloadReader, pieces } from '@spatile/proto/transfer';
import { pause } from './abort.ts';

const UNARY_MS = 5000;
/** A payload may take this long, waiting for its turn at the coordinator included. */
const STREAM_MS = 300_000;
/** Tries of one call, and the longest wait between two of them, milliseconds. */
const MOST_TRIES = 8;
const LONGEST_WAIT_MS = 5000;

/** A worker that has to leave waits no longer than this for the coordinator to hear of it. */
const FAREWELL_MS = 2000;
/** Longest facts of an error that the contract lets through, characters. */
const MOST_FIELDS = 20_000;

/** What may be tried again on the same coordinator: it restarts, or the network does. */
const PASSING = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED, status.DATA_LOSS]);

/** An attempt, with the context of the trace to which a call about it belongs. */
export type TracedAttempt = Attempt & { trace?: string };

/**
 * The coordinator of one run, as a worker sees it. Calls that fail in passing are tried again, each time after a longer wait
 * with jitter. Errors: `CLUSTER` when it stays away or refuses, or when a call is ended by its signal.
 */
export class TileClient {
  readonly #client: TileDataClient;
  readonly #metadata: Metadata;
  readonly #address: string;

  constructor(address: string, security: Security) {
    this.#address = address;
    this.#metadata = callMetadata(security);
    this.#client = new (services().TileData)(address, channelCredentials(security), {
      'grpc.keepalive_time_ms': 20_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.enable_retries': 0,
      // Tiles go to the coordinator itself, whatever proxy the environment names.
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': LONGEST_WAIT_MS,
      // Tiles are large and come from the server: the default window of 64 KiB costs three quarters of the throughput.
      'grpc-node.flow_control_window': 8 * 1024 * 1024,
    });
  }

  async begin(attempt: TracedAttempt, signal?: AbortSignal): Promise<{ verdict: string; kind: string }> {
    return this.#again(
      () =>
        unary(
          (done) => this.#client.beginAttempt(attempt, this.#said(attempt), deadline(UNARY_MS), done),
          signal,
        ),
      signal,
    );
  }

  /** The input of a task; a broken stream is taken up where it broke. */
  async fetch(attempt: TracedAttempt, signal?: AbortSignal): Promise<Uint8Array> {
    let reader = new PayloadReader(`input of ${attempt.task}`);
    return this.#again(async () => {
      const call = this.#client.fetch(
        { attempt, offset: reader.received },
        this.#said(attempt),
        deadline(STREAM_MS),
      );
      const stop = (): void => call.cancel();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        for await (const chunk of call) reader.accept(chunk);
        return reader.finish().bytes;
      } catch (error) {
        call.cancel();
        // What is damaged is fetched from the start, what is merely cut off goes on.
        if (isDamage(error)) reader = new PayloadReader(`input of ${attempt.task}`);
        throw error;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    }, signal);
  }

  /** Gives a result; says what became of it. */
  async commit(attempt: TracedAttempt, done: DoneMessage, signal?: AbortSignal): Promise<string> {
    return this.#again(async () => {
      const { bytes, seconds, cpuSeconds, peakRssBytes, work } = done;
      let call: ClientWritableStream<CommitChunk> | null = null;
      const reply = unary<CommitReply__Output>((finish) => {
        call = this.#client.commit(this.#said(attempt), deadline(STREAM_MS), finish);
        return call;
      }, signal);
      const stream = call as unknown as ClientWritableStream<CommitChunk>;
      stream.on('error', () => undefined);
      const header = { attempt, seconds, cpuSeconds, peakRssBytes, work: { ...work } };
      // A refusal may come while pieces are still being written.
      const answered = reply.catch(() => undefined);
      await sendAll(stream, commitChunks(header, bytes), answered);
      if (reached('worker.mid-upload', attempt.task)) await dieOnTheWay();
      stream.end();
      return (await reply).verdict;
    }, signal);
  }

  /** @param memory in use, as a share of what there may be. */
  async beat(attempt: Attempt, fraction: number, memory = 0): Promise<string> {
    const { verdict } = await unary<{ verdict: string }>((done) =>
      this.#client.heartbeat({ attempt, fraction, memory }, this.#metadata, deadline(UNARY_MS), done),
    );
    return verdict;
  }

  /** Tells that there will be no result; a worker that has to leave waits for no second try. */
  async fail(attempt: Attempt, error: WireError, preempted: boolean): Promise<void> {
    const { code, message, retryable, stack } = error;
    const known = JSON.stringify(error.fields);
    // Facts cannot be cut in the middle; the sentence has what matters.
    const fields = known.length > MOST_FIELDS ? '{}' : known;
    const report = { attempt, code, retryable, preempted, fields };
    const texts = { message: message.slice(0, 4000), stack: stack.slice(0, 20_000) };
    const limit = preempted ? FAREWELL_MS : UNARY_MS;
    await this.#again(
      () =>
        unary((done) =>
          this.#client.reportFailure({ ...report, ...texts }, this.#metadata, deadline(limit), done),
        ),
      undefined,
      preempted ? 1 : MOST_TRIES,
    );
  }

  close(): void {
    this.#client.close();
  }

  #said({ trace }: TracedAttempt): Metadata {
    return tracedMetadata(this.#metadata, trace);
  }

  async #again<T>(call: () => Promise<T>, signal?: AbortSignal, mostTries = MOST_TRIES): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (!isDamage(error) && !PASSING.has((error as ServiceError).code))
          throw this.#refused(error as ServiceError);
        if (tries >= mostTries || signal?.aborted) throw this.#refused(error as ServiceError);
        // Full jitter, so that a thousand workers do not come back at once. Decides nothing of any result.
        await pause(jitter(Math.min(LONGEST_WAIT_MS, 200 * 2 ** tries)), signal);
      }
    }
  }

  #refused(error: ServiceError): SpatileError {
    return new SpatileError(
      'CLUSTER',
      `${this.#address}: ${error.details ?? error.message}; expected the coordinator of the run; check that it runs and that this machine may reach it`,
      { cause: error, fields: { status: error.code } },
    );
  }
}

/** A result as messages, the first with the header. */
function* commitChunks(header: CommitChunk['header'], bytes: Uint8Array): Generator<CommitChunk> {
  let first = true;
  for (const chunk of pieces(bytes)) {
    yield { header: first ? header : null, chunk };
    first = false;
  }
}

/** Ends this process (a failpoint) when what was written has left it. */
async function dieOnTheWay(): Promise<void> {
  await pause(200);
  process.kill(process.pid, 'SIGKILL');
}

const isDamage = (error: unknown): boolean =>
  error instanceof SpatileError && error.code === 'DAMAGED_TRANSFER';

const deadline = (milliseconds: number): { deadline: number } => ({ deadline: Date.now() + milliseconds });

function unary<T>(
  call: (done: (error: ServiceError | null, reply?: T) => void) => { cancel: () => void },
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const running = call((error, reply) => {
      signal?.removeEventListener('abort', stop);
      if (error === null) resolve(reply!);
      else reject(error);
    });
    const stop = (): void => running.cancel();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}

/** Somewhere below `most`, by the clock: the house has no `Math.random`, and this needs no better. */
const jitter = (most: number): number =>
  Number(process.hrtime.bigint() % BigInt(Math.max(1, Math.round(most))));

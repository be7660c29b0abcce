import { createHash } from 'node:crypto';
import type { Metadata, ServerReadableStream, ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { frameDigest } from '@spatile/formats/tile/frame';
import type { Work } from '@spatile/formats/tile/work';
import { ChunkMemory, type EncodedChunk, encodedChunks } from '@spatile/proto/encoded-chunks';
import type { CommitChunk__Output } from '@spatile/proto/generated/spatile/v1/CommitChunk';
import type { FetchRequest__Output } from '@spatile/proto/generated/spatile/v1/FetchRequest';
import type { TileDataHandlers } from '@spatile/proto/generated/spatile/v1/TileData';
import { checkToken, serviceError } from '@spatile/proto/guard';
import { checked } from '@spatile/proto/messages';
import { sendAll } from '@spatile/proto/send';
import { callTraceparent, NO_TRACER, type Tracer } from '@spatile/proto/tracing';
import { PayloadReader } from '@spatile/proto/transfer';
import pLimit from 'p-limit';
import type { CommitVerdict, TaskBook } from './task-book.ts';

/** Payloads that are held at once, of each direction: bounds the memory of the coordinator. */
const PAYLOADS_AT_ONCE = 8;
/** Longest time in which a worker may take nothing of what is sent to it, or send nothing of what it gives, milliseconds. */
const STALL_MS = 60_000;

/**
 * Of all bytes, where two workers have to give the same ones. Else what a frame says of itself, pieces included, and the CRC-32 of
 * what came: enough to notice chance, and whoever reads a frame that lies about itself finds out.
 */
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A call that is answered with chunks as they are encoded here. */
type FetchCall = ServerWritableStream<FetchRequest__Output, EncodedChunk>;

/** What the service tells of itself, for pages and metrics. */
export interface Transfers {
  fetched: number;
  fetchedBytes: number;
  committed: number;
  committedBytes: number;
  refused: number;
  /** Of payloads that are being sent, and what has come of those that are being received. */
  inFlightBytes: number;
}

export interface TileService {
  handlers: TileDataHandlers;
  transfers: Readonly<Transfers>;
}

/**
 * The service from which workers get tiles and to which they give results. Every call says who it is before anything of it is
 * read; a worker sees and writes only tasks it has begun.
 * @param token the secret that every call must carry; null on a machine of one's own.
 * @param tracer gets a span for each payload, below that of the worker.
 * @param stallMs longest time in which a worker may take nothing of a tile, or send nothing of a result.
 */
export function tileService(
  book: TaskBook,
  token: string | null,
  stallMs = STALL_MS,
  tracer: Tracer = NO_TRACER,
): TileService {
  const none = { fetched: 0, fetchedBytes: 0, committed: 0, committedBytes: 0, refused: 0 };
  const transfers: Transfers = { ...none, inFlightBytes: 0 };
  const fetches = pLimit(PAYLOADS_AT_ONCE);
  const commits = pLimit(PAYLOADS_AT_ONCE);
  const memory = new ChunkMemory();
  const guard = (metadata: Metadata): void => {
    try {
      checkToken(metadata, token);
    } catch (error) {
      transfers.refused++;
      throw error;
    }
  };

  const fetch = async (call: FetchCall): Promise<void> => {
    guard(call.metadata);
    const { attempt, offset } = checked('fetch', call.request);
    await traced(tracer, call.metadata, 'serve input', () =>
      fetches(async () => {
        if (call.cancelled) return;
        const payload = await book.input(attempt);
        if (offset > payload.length)
          throw new SpatileError(
            'CLUSTER',
            `task ${attempt.task}: no byte ${offset} of ${payload.length}; fetch it from the start`,
          );
        const length = payload.length - offset;
        transfers.inFlightBytes += length;
        await sent(call, encodedChunks(payload, offset, memory), stallMs).finally(() => {
          transfers.inFlightBytes -= length;
        });
        if (call.cancelled) return;
        transfers.fetched++;
        transfers.fetchedBytes += length;
      }),
    );
    call.end();
  };

  const commit = async (call: ServerReadableStream<CommitChunk__Output, unknown>): Promise<CommitVerdict> => {
    guard(call.metadata);
    return traced(tracer, call.metadata, 'store result', () =>
      commits(async () => {
        let header: ReturnType<typeof checked<'commit'>> | null = null;
        const reader = new PayloadReader('result');
        const stall = setTimeout(() => call.destroy(silent(stallMs)), stallMs);
        try {
          for await (const message of call as AsyncIterable<CommitChunk__Output>) {
            stall.refresh();
            if (message.header !== null) header = checked('commit', message.header);
            // Nothing is kept of somebody who may not give it.
            if (header === null || !book.mayCommit(header.attempt)) return 'CLOSED';
            if (message.chunk === null) continue;
            reader.accept(message.chunk);
            transfers.inFlightBytes += message.chunk.data.length;
          }
        } finally {
          clearTimeout(stall);
          transfers.inFlightBytes -= reader.received;
        }
        if (header === null)
          throw new SpatileError('CLUSTER', 'commit message: no header; expected it with the first piece');
        const { attempt, seconds, cpuSeconds, peakRssBytes, work } = header;
        const { bytes, sum } = reader.finish();
        const digest = book.verifies(attempt.task) ? sha256(bytes) : `${frameDigest(bytes)}-${sum}`;
        const verdict = await book.commit(attempt, digest, {
          bytes,
          seconds,
          cpuSeconds,
          peakRssBytes,
          work: work as Work,
        });
        transfers.committed++;
        transfers.committedBytes += bytes.length;
        return verdict;
      }),
    );
  };

  return {
    transfers,
    handlers: {
      BeginAttempt: (call, reply) =>
        answer(reply, () => {
          guard(call.metadata);
          return book.begin(checked('attempt', call.request));
        }),
      Heartbeat: (call, reply) =>
        answer(reply, () => {
          guard(call.metadata);
          const { attempt, fraction, memory } = checked('heartbeat', call.request);
          return { verdict: book.beat(attempt, fraction, memory) };
        }),
      ReportFailure: (call, reply) =>
        answer(reply, () => {
          guard(call.metadata);
          const { attempt, code, message, retryable, preempted, stack, fields } = checked(
            'failure',
            call.request,
          );
          book.fail(attempt, { code, message, retryable, stack, fields: record(fields) }, preempted);
          return {};
        }),
      Fetch: (call) => {
        // A worker that goes away is no error of the coordinator.
        call.on('error', () => undefined);
        fetch(call as unknown as FetchCall).catch((error) => call.emit('error', serviceError(error)));
      },
      Commit: (call, reply) => {
        call.on('error', () => undefined);
        commit(call).then(
          (verdict) => reply(null, { verdict }),
          (error) => reply(serviceError(error)),
        );
      },
    },
  };
}

async function traced<T>(
  tracer: Tracer,
  metadata: Metadata,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer.span(name, callTraceparent(metadata));
  try {
    const value = await work();
    span.end();
    return value;
  } catch (error) {
    span.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function answer<T>(reply: (error: ServiceError | null, value?: T) => void, make: () => T): void {
  let value: T;
  try {
    value = make();
  } catch (error) {
    reply(serviceError(error));
    return;
  }
  reply(null, value);
}

/** Sends the pieces of a payload, until the worker goes away. Rejects when it takes nothing for too long. */
async function sent(call: FetchCall, all: AsyncIterable<EncodedChunk>, stallMs: number): Promise<void> {
  let stall: NodeJS.Timeout | undefined;
  const gone = new Promise<void>((resolve, reject) => {
    for (const event of ['close', 'cancelled']) call.once(event, resolve);
    stall = setTimeout(() => reject(stuck(stallMs)), stallMs);
  });
  try {
    if (!call.cancelled) await sendAll(call, all, gone, () => stall?.refresh());
  } finally {
    clearTimeout(stall);
  }
}

const stuck = (milliseconds: number): SpatileError =>
  new SpatileError(
    'DAMAGED_TRANSFER',
    `tile: nothing was taken for ${milliseconds / 1000} s; expected the worker to read it; it is tried again, and if that does not help check the network`,
    { retryable: true },
  );

const silent = (milliseconds: number): SpatileError =>
  new SpatileError(
    'DAMAGED_TRANSFER',
    `result: nothing came for ${milliseconds / 1000} s; expected its next piece; it is tried again, and if that does not help check the network`,
    { retryable: true },
  );

function record(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

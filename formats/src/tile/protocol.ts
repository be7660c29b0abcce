import type { Work } from './work.ts';

/**
 * The messages between the coordinator and a worker process (Node's IPC channel, `serialization: 'advanced'`).
 *
 * A payload larger than `CHUNK_BYTES` crosses as `chunk` messages followed by its `task` or `done` message, which carries
 * the last piece: whoever receives them puts the pieces back together with a `PayloadAssembler`. Every message waits for
 * the one before it to be handed to the channel, so that at most one piece is in memory twice.
 */

/** Largest piece of a payload in one message. */
export const CHUNK_BYTES = 8 * 1024 * 1024;
/** Shortest time between two `progress` messages of one worker. */
export const PROGRESS_INTERVAL_MS = 200;

export interface ChunkMessage {
  type: 'chunk';
  task: string;
  attempt: number;
  bytes: Uint8Array;
}

export interface TaskMessage {
  type: 'task';
  attempt: number;
  task: string;
  /** Name of the handler, such as `assign.expand`. */
  kind: string;
  /** An encoded frame (`frame.ts`). */
  bytes: Uint8Array;
}

export interface StopMessage {
  type: 'stop';
}

export type ToWorker = TaskMessage | ChunkMessage | StopMessage;

export interface ReadyMessage {
  type: 'ready';
  pid: number;
}

export interface ProgressMessage {
  type: 'progress';
  task: string;
  attempt: number;
  /** In [0, 1]. */
  fraction: number;
}

export interface DoneMessage {
  type: 'done';
  task: string;
  attempt: number;
  /** An encoded frame. */
  bytes: Uint8Array;
  /** Wall and processor time of decoding, computing and encoding. */
  seconds: number;
  cpuSeconds: number;
  /** Largest resident set of the worker process so far, over all its tasks. */
  peakRssBytes: number;
  /** What the task took, counted; `inputBytes` and `resultBytes` are the sizes of the two frames. */
  work: Work;
}

/** A `SpatileError` (or any other error, as `INTERNAL`) as plain data. */
export interface WireError {
  code: string;
  message: string;
  fields: Record<string, unknown>;
  retryable: boolean;
  stack: string;
}

export interface FailedMessage {
  type: 'failed';
  task: string;
  attempt: number;
  error: WireError;
}

export type FromWorker = ReadyMessage | ProgressMessage | DoneMessage | FailedMessage | ChunkMessage;

/** What `sendMessage` needs of `process` or of a `ChildProcess`. */
export interface Channel {
  send?(
    message: unknown,
    handle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean;
}

function sendOne(channel: Channel, message: ToWorker | FromWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    if (channel.send === undefined) {
      reject(new Error('the channel is closed'));
      return;
    }
    channel.send(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Sends a message, cut into pieces when its payload is large, each after the one before has left.
 * Rejects when the channel closes on the way (the plain error of the channel).
 */
export async function sendMessage(channel: Channel, message: ToWorker | FromWorker): Promise<void> {
  if (message.type !== 'task' && message.type !== 'done') return sendOne(channel, message);
  const { task, attempt, bytes } = message;
  let offset = 0;
  for (; bytes.length - offset > CHUNK_BYTES; offset += CHUNK_BYTES) {
    await sendOne(channel, {
      type: 'chunk',
      task,
      attempt,
      bytes: bytes.subarray(offset, offset + CHUNK_BYTES),
    });
  }
  await sendOne(channel, { ...message, bytes: bytes.subarray(offset) });
}

/** Puts the pieces of one peer's payloads back together. */
export class PayloadAssembler {
  readonly #pieces = new Map<string, Uint8Array[]>();

  /**
   * Takes the next message of the peer. Gives null for a piece that is not the last, the message with its whole payload
   * for a `task` or `done`, and every other message as it is. Payloads are fresh memory that starts aligned, as column views need.
   */
  accept<M extends ToWorker | FromWorker>(message: M): Exclude<M, ChunkMessage> | null {
    if (message.type !== 'chunk' && message.type !== 'task' && message.type !== 'done') {
      if (message.type === 'failed') this.#pieces.delete(`${message.attempt} ${message.task}`);
      return message as Exclude<M, ChunkMessage>;
    }
    const key = `${message.attempt} ${message.task}`;
    const pieces = this.#pieces.get(key) ?? [];
    pieces.push(message.bytes);
    if (message.type === 'chunk') {
      this.#pieces.set(key, pieces);
      return null;
    }
    this.#pieces.delete(key);
    return { ...message, bytes: joined(pieces) } as unknown as Exclude<M, ChunkMessage>;
  }
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    out.set(piece, offset);
    offset += piece.length;
  }
  return out;
}

import type { SpatileError } from '@spatile/formats/errors';
import type { DoneMessage, WireError } from '@spatile/formats/tile/protocol';
import type { Payload } from '@spatile/proto/payload';

/** A computed result and what it took. */
export type DoneReport = Pick<
  DoneMessage,
  'task' | 'attempt' | 'bytes' | 'seconds' | 'cpuSeconds' | 'peakRssBytes' | 'work'
>;

export type PoolEvent =
  | { type: 'ready'; worker: number }
  | { type: 'lost'; worker: number; reason: string; outOfMemory: boolean }
  | { type: 'progress'; worker: number; task: string; fraction: number }
  /** Somebody has taken a task; told by a pool whose slots are not workers. */
  | { type: 'begun'; task: string; by: string; waitedSeconds?: number }
  | ({
      type: 'done';
      worker: number;
      /** Who computed it, where slots are not workers. */
      by?: string;
      /** Hears how the commit ended: null when the result is stored, else why it is not. */
      settled?: (error: unknown) => void;
    } & DoneReport)
  | { type: 'failed'; worker: number; task: string; attempt: number; error: WireError }
  /**
   * How full a queue is, what went through and is on its way, for how long the most silent of the workers with a task has said
   * nothing, and how many tasks were published again because the queue had lost them; told now and then.
   */
  | {
      type: 'queue';
      waiting: number;
      inWork: number;
      fetchedBytes: number;
      committedBytes: number;
      refused: number;
      silentSeconds: number;
      inFlightBytes: number;
      republished: number;
    }
  /** Whether a broker answers, and how often it came back so far; told when that changes. */
  | { type: 'broker'; connected: boolean; reconnects: number }
  /** Something that a person should know; the work goes on. */
  | { type: 'warning'; message: string }
  /** Something that no further try can mend: the run ends with it. */
  | {
      type: 'broken';
      error: SpatileError;
      /** The task of which two workers gave different results. */
      different?: string;
    };

/**
 * Where the tasks of a round are computed: processes of this machine, or workers of a cluster. A pool has slots called
 * workers, says through its listener when one is free, and what came of the task that was sent to it.
 */
export interface TaskPool {
  /** Adds a slot; `ready` follows. */
  start(): void;
  /**
   * Hands a task to a slot. The input is made when it is wanted: at once for a process of this machine, when a worker asks
   * for it in a cluster, and there perhaps more than once. What goes wrong later is reported, not thrown here.
   * @param trace context of the trace to which the task belongs; absent when nothing is traced.
   * @param weight relative cost among tasks of its kind; 1 when absent.
   */
  send(
    worker: number,
    task: string,
    attempt: number,
    kind: string,
    input: () => Promise<Payload>,
    trace?: string,
    weight?: number,
  ): Promise<void>;
  /** Ends what was started. */
  close(force?: boolean): Promise<void>;
}

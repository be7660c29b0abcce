import type { Finding, Platform } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import type { RectUm } from '@spatile/formats/space';
import type { WorkerClass } from '@spatile/proto/names';
import type { RunWork } from './run/work.ts';

/** What the command line (and later gRPC) calls, and what it gets back. Everything here is plain data. */

export interface RunOptions {
  /** Bundle folder or file. */
  bundle: string;
  /** The Zarr to write; the run directory lies beside it (`sample.zarr` -> `sample.run`). */
  output: string;
  config: RunConfig;
  workers: number;
  /** Xenium Explorer selection (CSV) or GeoJSON; only what lies inside is worked on. */
  crop: { path: string; unit: 'um' | 'px' } | null;
  /** Report file; null = `sample.report.html` beside the output. */
  report: string | null;
  /** new: refuse when output or run directory exist; resume: go on with the run directory; overwrite: remove both first. */
  mode: 'new' | 'resume' | 'overwrite';
  progress: (event: ProgressEvent) => void;
  signal: AbortSignal;
  /** The cluster that computes; worker processes of this machine when null or absent. */
  cluster?: ClusterRunOptions | null;
  /** Hears what becomes of single tasks; nobody does when absent. */
  tasks?: (event: TaskEvent) => void;
  /** Tests only: order in which ready tasks are handed out. */
  taskOrder?: 'heaviest' | 'lightest';
}

/** A run whose tiles are computed by the workers of a cluster. */
export interface ClusterRunOptions {
  /** Of the broker, such as `nats://127.0.0.1:4222`. */
  nats: string;
  /** NATS credentials file; null without one. */
  natsCredentials: string | null;
  /** Host and port on which this coordinator serves workers; port 0 takes a free one. */
  listen: string;
  /** Host and port under which workers reach it; null when that is where it listens. */
  advertise: string | null;
  /** PEM files and the file with the shared secret; null for those that are not used. */
  security: { ca: string | null; cert: string | null; key: string | null; token: string | null };
  /** A task whose worker is silent for so long goes to another, milliseconds. */
  ackWaitMs: number;
  /** How often plan and queue are compared, milliseconds. */
  reconcileMs: number;
  /** Classes of workers that the cluster has: `cpu`, and others. */
  classes: readonly WorkerClass[];
  /** Idle workers try a task as well that takes longer than this, and than others of its kind; null for never. */
  stragglerMs: number | null;
  /** Share of the tasks, in [0, 1], whose results count only when two workers give the same. */
  verify: number;
  /** Hears under which name the run is known to the cluster, and where workers reach it. */
  ready: (run: string, address: string) => void;
}

export type ProgressEvent =
  /** A new step of the run began, such as `scan`, `partition`, `assign-fit`, `assign`, `assign-border-1`, `write`. `total` tasks (or rows) when known. */
  | {
      kind: 'step';
      step: string;
      label: string;
      total: number | null;
      unit: 'tiles' | 'transcripts' | 'files' | null;
    }
  /** `done` of the step's total; `transcripts` worked on in this step so far. */
  | { kind: 'advance'; step: string; done: number; transcripts: number }
  | { kind: 'step-end'; step: string; seconds: number }
  | { kind: 'warning'; message: string };

/** What becomes of single tasks, for pages and metrics. A task is named by its key within a step. */
export type TaskEvent =
  /** The tasks of a step that begins, in pieces when there are many; `areaUm` is `[x0, y0, x1, y1]`, `done` what was there already. */
  | {
      kind: 'tasks';
      step: string;
      first: boolean;
      tasks: {
        task: string;
        round: string;
        tile: string;
        areaUm: readonly [number, number, number, number] | null;
        done: boolean;
      }[];
    }
  | {
      kind: 'task';
      step: string;
      task: string;
      round: string;
      state: 'running';
      worker: string;
      /** How long it had waited on the queue of a cluster. */
      waitedSeconds?: number;
    }
  | {
      kind: 'task';
      step: string;
      task: string;
      round: string;
      state: 'done';
      worker: string;
      seconds: number;
      cpuSeconds: number;
      peakRssBytes: number;
      transcripts: number;
      /** Of storing the result. */
      commitSeconds: number;
    }
  | {
      kind: 'task';
      step: string;
      task: string;
      round: string;
      state: 'retried' | 'failed';
      worker: string;
      error: string;
    }
  /**
   * The queue of a cluster, the longest silence of a worker with a task, what has gone to and come from its workers so far and what
   * is on its way, bytes, and how many tasks the queue had lost so far.
   */
  | {
      kind: 'queue';
      waiting: number;
      inWork: number;
      fetchedBytes: number;
      committedBytes: number;
      refused: number;
      silentSeconds: number;
      inFlightBytes: number;
      republished: number;
    }
  /** Whether the broker of a cluster answers the coordinator, and how often it came back so far. */
  | { kind: 'broker'; connected: boolean; reconnects: number }
  /** Two workers gave different results of a task: the run ends. */
  | { kind: 'different'; step: string; task: string; round: string }
  /** Workers ran out of memory on a tile: it is cut and the slide assigned anew. */
  | { kind: 'plan-revised'; round: string; tile: string }
  /** The name under which a cluster knows the run. */
  | { kind: 'cluster'; run: string; address: string };

export interface RunSummary {
  output: string;
  runDirectory: string;
  report: string;
  method: string;
  cells: number;
  /** Rows of the input; kept after the filters; of these assigned to a cell. */
  transcripts: {
    input: number;
    kept: number;
    assigned: number;
    controls: number;
    filtered: Record<string, number>;
  };
  tiles: number;
  seconds: number;
  warnings: string[];
  /** SHA-256 over all files of the Zarr (sorted path, content). */
  digest: string;
  /** Whether the chains of the tiles have settled; null for methods without chains. */
  convergence: { tiles: number; unsettled: string[]; verdict: string } | null;
  /** What the run took, counted. */
  work: RunWork;
}

export interface InspectSummary {
  platform: Platform;
  version: string | null;
  name: string;
  transcripts: { rows: number; kept: number; filtered: Record<string, number> };
  genes: number;
  controls: Record<string, number>;
  extentUm: RectUm;
  priors: { kind: string; origin: string }[];
  images: { name: string; channels: string[]; widthPx: number; heightPx: number; pixelSizeUm: number }[];
  plan: {
    tiles: number;
    haloUm: number;
    method: string;
    workerMemoryBytes: number;
    coordinatorMemoryBytes: number;
    largestTileTranscripts: number;
  };
  findings: Finding[];
}

export interface StatusSummary {
  runDirectory: string;
  state: 'running-or-killed' | 'finished';
  /** Results committed of each round begun; `total` is null where the plan does not tell it. */
  rounds: { round: string; done: number; total: number | null }[];
  output: string;
}

export interface TileSummary {
  tile: string;
  round: string;
  /** Digest of the recomputed result, and whether it equals the stored one (null: none stored). */
  digest: string;
  equal: boolean | null;
  seconds: number;
}

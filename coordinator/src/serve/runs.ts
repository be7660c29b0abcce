import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveConfig } from '@spatile/formats/config/load';
import { SpatileError } from '@spatile/formats/errors';
import { isSameBroker, withoutSecret } from '@spatile/proto/broker';
import type { RunInfo } from '@spatile/proto/generated/spatile/v1/RunInfo';
import type { ProgressEvent, TaskEvent } from '../api.ts';
import { runDirectoryFor } from '../run/directory.ts';
import { endLeftOver, LONGEST_LINE, type RunListener, RunProcess } from './run-process.ts';
import { hasEnded, type RunRecord, RunRecords } from './run-record.ts';
import { servedConfig, servedPath } from './served-paths.ts';
import { TaskBoard } from './task-board.ts';

export interface RunsOptions {
  /** Folder in which the server keeps what it knows. */
  state: string;
  /** Folders below which submitters may name files. */
  roots: readonly string[];
  /** Runs that go on at once; others wait. */
  atOnce: number;
  /** The program, and what every run is started with beside its own arguments. */
  program: readonly string[];
  /** The broker on whose workers runs are computed; null or absent where each run has processes of its own. */
  cluster?: string | null;
  /** Hears what went wrong with the server itself. */
  warn: (text: string) => void;
}

export interface Submission {
  bundle: string;
  output: string;
  config: string;
  set: string[];
  resume: boolean;
  overwrite: boolean;
  /** The broker it is to be computed on; any when empty or absent. */
  cluster?: string;
  crop?: string;
  cropUnit?: '' | 'um' | 'px';
  report?: string;
  /** Most workers of each kind that are made for it; 0 or absent: as many as the server makes by itself. */
  mostWorkers?: number;
}

/** Progress events kept of a run, for those who begin to watch later. */
const KEPT_EVENTS = 200;
/** Runs whose tiles are known: those that go on, and so many of the latest. */
const KEPT_BOARDS = 20;
/** Runs that a list shows. */
const LISTED_RUNS = 500;
/** The largest configuration that a run reads, bytes; see `resolveConfig`. */
const LARGEST_CONFIG = 2 ** 20;
/** How long `cancel` waits for the process of the run, milliseconds; less than its callers wait. */
const CANCEL_MS = 20_000;
/** Most of a sentence that says why a run failed, characters. */
const LONGEST_ERROR = 2000;

interface Live {
  record: RunRecord;
  child: RunProcess | null;
  events: ProgressEvent[];
  board: TaskBoard | null;
  /** Context of the trace of whoever submitted it; not kept when the server is restarted. */
  trace: string | null;
  step: string;
  done: number;
  total: number;
}

/** Says `progress` (run, event), `task` (run, event) and `changed` (run). */
export interface RunsEvents {
  progress: [string, ProgressEvent];
  task: [string, TaskEvent];
  changed: [string];
}

/**
 * The runs of a server: each is a process of its own, so that one that dies takes no other with it, and the server can be
 * restarted without losing any. What it knows of them lies in files.
 */
export class Runs extends EventEmitter<RunsEvents> {
  readonly #options: RunsOptions;
  readonly #roots: string[];
  readonly #records: RunRecords;
  readonly #runs = new Map<string, Live>();
  /** Run directories of submissions that are being looked at. */
  readonly #reserved = new Set<string>();
  readonly #starting = new Set<Promise<void>>();
  #started = false;
  #closing = false;

  private constructor(options: RunsOptions, roots: string[]) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#roots = roots;
    this.#records = new RunRecords(join(options.state, 'runs'));
  }

  /** Opens what an earlier server knew; nothing runs before `start`. */
  static async open(options: RunsOptions): Promise<Runs> {
    await mkdir(join(options.state, 'runs'), { recursive: true });
    const runs = new Runs(options, await Promise.all(options.roots.map((root) => realpath(root))));
    for (const record of await runs.#records.read(options.warn)) runs.#runs.set(record.id, live(record));
    return runs;
  }

  /** Begins to carry out runs: those that an earlier server was at go on, those that waited come after them. */
  async start(): Promise<void> {
    const left = [...this.#runs.values()].filter(({ record }) => record.process !== null);
    await Promise.all(left.map(({ record }) => endLeftOver(record.process!)));
    for (const run of this.#runs.values()) {
      if (run.record.state === 'RUNNING')
        await this.#change(run, { state: 'WAITING', mode: 'resume', process: null });
      else if (run.record.process !== null) await this.#change(run, { process: null });
    }
    this.#started = true;
    this.#startWaiting();
  }

  /**
   * Takes a run in. Errors: `USAGE` for paths outside of what is served, `OUTPUT_EXISTS` for an output that another run
   * writes, `INTERRUPTED` while the server is being stopped, and what a wrong configuration gives.
   * @param trace context of the trace to which the run belongs.
   */
  async submit(submission: Submission, trace: string | null = null): Promise<RunInfo> {
    this.#refuseWhenClosing();
    const bundle = await servedPath(submission.bundle, this.#roots);
    const output = await servedPath(submission.output, this.#roots);
    const directory = await servedPath(runDirectoryFor(output), this.#roots);
    this.#refuseOtherCluster(submission.cluster ?? '');
    const more = await this.#servedArguments(submission);
    this.#refuseTaken(output, directory);
    this.#reserved.add(directory);
    const id = newId();
    try {
      await this.#writeConfig(id, submission, bundle);
      const mode = submission.resume ? 'resume' : submission.overwrite ? 'overwrite' : 'new';
      const submitted = new Date().toISOString();
      const record: RunRecord = {
        ...{ id, state: 'WAITING', bundle, output, mode, submitted },
        ...{ more, mostWorkers: submission.mostWorkers ?? 0 },
        ...{ error: '', errorCode: '', summary: '', process: null },
      };
      await this.#records.keep(record);
      this.#refuseWhenClosing();
      this.#runs.set(id, { ...live(record), trace });
    } catch (error) {
      await this.#records.remove(id).catch((reason) => this.#warn(id, reason));
      throw error;
    } finally {
      this.#reserved.delete(directory);
    }
    this.#startWaiting();
    return this.get(id);
  }

  /** Errors: `USAGE` for a run that is not known. */
  get(id: string): RunInfo {
    const { record, step, done, total } = this.#known(id);
    const { state, bundle, output, submitted, error, errorCode, summary } = record;
    return { id, state, bundle, output, submitted, error, errorCode, summary, step, done, total };
  }

  /** The latest runs, newest first, without their summaries. */
  list(): RunInfo[] {
    return [...this.#runs.keys()]
      .slice(-LISTED_RUNS)
      .reverse()
      .map((id) => ({ ...this.get(id), summary: '' }));
  }

  /** How many runs are in each state. */
  states(): Record<RunRecord['state'], number> {
    const states = { WAITING: 0, RUNNING: 0, FINISHED: 0, FAILED: 0, CANCELLED: 0 };
    for (const { record } of this.#runs.values()) states[record.state]++;
    return states;
  }

  /** What a run has said lately. */
  events(id: string): readonly ProgressEvent[] {
    return this.#known(id).events;
  }

  /** What is known of the tiles of a run; null before it has any, of one that is long over, and of one that is not known. */
  board(id: string): TaskBoard | null {
    return this.#runs.get(id)?.board ?? null;
  }

  /** The tiles of the runs that go on. */
  activeBoards(): TaskBoard[] {
    return [...this.#runs.values()].flatMap(({ child, board }) =>
      child !== null && board !== null ? [board] : [],
    );
  }

  /** Whether a run is over and its process gone. */
  ended(id: string): boolean {
    const { record, child } = this.#known(id);
    return hasEnded(record) && child === null;
  }

  /** Whether a run waits or goes on; false for one that is not known. */
  isOpen(id: string): boolean {
    const run = this.#runs.get(id);
    return run !== undefined && !hasEnded(run.record);
  }

  /** What its submitter has to say of the workers of a run: memory of each, bytes, and how many at most (0: nothing). */
  async workersOf(id: string): Promise<{ memoryBytes: number; mostWorkers: number }> {
    const { plan } = await resolveConfig({ file: this.#records.config(id) });
    return { memoryBytes: plan.memoryPerWorker, mostWorkers: this.#known(id).record.mostWorkers };
  }

  /** Stops a run and waits for its process; what is finished of it stays. One that has ended stays as it is. */
  async cancel(id: string): Promise<RunInfo> {
    const run = this.#known(id);
    if (!hasEnded(run.record)) {
      const kept = this.#change(run, { state: 'CANCELLED' });
      run.child?.stop();
      await kept;
      this.#startWaiting();
      await this.#gone(run, CANCEL_MS);
    }
    return this.get(id);
  }

  /** Stops all runs so that the next server can go on with them. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#starting);
    const running = [...this.#runs.values()].filter(({ child }) => child !== null);
    for (const { child } of running) child?.stop();
    await Promise.all(running.map((run) => this.#gone(run)));
    await this.#records.settled();
  }

  #known(id: string): Live {
    const run = this.#runs.get(id);
    if (run === undefined)
      throw new SpatileError(
        'USAGE',
        `run ${id}: not known to this server; see spatile list for those that are`,
      );
    return run;
  }

  #refuseWhenClosing(): void {
    if (this.#closing)
      throw new SpatileError(
        'INTERRUPTED',
        'the server is being stopped; expected one that takes runs; submit the run again when it is back',
      );
  }

  /** Two outputs may share a run directory (a.zarr and a), so that is what counts. */
  #refuseTaken(output: string, directory: string): void {
    const isTaken =
      this.#reserved.has(directory) ||
      [...this.#runs.values()].some(
        ({ record, child }) =>
          (!hasEnded(record) || child !== null) && runDirectoryFor(record.output) === directory,
      );
    if (isTaken)
      throw new SpatileError(
        'OUTPUT_EXISTS',
        `${output}: another run is writing it; wait for that or choose another name`,
      );
  }

  #refuseOtherCluster(wanted: string): void {
    const { cluster = null } = this.#options;
    if (wanted === '' || (cluster !== null && isSameBroker(wanted, cluster))) return;
    throw new SpatileError(
      'USAGE',
      `--cluster: this server computes ${cluster === null ? 'without a cluster' : 'on another broker, or knows it by another name'} (${withoutSecret(wanted)}); expected the one it was started with; leave --cluster out to take what the server has`,
    );
  }

  /** Arguments of a run beside its configuration, with the real paths of their files. */
  async #servedArguments({ crop = '', cropUnit = '', report = '' }: Submission): Promise<string[]> {
    const more: string[] = [];
    if (crop !== '') more.push('--crop', await servedPath(crop, this.#roots));
    if (crop !== '' && cropUnit !== '') more.push('--crop-unit', cropUnit);
    if (report !== '') more.push('--report', await servedPath(report, this.#roots));
    return more;
  }

  /** Writes the whole configuration of a run, with the real paths of its files. */
  async #writeConfig(id: string, { config, set }: Submission, bundle: string): Promise<void> {
    const file = this.#records.config(id);
    await writeFile(file, config);
    const resolved = await resolveConfig({ file: config === '' ? undefined : file, set, overrides: [] });
    // JSON is YAML.
    await writeFile(file, `${JSON.stringify(await servedConfig(resolved, bundle, this.#roots))}\n`);
    const { size } = await stat(file);
    if (size > LARGEST_CONFIG)
      throw new SpatileError(
        'USAGE',
        `the configuration of the run is too long (${size} bytes with all defaults); expected at most 1 MiB; shorten its lists`,
      );
  }

  #startWaiting(): void {
    if (!this.#started || this.#closing) return;
    const all = [...this.#runs.values()];
    const busy = all.filter(({ record, child }) => child !== null || record.state === 'RUNNING').length;
    const waiting = all.filter(({ record }) => record.state === 'WAITING');
    for (const run of waiting.slice(0, Math.max(0, this.#options.atOnce - busy))) {
      const begun = this.#start(run).finally(() => this.#starting.delete(begun));
      this.#starting.add(begun);
    }
  }

  /** Never rejects. The state is kept before the process begins: a server that dies in between must not start it anew. */
  async #start(run: Live): Promise<void> {
    const { id, mode, bundle, output, more: own } = run.record;
    await this.#change(run, { state: 'RUNNING' });
    if (run.record.state !== 'RUNNING') return;
    if (this.#closing) return this.#change(run, { state: 'WAITING' });
    const [script, ...more] = this.#options.program;
    const words = [script, 'run', bundle, '-o', output, '--config', this.#records.config(id)];
    words.push(...own, '--json', '--progress', 'json', ...(mode === 'new' ? [] : [`--${mode}`]), ...more);
    const listener: RunListener = {
      line: (line) => this.#heard(run, line),
      ended: (...how) => void this.#over(run, ...how),
    };
    try {
      run.child = new RunProcess(words, listener, run.trace === null ? {} : { TRACEPARENT: run.trace });
    } catch (error) {
      await this.#over(run, 70, `the run cannot be started (${(error as Error).message})`, null);
      return;
    }
    await this.#change(run, { process: run.child.mark });
  }

  #heard(run: Live, line: string): void {
    let event: ProgressEvent | TaskEvent;
    try {
      event = JSON.parse(line.slice(0, LONGEST_LINE));
    } catch {
      // Not every line is an event: the name under which the cluster knows the run, or last words.
      return;
    }
    if (TASK_KINDS.has(event.kind)) this.#heardTask(run, event as TaskEvent);
    else this.#heardProgress(run, event as ProgressEvent);
  }

  #heardTask(run: Live, event: TaskEvent): void {
    if (run.board === null) {
      run.board = new TaskBoard();
      const over = [...this.#runs.values()].filter(({ child, board }) => child === null && board !== null);
      for (const old of over.slice(0, Math.max(0, over.length - KEPT_BOARDS))) old.board = null;
    }
    run.board.hear(event);
    this.emit('task', run.record.id, event);
  }

  #heardProgress(run: Live, event: ProgressEvent): void {
    if (event.kind === 'step') [run.step, run.done, run.total] = [event.label, 0, event.total ?? 0];
    if (event.kind === 'advance') run.done = event.done;
    // Of the progress of a step only the latest is worth keeping.
    if (event.kind === 'advance' && run.events.at(-1)?.kind === 'advance') run.events.pop();
    run.events.push(event);
    if (run.events.length > KEPT_EVENTS) run.events.shift();
    this.emit('progress', run.record.id, event);
  }

  /** Never rejects. */
  async #over(run: Live, code: number, printed: string, signal: NodeJS.Signals | null): Promise<void> {
    run.child = null;
    const change: Partial<RunRecord> = { process: null };
    // A run that was stopped with its server goes on with the next.
    if (!this.#closing && run.record.state === 'RUNNING') {
      if (code === 0) Object.assign(change, { state: 'FINISHED', summary: printed.trim() });
      else Object.assign(change, { state: 'FAILED', ...failure(printed, signal) });
    }
    await this.#change(run, change);
    // Its steps are of no interest any more, and a server may keep many runs.
    if (hasEnded(run.record)) run.events = run.events.filter(({ kind }) => kind === 'warning');
    this.#startWaiting();
  }

  /** Never rejects: a state that cannot be written down still holds as long as this server lives. */
  async #change(run: Live, change: Partial<RunRecord>): Promise<void> {
    run.record = { ...run.record, ...change };
    await this.#records.keep(run.record).catch((reason) => this.#warn(run.record.id, reason));
    this.emit('changed', run.record.id);
  }

  #warn(id: string, reason: unknown): void {
    this.#options.warn(
      `run ${id}: its state cannot be written (${reason instanceof Error ? reason.message : reason}); make room or correct the permissions of the --state folder`,
    );
  }

  /** When the process of a run is gone, or the time is over. */
  async #gone(run: Live, withinMs?: number): Promise<void> {
    const late = withinMs === undefined ? undefined : AbortSignal.timeout(withinMs);
    while (run.child !== null && !late?.aborted)
      await once(this, 'changed', { signal: late }).catch(() => undefined);
  }
}

const TASK_KINDS: ReadonlySet<string> = new Set(
  Object.keys({
    tasks: true,
    task: true,
    queue: true,
    cluster: true,
    broker: true,
    different: true,
    'plan-revised': true,
  } satisfies Record<TaskEvent['kind'], true>),
);

const live = (record: RunRecord): Live => ({
  ...{ record, child: null, events: [], board: null, trace: null },
  ...{ step: '', done: 0, total: 0 },
});

/** Names sort by time. */
function newId(): string {
  const time = new Date()
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

/** Why a run failed: what `--json` printed, or how its process ended. */
function failure(printed: string, signal: NodeJS.Signals | null): Pick<RunRecord, 'error' | 'errorCode'> {
  try {
    const { error } = JSON.parse(printed);
    if (typeof error?.message === 'string')
      return { error: error.message.slice(0, LONGEST_ERROR), errorCode: String(error.code ?? '') };
  } catch {
    // Nothing was printed.
  }
  const error =
    signal === null
      ? printed.trim().slice(0, 500)
      : `the process of the run was ended by ${signal}; submit it again with --resume`;
  return { error, errorCode: '' };
}

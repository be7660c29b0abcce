import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { resolveConfig } from '@spatile/formats/config/load';
import { SpatileError } from '@spatile/formats/errors';
import type { RunInfo } from '@spatile/proto/generated/spatile/v1/RunInfo';
import type { ProgressEvent } from '../api.ts';
import { hasEnded, type RunRecord, readRecord } from './run-record.ts';
import { filesNamed, servedPath } from './served-paths.ts';

export interface RunsOptions {
  /** Folder in which the server keeps what it knows. */
  state: string;
  /** Folders below which submitters may name files. */
  roots: readonly string[];
  /** Runs that go on at once; others wait. */
  atOnce: number;
  /** The program, and what every run is started with beside its own arguments. */
  program: readonly string[];
}

export interface Submission {
  bundle: string;
  output: string;
  config: string;
  set: string[];
  resume: boolean;
  overwrite: boolean;
}

/** Progress events kept of a run, for those who begin to watch later. */
const KEPT_EVENTS = 200;
/** Longest line that a run may say, characters. */
const LONGEST_LINE = 100_000;

interface Live {
  record: RunRecord;
  child: ChildProcess | null;
  events: ProgressEvent[];
  step: string;
  done: number;
  total: number;
}

/** Says `progress` (run, event) and `changed` (run). */
export interface RunsEvents {
  progress: [string, ProgressEvent];
  changed: [string];
}

/**
 * The runs of a server: each is a process of its own, so that one that dies takes no other with it, and the server can be
 * restarted without losing any. What it knows of them lies in files.
 */
export class Runs extends EventEmitter<RunsEvents> {
  readonly #options: RunsOptions;
  readonly #roots: string[];
  readonly #runs = new Map<string, Live>();
  #closing = false;

  private constructor(options: RunsOptions, roots: string[]) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#roots = roots;
  }

  /** Opens what an earlier server knew; runs that had not ended go on. */
  static async open(options: RunsOptions): Promise<Runs> {
    await mkdir(join(options.state, 'runs'), { recursive: true });
    const runs = new Runs(options, await Promise.all(options.roots.map((root) => realpath(root))));
    const names = (await readdir(join(options.state, 'runs')))
      .filter((name) => name.endsWith('.json'))
      .sort();
    for (const name of names) {
      const record = readRecord(await readFile(join(options.state, 'runs', name), 'utf8'));
      runs.#runs.set(
        record.id,
        live(hasEnded(record) ? record : { ...record, state: 'WAITING', mode: 'resume' }),
      );
    }
    runs.#startWaiting();
    return runs;
  }

  /** Takes a run in. Errors: `USAGE` for paths outside of what is served, and what a wrong configuration gives. */
  async submit(submission: Submission): Promise<RunInfo> {
    const bundle = await servedPath(submission.bundle, this.#roots);
    const output = await servedPath(submission.output, this.#roots);
    if ([...this.#runs.values()].some(({ record }) => record.output === output && !hasEnded(record)))
      throw new SpatileError(
        'OUTPUT_EXISTS',
        `${output}: another run is writing it; wait for that or choose another name`,
      );
    const id = `${new Date()
      .toISOString()
      .slice(0, 19)
      .replace(/[^0-9]/g, '')}-${randomBytes(3).toString('hex')}`;
    const config = this.#file(id, 'yaml');
    await writeFile(config, submission.config);
    const resolved = await resolveConfig({
      file: submission.config === '' ? undefined : config,
      set: submission.set,
      overrides: [],
    });
    for (const { file } of filesNamed(resolved)) await servedPath(file, this.#roots);
    const record: RunRecord = {
      ...{
        id,
        state: 'WAITING',
        bundle,
        output,
        config: submission.config === '' ? '' : config,
        set: submission.set,
      },
      mode: submission.resume ? 'resume' : submission.overwrite ? 'overwrite' : 'new',
      ...{ submitted: new Date().toISOString(), error: '', summary: '' },
    };
    this.#runs.set(id, live(record));
    await this.#keep(record);
    this.#startWaiting();
    return this.get(id);
  }

  /** Errors: `USAGE` for a run that is not known. */
  get(id: string): RunInfo {
    const { record, step, done, total } = this.#known(id);
    const { state, bundle, output, submitted, error, summary } = record;
    return { id, state, bundle, output, submitted, error, summary, step, done, total };
  }

  list(): RunInfo[] {
    return [...this.#runs.keys()].reverse().map((id) => this.get(id));
  }

  /** What a run has said lately. */
  events(id: string): readonly ProgressEvent[] {
    return this.#known(id).events;
  }

  ended(id: string): boolean {
    return hasEnded(this.#known(id).record);
  }

  /** Stops a run; what is finished of it stays. One that has ended stays as it is. */
  async cancel(id: string): Promise<RunInfo> {
    const run = this.#known(id);
    if (!hasEnded(run.record)) {
      await this.#change(run, { state: 'CANCELLED' });
      run.child?.kill('SIGTERM');
      this.#startWaiting();
    }
    return this.get(id);
  }

  /** Stops all runs so that the next server can go on with them. */
  async close(): Promise<void> {
    this.#closing = true;
    const children = [...this.#runs.values()].flatMap(({ child }) => (child === null ? [] : [child]));
    await Promise.all(
      children.map(
        (child) =>
          new Promise((resolve) => {
            child.once('close', resolve);
            child.kill('SIGTERM');
          }),
      ),
    );
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

  #startWaiting(): void {
    const all = [...this.#runs.values()];
    const running = all.filter(({ child }) => child !== null).length;
    const waiting = all.filter(({ record }) => record.state === 'WAITING');
    for (const run of waiting.slice(0, Math.max(0, this.#options.atOnce - running))) this.#start(run);
  }

  #start(run: Live): void {
    const { id, bundle, output, config, set, mode } = run.record;
    const words = ['run', bundle, '-o', output, '--json', '--progress', 'json'];
    if (config !== '') words.push('--config', config);
    for (const setting of set) words.push('--set', setting);
    if (mode !== 'new') words.push(`--${mode}`);
    const child = spawn(
      process.execPath,
      [...this.#options.program.slice(0, 1), ...words, ...this.#options.program.slice(1)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    run.child = child;
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (printed.length < LONGEST_LINE) printed += text;
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#heard(run, line));
    child.once('error', (error) => void this.#over(run, 70, error.message));
    child.once('close', (code, signal) => void this.#over(run, code ?? 70, printed, signal));
    void this.#change(run, { state: 'RUNNING' });
    this.emit('changed', id);
  }

  #heard(run: Live, line: string): void {
    let event: ProgressEvent;
    try {
      event = JSON.parse(line.slice(0, LONGEST_LINE));
    } catch {
      // Not every line is an event: the name under which the cluster knows the run, or last words.
      return;
    }
    if (event.kind === 'step') [run.step, run.done, run.total] = [event.label, 0, event.total ?? 0];
    if (event.kind === 'advance') run.done = event.done;
    // Of the progress of a step only the latest is worth keeping.
    if (event.kind === 'advance' && run.events.at(-1)?.kind === 'advance') run.events.pop();
    run.events.push(event);
    if (run.events.length > KEPT_EVENTS) run.events.shift();
    this.emit('progress', run.record.id, event);
  }

  async #over(run: Live, code: number, printed: string, signal: NodeJS.Signals | null = null): Promise<void> {
    if (run.child === null) return;
    run.child = null;
    // A run that was stopped with its server goes on with the next.
    if (!this.#closing && run.record.state === 'RUNNING') {
      if (code === 0) await this.#change(run, { state: 'FINISHED', summary: printed.trim() });
      else await this.#change(run, { state: 'FAILED', error: sentence(printed, signal) });
    }
    this.emit('changed', run.record.id);
    if (!this.#closing) this.#startWaiting();
  }

  async #change(run: Live, change: Partial<RunRecord>): Promise<void> {
    run.record = { ...run.record, ...change };
    await this.#keep(run.record);
    this.emit('changed', run.record.id);
  }

  async #keep(record: RunRecord): Promise<void> {
    const path = this.#file(record.id, 'json');
    const partial = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    await writeFile(partial, `${JSON.stringify(record, null, 1)}\n`);
    await rename(partial, path);
  }

  #file(id: string, ending: string): string {
    return join(this.#options.state, 'runs', `${id}.${ending}`);
  }
}

const live = (record: RunRecord): Live => ({ record, child: null, events: [], step: '', done: 0, total: 0 });

/** Why a run failed: what `--json` printed, or how its process ended. */
function sentence(printed: string, signal: NodeJS.Signals | null): string {
  try {
    const { error } = JSON.parse(printed);
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // Nothing was printed.
  }
  return signal === null
    ? printed.trim().slice(0, 500)
    : `the process of the run was ended by ${signal}; submit it again with --resume`;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InspectSummary, RunSummary } from '@spatile/coordinator/api';
import type { CorrectSummary } from '@spatile/coordinator/correct/store';
import { type RunLogEvent, readEvents } from '@spatile/coordinator/run/events';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import { type Command, type CommandUse, type Limits, measureCommand } from './compare/measured-command.ts';

export interface SlideOptions {
  seed: number;
  /** Either the edge of the slide or how many transcripts it should come to. */
  sizeUm?: number;
  transcripts?: number;
  preset?: string;
  genes?: number;
  /** Table of profiles that cells are drawn from. */
  reference?: string;
}

/** A simulated slide on disk: the bundle without images, and its truth. */
export interface SlideFolder {
  bundle: string;
  truth: string;
  transcripts: number;
}

/** What a command of the program wrote, and what its processes used. */
export interface MeasuredResult {
  zarr: string;
  seconds: number;
  digest: string;
  events: RunLogEvent[];
  coordinatorPeakBytes: number;
  coordinatorCpuSeconds: number;
  /** The most that any worker held. */
  workerPeakBytes: number;
}

/** A run of the program. */
export interface MeasuredRun extends MeasuredResult {
  summary: RunSummary;
}

/** What the processes of a run are given beside their command: modules that they load first, and variables, made anew for each. */
export interface Surroundings {
  imports: readonly string[];
  environment: () => Record<string, string>;
}

interface Usage {
  role: 'worker' | 'coordinator';
  peakRssBytes: number;
  cpuSeconds: number;
}

/** Where cases work: a temporary folder, simulated slides in it, and the built program started as a user would. */
export class Workbench {
  readonly folder: string;
  readonly #program: string;
  readonly #slides = new Map<string, SlideFolder>();
  /** Results of slides that several cases go on from. */
  readonly #results = new Map<string, MeasuredRun>();
  #child: ChildProcess | null = null;
  #stop: () => void = () => undefined;
  #closed = false;

  /** `program` is the folder of a built program (`dist` or a copy of it). */
  constructor(program: string) {
    this.#program = program;
    this.folder = mkdtempSync(join(process.env.SPATILE_BENCH_TMP ?? tmpdir(), 'spatile-bench-'));
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Whether the bench was told to end. */
  get isStopped(): boolean {
    return this.#closed;
  }

  /** Simulates a slide, once. */
  async slide({ sizeUm, transcripts, preset, genes, reference, seed }: SlideOptions): Promise<SlideFolder> {
    const wanted = { 'size-um': sizeUm, transcripts, preset, genes, reference, seed };
    const words = Object.entries(wanted).flatMap(([option, value]) =>
      value === undefined ? [] : [`--${option}`, `${value}`],
    );
    const name = `slide${words.join('-').replace(/[^a-z0-9.]+/gi, '-')}`;
    const known = this.#slides.get(name);
    if (known !== undefined) return known;
    const bundle = join(this.folder, name);
    const made = JSON.parse(
      await this.#spatile(['simulate', '-o', bundle, ...words, '--no-images', '--json'], {}),
    );
    const slide = { bundle, truth: `${bundle}.truth`, transcripts: made.transcripts };
    this.#slides.set(name, slide);
    return slide;
  }

  /** What the program would do with a slide. */
  async inspect(slide: SlideFolder, words: readonly string[]): Promise<InspectSummary> {
    return JSON.parse(await this.#spatile(['inspect', slide.bundle, ...words, '--json'], {}));
  }

  /** Runs the program on a slide under a name of its own; `keep` its output until `discard`. */
  async run(
    slide: SlideFolder,
    name: string,
    words: readonly string[],
    around?: Surroundings,
  ): Promise<MeasuredRun> {
    const zarr = join(this.folder, `${name}.zarr`);
    const measured = await this.#measured(name, ['run', slide.bundle, '-o', zarr, ...words], around);
    const summary = await this.store(measured).readJson<RunSummary>('summary.json');
    return { ...measured, digest: summary.digest, summary };
  }

  /** The result of a run of a slide, made once and kept as long as the slides. */
  async result(slide: SlideFolder, words: readonly string[]): Promise<MeasuredRun> {
    const name = `${basename(slide.bundle)}-${words.join('-').replace(/[^a-z0-9]+/gi, '-')}`;
    const known = this.#results.get(name) ?? (await this.run(slide, name, words));
    this.#results.set(name, known);
    return known;
  }

  /** Corrects a result that is there under a name of its own; `keep` its output until `discard`. */
  async correct(input: string, name: string, words: readonly string[]): Promise<MeasuredResult> {
    const zarr = join(this.folder, `${name}.zarr`);
    const measured = await this.#measured(name, ['correct', input, '-o', zarr, '--json', ...words]);
    return { ...measured, digest: (JSON.parse(measured.printed) as CorrectSummary).digest };
  }

  /** One command that writes `<name>.zarr`, with what its processes used. */
  async #measured(
    name: string,
    words: readonly string[],
    around: Surroundings = { imports: [], environment: () => ({}) },
  ): Promise<Omit<MeasuredResult, 'digest'> & { printed: string }> {
    const zarr = join(this.folder, `${name}.zarr`);
    const usage = join(this.folder, `${name}.usage`);
    mkdirSync(usage);
    const started = performance.now();
    const printed = await this.#spatile(words, {
      ...around.environment(),
      SPATILE_BENCH_PEAKS: usage,
      // Reaches the workers as well, since they inherit the environment.
      NODE_OPTIONS: ['bench/peak-hook.mjs', ...around.imports]
        .map((file) => `--import=${pathToFileURL(join(process.cwd(), file)).href}`)
        .join(' '),
    });
    const seconds = (performance.now() - started) / 1000;
    const used = readdirSync(usage).map((file): Usage => JSON.parse(readFileSync(join(usage, file), 'utf8')));
    const coordinator = used.find(({ role }) => role === 'coordinator');
    const workers = used.filter(({ role }) => role === 'worker');
    // Workers of a cluster are not the run's own.
    if (coordinator === undefined || (workers.length === 0 && !words.includes('--cluster')))
      throw new Error(`${name}: no memory figures of the processes`);
    return {
      zarr,
      seconds,
      printed,
      events: await readEvents(this.store({ zarr })),
      coordinatorPeakBytes: coordinator.peakRssBytes,
      coordinatorCpuSeconds: coordinator.cpuSeconds,
      workerPeakBytes: Math.max(0, ...workers.map(({ peakRssBytes }) => peakRssBytes)),
    };
  }

  /** Judges what any program found on a slide, in a process of its own; further `words` for `evaluate`. */
  async judge(path: string, slide: SlideFolder, words: readonly string[] = []): Promise<Evaluation> {
    const command = ['evaluate', path, '--truth', slide.truth, '--json', ...words];
    return JSON.parse(await this.#spatile(command, {}));
  }

  /** Runs and measures any program; ended early when the bench is, which is an error and no measurement. */
  async measure(command: Command, limits: Limits): Promise<CommandUse> {
    if (this.#closed) throw new Error('the bench was stopped');
    const use = await measureCommand(command, limits, (stop) => {
      this.#stop = stop;
    });
    this.#stop = () => undefined;
    if (this.#closed) throw new Error('the bench was stopped');
    return use;
  }

  /** An empty folder below the bench's. */
  emptyFolder(name: string): string {
    const path = join(this.folder, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    return path;
  }

  /** The run directory of a run. */
  store({ zarr }: Pick<MeasuredResult, 'zarr'>): RunStore {
    return new RunStore(zarr.replace(/\.zarr$/, '.run'));
  }

  /** Removes what a run wrote. */
  discard({ zarr }: Pick<MeasuredResult, 'zarr'>): void {
    for (const ending of ['.zarr', '.run', '.report.html', '.usage'])
      rmSync(zarr.replace(/\.zarr$/, ending), { recursive: true, force: true });
  }

  /** Removes runs and other leftovers of a case, and slides with their results as well unless they are to be kept. */
  tidy(keepSlides: boolean): void {
    const kept = keepSlides
      ? [
          ...[...this.#slides.values()].flatMap(({ bundle, truth }) => [basename(bundle), basename(truth)]),
          ...[...this.#results.values()].map(({ zarr }) => basename(zarr)),
        ]
      : [];
    if (!keepSlides) {
      this.#slides.clear();
      this.#results.clear();
    }
    for (const name of readdirSync(this.folder))
      if (!kept.includes(name)) rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  /** Ends what is running; nothing more can be started. */
  stop(): void {
    this.#closed = true;
    this.#child?.kill('SIGTERM');
    this.#stop();
  }

  /** Removes everything; what was running has to have ended. */
  close(): void {
    this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** One command of the program: its progress goes to standard error; gives what it printed. */
  #spatile(words: readonly string[], environment: Record<string, string>): Promise<string> {
    if (this.#closed) return Promise.reject(new Error('the bench was stopped'));
    const entry = join(this.#program, 'coordinator/main.js');
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [entry, ...words], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.#child = child;
      const printed: Buffer[] = [];
      const complaints: Buffer[] = [];
      child.stdout.on('data', (bytes: Buffer) => printed.push(bytes));
      child.stderr.on('data', (bytes: Buffer) => {
        complaints.push(bytes);
        process.stderr.write(bytes.toString().replace(/^(?=.)/gm, '    '));
      });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        this.#child = null;
        if (code === 0) resolve(Buffer.concat(printed).toString());
        else {
          const last = Buffer.concat(complaints).toString().trim().split('\n').at(-1);
          reject(new Error(`spatile ${words[0]}: ${signal ?? `exit code ${code}`}: ${last}`));
        }
      });
    });
  }
}

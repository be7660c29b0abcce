import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSummary } from '@spatile/coordinator/api';
import type { Work } from '@spatile/formats/tile/work';
import type { Measured, Noise, Scores } from './baseline.ts';
import type { GateCase, MethodSpec, SlideSpec } from './case.ts';
import { digestOfFolders } from './digest.ts';
import type { Program } from './program.ts';
import { gatedScores, meanScores, pooledSd } from './scores.ts';
import { flatWork, totalWork } from './work.ts';

/** What one run of one slide gave. */
interface Judged {
  method: string;
  slide: string;
  seed: number;
  scores: Scores;
  work: Work;
}

/** Makes the slides of a case in a folder, and runs and judges them. Errors: what a command fails with, by its last line. */
export class Measurement {
  readonly #program: Program;
  readonly #folder: string;
  readonly #case: GateCase;
  readonly #runs = new Map<string, Promise<Judged>>();

  constructor(program: Program, folder: string, gateCase: GateCase) {
    this.#program = program;
    this.#folder = folder;
    this.#case = gateCase;
  }

  /** Simulates the slides; gives the digest of each. */
  async slides(): Promise<Record<string, string>> {
    const digests = await Promise.all(
      this.#case.slides.map(async ({ name, simulate }) => {
        const bundle = join(this.#folder, name);
        await this.#program.command(['simulate', '-o', bundle, ...simulate, '--quiet']);
        return [name, digestOfFolders([bundle, `${bundle}.truth`])] as const;
      }),
    );
    return Object.fromEntries(digests);
  }

  /** What is compared: every method on every slide with its seeds. */
  async values(): Promise<Omit<Measured, 'slides'>> {
    const runs = await this.#all(({ seeds }) => seeds);
    const ofMethod = ({ name }: MethodSpec): Judged[] => runs.filter((run) => run.method === name);
    return {
      accuracy: this.#byMethod((method) =>
        Object.fromEntries(
          this.#case.slides.map(({ name }) => [
            name,
            meanScores(ofMethod(method).flatMap((run) => (run.slide === name ? [run.scores] : []))),
          ]),
        ),
      ),
      work: this.#byMethod((method) => totalWork(ofMethod(method).map(({ work }) => work))),
    };
  }

  /** How much the scores of a run depend on its seed. */
  async noise(): Promise<Noise['sd']> {
    const runs = await this.#all(({ noiseSeeds }) => noiseSeeds);
    return this.#byMethod((method) =>
      pooledSd(
        this.#case.slides.map(({ name }) =>
          runs.filter((run) => run.method === method.name && run.slide === name).map(({ scores }) => scores),
        ),
      ),
    );
  }

  #byMethod<T>(value: (method: MethodSpec) => T): Record<string, T> {
    return Object.fromEntries(this.#case.methods.map((method) => [method.name, value(method)]));
  }

  #all(seedsOf: (method: MethodSpec) => number[]): Promise<Judged[]> {
    return Promise.all(
      this.#case.slides.flatMap((slide) =>
        this.#case.methods.flatMap((method) => seedsOf(method).map((seed) => this.#run(slide, method, seed))),
      ),
    );
  }

  /** One run, judged; asked for again, it is not repeated. */
  #run(slide: SlideSpec, method: MethodSpec, seed: number): Promise<Judged> {
    const name = `${slide.name}-${method.name}-${seed}`;
    const known = this.#runs.get(name) ?? this.#judged(name, slide, method, seed);
    this.#runs.set(name, known);
    return known;
  }

  async #judged(name: string, slide: SlideSpec, method: MethodSpec, seed: number): Promise<Judged> {
    const bundle = join(this.#folder, slide.name);
    const zarr = join(this.#folder, `${name}.zarr`);
    const words = [
      'run',
      bundle,
      '-o',
      zarr,
      '--workers',
      '1',
      '--seed',
      `${seed}`,
      ...slide.run,
      ...method.run,
    ];
    const { work } = JSON.parse(await this.#program.command([...words, '--json'])) as RunSummary;
    const evaluation = JSON.parse(
      await this.#program.command(['evaluate', zarr, '--truth', `${bundle}.truth`, '--json']),
    ) as { scores: Record<string, unknown>; conservation: { conserved: boolean } };
    if (!evaluation.conservation.conserved)
      throw new Error(
        `gate: ${method.name} on ${slide.name}: transcripts were lost or invented; expected every one once`,
      );
    for (const ending of ['.zarr', '.run', '.report.html'])
      rmSync(zarr.replace(/\.zarr$/, ending), { recursive: true, force: true });
    return {
      method: method.name,
      slide: slide.name,
      seed,
      scores: gatedScores(evaluation.scores),
      work: flatWork(work),
    };
  }
}

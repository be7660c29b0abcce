import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgressEvent, RunOptions, RunSummary } from '@spatile/coordinator/api';
import { runSlide } from '@spatile/coordinator/run/run';
import { configSchema, type RunConfig, type RunConfigInput } from '@spatile/formats/config/schema';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { afterAll, beforeAll } from 'vitest';

/** A folder for the tests of one file, removed afterwards. */
export function testFolder(): (name: string) => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-pipeline-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** A schedule that visits every part of `proseg` and takes seconds; far too short for good cells. */
export const SHORT_PROSEG = {
  factors: 10,
  privateGenes: 100,
  schedule: {
    coarseIterations: 4,
    fineIterations: 6,
    hillClimbIterations: 2,
    recordedIterations: 3,
    borderIterations: 4,
    borderHillClimbIterations: 2,
  },
  fit: { parameterIterations: 2, coarseIterations: 4, fineIterations: 2, blockIterations: 2 },
} satisfies NonNullable<RunConfigInput['assign']>['proseg'];

/** A resolved configuration from the settings that differ from the defaults. */
export const config = (settings: RunConfigInput): RunConfig => configSchema.parse(settings);

/** The job in this process, with one worker process unless told otherwise. */
export function run(
  bundle: string,
  output: string,
  settings: RunConfigInput,
  options: Partial<RunOptions> & { onProgress?: (event: ProgressEvent) => void } = {},
): Promise<RunSummary> {
  const { onProgress, ...rest } = options;
  return runSlide({
    bundle,
    output,
    config: config(settings),
    workers: 1,
    crop: null,
    report: null,
    mode: 'new',
    progress: onProgress ?? (() => {}),
    signal: new AbortController().signal,
    ...rest,
  });
}

/** Settings as arguments of the command line (`--set path=value`). */
export function asArguments(settings: object, prefix = ''): string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? asArguments(value, `${prefix}${key}.`)
      : ['--set', `${prefix}${key}=${Array.isArray(value) ? JSON.stringify(value) : value}`],
  );
}

/** A simulated slide of 160 x 160 um: about 150 cells and 4,000 transcripts of 60 genes, no image. */
export async function simulatedSlide(out: string): Promise<string> {
  await simulateSlide({ out, sizeUm: 160, genes: 60, transcriptsPerCell: 25, seed: 11, images: false });
  return out;
}

export const absent = (path: string): boolean => !existsSync(path);

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { InputFile } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { extendSpatialData } from '@spatile/formats/spatialdata/extend';
import { readAnnotation, readRootAttrs } from '@spatile/formats/spatialdata/read';
import type { ProgressEvent, RunOptions } from '../api.ts';
import { checkOutput, removeUnfinished, runDirectoryFor } from '../run/directory.ts';
import { runIdentity } from '../run/identity.ts';
import type { Lock } from '../run/lock.ts';
import { openLog } from '../run/log.ts';
import { RoundRunner } from '../run/rounds.ts';
import { claimDirectory } from '../run/run.ts';
import { clearLocked, runLock } from '../run/run-lock.ts';
import { RunStore } from '../run/store.ts';
import { runCorrect } from './correct.ts';
import { storedCounts } from './counts/stored.ts';
import { checkMethods, loadReference, takesTranscripts } from './reference.ts';
import { referenceInputs } from './run-stage.ts';
import { transcriptsOfStore } from './transcripts/of-store.ts';
import { TranscriptSpool } from './transcripts/spool.ts';

export interface CorrectOptions {
  /** A SpatialData store with a table of counts. */
  input: string;
  output: string;
  config: RunConfig;
  workers: number;
  mode: RunOptions['mode'];
  progress: (event: ProgressEvent) => void;
  signal: AbortSignal;
}

export interface CorrectSummary {
  output: string;
  runDirectory: string;
  methods: string[];
  cells: number;
  types: number;
  seconds: number;
  warnings: string[];
  digest: string;
}

const TABLE = 'table';

/**
 * Corrects the counts of a finished result: the correct stage on its table. The output is a copy of the store whose table
 * holds more; the input is not changed.
 * Errors: those of the reference, of the store, of the rounds.
 */
export async function correctStore(options: CorrectOptions): Promise<CorrectSummary> {
  const lock = runLock(options.output);
  try {
    return await corrected(options, lock);
  } finally {
    lock.release();
  }
}

async function corrected(options: CorrectOptions, lock: Lock): Promise<CorrectSummary> {
  const started = performance.now();
  const { input, output, config } = options;
  checkMethods(config.correct);
  const mode = await checkOutput({ ...options, report: null });
  await refuseTwice(input, config.correct.methods);
  const stored = await readAnnotation(input, TABLE);
  const table = await storedCounts(input, TABLE, stored);
  const reference = await loadReference(config.correct, { names: table.geneNames, ids: table.geneIds });
  const store = new RunStore(runDirectoryFor(output));
  const identity = await runIdentity(
    config,
    [...tableInputs(input, takesTranscripts(config.correct)), ...referenceInputs(config)],
    null,
  );
  if (mode === 'overwrite') await clearLocked(output, lock);
  await claimDirectory(store, identity, mode, lock);
  if (mode === 'resume') await removeUnfinished(output);
  const { log, close } = openLog(store.path('spatile.log'));
  const runner = new RoundRunner({
    store,
    log,
    workers: options.workers,
    memoryBytes: config.plan.memoryPerWorker,
    order: 'heaviest',
    progress: options.progress,
    signal: options.signal,
  });
  try {
    const transcripts = takesTranscripts(config.correct)
      ? new TranscriptSpool(store, await transcriptsOfStore(input, stored), table.cells)
      : null;
    const { warnings, labels, ...added } = await runCorrect({
      config,
      table,
      reference,
      transcripts,
      isCorrected: existsSync(join(input, 'tables', TABLE, 'layers', 'counts_corrected')),
      runner,
    });
    await runner.close();
    const shape = [stored.obsIndex.length, stored.varIndex.length] as const;
    const attrs = { correct: { ...identity.config.correct, inputs: identity.inputs, seed: config.seed } };
    const { digest } = await extendSpatialData(input, resolve(output), TABLE, { ...added, shape }, attrs, {
      elements: labels ?? [],
      features: stored.varIndex,
      cellIds: stored.obsIndex,
    });
    for (const message of warnings) options.progress({ kind: 'warning', message });
    return {
      output: resolve(output),
      runDirectory: store.directory,
      methods: config.correct.methods,
      cells: stored.obsIndex.length,
      types: reference?.types.length ?? 0,
      seconds: (performance.now() - started) / 1000,
      warnings,
      digest,
    };
  } finally {
    await runner.close();
    close();
  }
}

/** Errors: `STORE_INVALID` when the store holds corrections by one of these methods, which would be written over. */
async function refuseTwice(input: string, methods: readonly string[]): Promise<void> {
  const { spatile } = (await readRootAttrs(input)) as {
    spatile?: { config?: { correct?: { methods?: string[] } }; correct?: { methods?: string[] } };
  };
  const earlier = [...(spatile?.config?.correct?.methods ?? []), ...(spatile?.correct?.methods ?? [])];
  const twice = methods.find((method) => earlier.includes(method));
  if (twice === undefined) return;
  throw new SpatileError(
    'STORE_INVALID',
    `${basename(resolve(input))}: is corrected by ${twice} already; expected a result without these corrections; take the uncorrected result`,
    { fields: { file: input } },
  );
}

/**
 * What a correction reads of a store: its metadata, and the counts, places and genes, of whose values these say nothing.
 * @param withTranscripts also transcripts, and what is known of the cells.
 */
export function tableInputs(input: string, withTranscripts = false): InputFile[] {
  const name = basename(resolve(input));
  const columns = ['X', 'obsm/spatial', 'var', ...(withTranscripts ? ['obs'] : [])];
  const parts = [
    ...columns.map((part) => `tables/${TABLE}/${part}`),
    ...(withTranscripts ? ['points/transcripts'] : []),
  ];
  return [
    { role: 'result', path: join(input, 'zarr.json'), name, sizeBytes: 0 },
    ...parts.map((part) => ({
      role: 'result',
      path: join(input, part),
      name: `${name}/${part}`,
      sizeBytes: 0,
    })),
  ];
}

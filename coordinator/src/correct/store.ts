import { basename, join, resolve } from 'node:path';
import type { InputFile } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { extendSpatialData } from '@spatile/formats/spatialdata/extend';
import { readTable, type StoredTable } from '@spatile/formats/spatialdata/read';
import type { ProgressEvent, RunOptions } from '../api.ts';
import { checkOutput, clearOutput, removeUnfinished, runDirectoryFor } from '../run/directory.ts';
import { runIdentity } from '../run/identity.ts';
import { openLog } from '../run/log.ts';
import { RoundRunner } from '../run/rounds.ts';
import { claimDirectory } from '../run/run.ts';
import { RunStore } from '../run/store.ts';
import { runCorrect } from './correct.ts';
import type { CountTable } from './count-table.ts';
import { checkMethods, loadReference } from './reference.ts';
import { referenceInputs } from './run-stage.ts';

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
  const started = performance.now();
  const { input, output, config } = options;
  checkMethods(config.correct);
  const mode = await checkOutput({ ...options, report: null });
  const stored = await readTable(input, TABLE);
  const table = countTable(input, stored);
  const reference = await loadReference(config.correct, { names: table.geneNames, ids: table.geneIds });
  const store = new RunStore(runDirectoryFor(output));
  const identity = await runIdentity(config, [...tableInputs(input), ...referenceInputs(config)], null);
  if (mode === 'overwrite') await clearOutput(output);
  await claimDirectory(store, identity, mode);
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
    const { warnings, ...added } = await runCorrect({ config, table, reference, runner });
    await runner.close();
    const shape = [stored.obsIndex.length, stored.varIndex.length] as const;
    const attrs = { correct: { ...identity.config.correct, inputs: identity.inputs, seed: config.seed } };
    const { digest } = await extendSpatialData(input, resolve(output), TABLE, { ...added, shape }, attrs);
    for (const message of warnings) options.progress({ kind: 'warning', message });
    return {
      output: resolve(output),
      runDirectory: store.directory,
      methods: config.correct.methods,
      cells: stored.obsIndex.length,
      types: reference.types.length,
      seconds: (performance.now() - started) / 1000,
      warnings,
      digest,
    };
  } finally {
    await runner.close();
    close();
  }
}

/** What a correction reads of a store: its metadata, and the counts, places and genes, of whose values these say nothing. */
export function tableInputs(input: string): InputFile[] {
  const name = basename(resolve(input));
  const parts = ['X', 'obsm/spatial', 'var'].map((part) => `tables/${TABLE}/${part}`);
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

/** The counts of a stored table. Errors: `STORE_INVALID` for values that are no counts or cells without a place. */
function countTable(input: string, stored: StoredTable): CountTable {
  const { x, obsm, varIndex } = stored;
  const invalid = (what: string, expected: string): SpatileError =>
    new SpatileError(
      'STORE_INVALID',
      `${basename(resolve(input))}: ${what}; expected ${expected}; correct a result of spatile run`,
      { fields: { file: input } },
    );
  const odd = x.data.find((value) => !(Number.isInteger(value) && value >= 0 && value < 2 ** 24));
  if (odd !== undefined)
    throw invalid(`the counts of its table hold ${odd}`, 'whole numbers from 0 to 16777215');
  const places = obsm.spatial;
  if (places === undefined || places.columns < 2)
    throw invalid('its table has no obsm/spatial', 'places of the cells in microns');
  const spatial = new Float64Array(2 * stored.obsIndex.length);
  for (let i = 0; i < stored.obsIndex.length; i++)
    for (const axis of [0, 1]) spatial[2 * i + axis] = Number(places.data[i * places.columns + axis]);
  const ids = stored.var.find(({ name }) => name === 'gene_ids');
  return {
    indptr: x.indptr,
    indices: x.indices,
    data: x.data instanceof Int32Array ? x.data : Int32Array.from(x.data),
    geneNames: varIndex,
    geneIds: ids?.kind === 'string' ? ids.values : varIndex,
    spatial,
  };
}

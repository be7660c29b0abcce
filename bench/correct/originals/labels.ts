import { readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { storedCounts } from '@spatile/coordinator/correct/counts/stored';
import { IDENTITY } from '@spatile/formats/space';
import { readAnnotation } from '@spatile/formats/spatialdata/read';
import { createSpatialData } from '@spatile/formats/spatialdata/write';
import { ownerTypes } from '@spatile/instrument/judge/corrections/spill';
import { RandomStream } from '@spatile/random/stream';
import type { CaseOutcome } from '../../bench.ts';
import { spread } from '../../statistics.ts';
import type { Workbench } from '../../workbench.ts';
import { workOf } from '../spill.ts';
import { writeCounts } from './data.ts';

/** What is trained with labels of a part of the cells. */
export interface LabelledTraining {
  transcripts: number;
  epochs: number;
  /** Trainings of each program, by seeds from 1. */
  seeds: number;
}

const SEED = 12;
/** Share of the cells whose true type is given. */
const LABELLED = 0.3;
const RUN = ['--assign', 'expand', '--seed', '1', '--workers', '1'];
const LIMIT_SECONDS = 7200;

/** A Python that has scvi-tools; null when none is named. */
export const scviPython = (): string | null => process.env.SPATILE_BENCH_SCVI ?? null;

/**
 * Names cells by ResolVI of both programs, each trained with several seeds on the same slide, of which the true types of a
 * part of the cells are known: the share of the others that is named right, and processor seconds per epoch.
 */
export async function measureLabels(
  workbench: Workbench,
  { transcripts, epochs, seeds }: LabelledTraining,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ transcripts, preset: 'default', seed: SEED });
  const plain = await workbench.result(slide, RUN);
  const folder = workbench.emptyFolder('labelled');
  await writeCounts(folder, plain.zarr);
  const types = await ownerTypes(plain.zarr, slide.truth);
  const given = types.map((type, cell) => {
    const isKnown = new RandomStream(SEED, 'bench.labelled', cell).uniform() < LABELLED;
    return isKnown && type !== null ? type : 'unknown';
  });
  writeFileSync(
    join(folder, 'labelled.csv'),
    `barcode,label\n${given.map((label, cell) => `c${cell},${label}\n`).join('')}`,
  );
  const labelled = join(folder, 'labelled.zarr');
  await writeLabelled(plain.zarr, labelled, given);
  const asked = types.flatMap((type, cell) => (given[cell] === 'unknown' && type !== null ? [cell] : []));
  const right = (named: readonly string[]): number =>
    asked.filter((cell) => named[cell] === types[cell]).length / asked.length;
  const [ours, oursSeconds, theirs, theirsSeconds]: number[][] = [[], [], [], []];
  let digest = '';
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await workbench.correct(labelled, `labelled-${seed}`, [
      ...['--correct', 'resolvi', '--seed', `${seed}`, '--workers', '1'],
      ...['--set', 'correct.resolvi.labelColumn=labelled', '--set', `correct.resolvi.epochs=${epochs}`],
    ]);
    ours.push(right(await namedBySpatile(result.zarr)));
    oursSeconds.push(workOf(result, 'correct-resolvi-train', '').cpuSeconds / epochs);
    if (seed === 1) digest = result.digest;
    workbench.discard(result);
    const named = await trainOriginal(workbench, folder, seed, epochs);
    theirs.push(right(named.labels));
    theirsSeconds.push(named.seconds / epochs);
  }
  return {
    measured: {
      ours: spread(ours),
      oursEpochSeconds: spread(oursSeconds),
      theirs: spread(theirs),
      theirsEpochSeconds: spread(theirsSeconds),
    },
    quality: { cells: types.length, asked: asked.length, epochs, seeds },
    digest,
    details: { ours, theirs },
  };
}

/** Copies the table of a result with a column of labels. */
async function writeLabelled(zarr: string, out: string, given: readonly string[]): Promise<void> {
  const annotation = await readAnnotation(zarr);
  const table = await storedCounts(zarr, 'table', annotation);
  const { indices, data } = await table.rows(0, table.cells);
  const writer = await createSpatialData(out, { attrs: {}, pixelSizeUm: null, micronsToGlobal: IDENTITY });
  await writer.table('table', {
    obsIndex: annotation.obsIndex,
    obs: [{ name: 'labelled', kind: 'string', values: given }],
    varIndex: annotation.varIndex,
    var: [],
    x: { indptr: Int32Array.from(table.start), indices, data },
    obsm: { spatial: { data: table.spatial, columns: 2 } },
    region: null,
  });
  await writer.finish();
}

async function namedBySpatile(zarr: string): Promise<string[]> {
  const column = (await readAnnotation(zarr)).obs.find(({ name }) => name === 'resolvi_label');
  if (column?.kind !== 'categorical') throw new Error(`${zarr}: no column resolvi_label`);
  return Array.from(column.values, (code) => column.categories[code] ?? '');
}

async function trainOriginal(
  workbench: Workbench,
  folder: string,
  seed: number,
  epochs: number,
): Promise<{ labels: string[]; seconds: number }> {
  const out = join(folder, `scvi-${seed}.json`);
  const script = resolve('bench/correct/originals/scvi_resolvi.py');
  const { exit, complaint } = await workbench.measure(
    {
      words: [scviPython() ?? 'python3', script, folder, `${seed}`, `${epochs}`, out],
      environment: { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
      cwd: folder,
    },
    { seconds: LIMIT_SECONDS, bytes: 0.8 * totalmem() },
  );
  if (exit !== 'done') throw new Error(`scvi_resolvi.py: ${exit}: ${complaint}`);
  return JSON.parse(readFileSync(out, 'utf8'));
}

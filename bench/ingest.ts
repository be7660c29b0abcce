import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { partitionTranscripts } from '@spatile/coordinator/partition/partition';
import { latticeFor } from '@spatile/coordinator/plan/plan';
import { type OpenedInput, openInput } from '@spatile/coordinator/run/open';
import { planSlide } from '@spatile/coordinator/run/prepare';
import { cellIndexFromScan } from '@spatile/coordinator/run/slide';
import { RunStore } from '@spatile/coordinator/run/store';
import { scanTranscripts } from '@spatile/coordinator/scan/scan';
import { defaultConfig } from '@spatile/formats/config/schema';
import { openParquet } from '@spatile/formats/parquet/file';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';
import type { SlideFolder, Workbench } from './workbench.ts';

const SEED = 11;

/** How fast the coordinator takes in a Xenium bundle: decoding alone, the scan, and the partition into tiles. */
export const ingest: Bench = {
  name: 'ingest',
  cases: ({ sizesUm, repeats, tiny }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : 1060]).map((sizeUm): BenchCase => {
      const n = repeats ?? 3;
      const millions = sizeUm ** 2 / 1.12e6;
      return {
        key: `xenium-${sizeUm}`,
        label: `Xenium Parquet, ${sizeUm} um`,
        settings: { sizeUm, seed: SEED, repeats: n },
        estimateSeconds: millions * (20 + 8 * (n + 1)) + 5,
        diskBytes: millions * 2e8,
        measure: (workbench) => measure(workbench, sizeUm, n),
      };
    }),
  pages: [{ page: 'bench/details.md', render }],
};

interface Pass {
  rows: number;
  kept: number;
  seconds: Record<'decode' | 'scan' | 'partition', number>;
  cpuSeconds: Record<'decode' | 'scan' | 'partition', number>;
  digest: string;
}

async function measure(workbench: Workbench, sizeUm: number, repeats: number): Promise<CaseOutcome> {
  const slide = await workbench.slide({ sizeUm, seed: SEED });
  // The first pass warms the file cache and the compiler.
  await pass(workbench, slide, 0);
  const passes: Pass[] = [];
  for (let k = 1; k <= repeats; k++) passes.push(await pass(workbench, slide, k));
  const [first] = passes;
  if (passes.some(({ digest }) => digest !== first.digest))
    throw new Error('ingest: two passes over one slide gave different partitions');
  const passed = await passedByTruth(slide);
  const steps = ['decode', 'scan', 'partition'] as const;
  return {
    measured: Object.fromEntries(
      steps.flatMap((step) => [
        [`${step}RowsPerSecond`, spread(passes.map(({ rows, seconds }) => rows / seconds[step]))],
        [`${step}RowsPerCpuSecond`, spread(passes.map(({ rows, cpuSeconds }) => rows / cpuSeconds[step]))],
      ]),
    ),
    quality: { rows: first.rows, kept: first.kept, expected: passed, conserved: first.kept === passed },
    digest: first.digest,
  };
}

async function pass(workbench: Workbench, { bundle }: SlideFolder, k: number): Promise<Pass> {
  const config = defaultConfig();
  const input = await openInput(bundle, config, null);
  const { voxelUm, coarseFactor } = config.assign.proseg;
  const decoded = await timed(() => decode(input));
  const scanned = await timed(() =>
    scanTranscripts(input.bundle, input.rules, latticeFor(voxelUm, coarseFactor), () => undefined),
  );
  const scan = scanned.value;
  const { slide } = await planSlide(input, config, scan);
  const store = new RunStore(join(workbench.folder, `partition-${k}`));
  const partitioned = await timed(() =>
    partitionTranscripts(
      store,
      {
        bundle: input.bundle,
        rules: input.rules,
        plan: slide.plan,
        owner: slide.owner,
        featureIndex: slide.features.fromScan,
        cellIndex: cellIndexFromScan(scan, slide.cells),
      },
      () => undefined,
    ),
  );
  await store.remove('.');
  const kept = partitioned.value.tiles.reduce((sum, { transcripts }) => sum + transcripts, 0);
  if (decoded.value.rows !== scan.rows || kept !== scan.kept)
    throw new Error(`ingest: ${decoded.value.rows} rows decoded, ${scan.kept} kept, ${kept} in tiles`);
  const of = (key: 'seconds' | 'cpuSeconds'): Pass['seconds'] => ({
    decode: decoded[key],
    scan: scanned[key],
    partition: partitioned[key],
  });
  return {
    rows: scan.rows,
    kept,
    seconds: of('seconds'),
    cpuSeconds: of('cpuSeconds'),
    digest: createHash('sha256')
      .update(JSON.stringify([partitioned.value, decoded.value.checksum]))
      .digest('hex'),
  };
}

/** Reads every column that the partition needs, and folds them so that nothing can be left out unseen. */
async function decode({ bundle }: OpenedInput): Promise<{ rows: number; checksum: number }> {
  let [rows, checksum] = [0, 0];
  const columns = { z: true, qv: true, transcriptId: true, cell: true, nuclear: true };
  for await (const batch of bundle.transcripts.batches(columns)) {
    rows += batch.length;
    const { x, feature, cell, nuclear } = batch;
    for (let i = 0; i < batch.length; i++)
      checksum = (checksum * 31 + feature[i] + (cell?.[i] ?? 0) + (nuclear?.[i] ?? 0) + Math.trunc(x[i])) | 0;
  }
  return { rows, checksum };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** Transcripts of the truth that pass the quality cut-off, counted without the program's readers of bundles. */
async function passedByTruth({ truth }: SlideFolder): Promise<number> {
  const file = await openParquet(join(truth, 'transcripts.parquet'));
  const least = defaultConfig().input.minQv ?? Number.NEGATIVE_INFINITY;
  let passed = 0;
  for await (const { length, columns } of file.batches([{ name: 'qv', as: 'float32', scale: 1 }], 200_000))
    for (let i = 0; i < length; i++) if (columns[0][i] >= least) passed++;
  return passed;
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.flatMap(({ label, quality, measured, digest }) =>
    (['decode', 'scan', 'partition'] as const).map((step) => [
      `${label}: ${step}`,
      number(Number(quality.rows)),
      show(measured[`${step}RowsPerSecond`], 2, 1e-6),
      show(measured[`${step}RowsPerCpuSecond`], 2, 1e-6),
      quality.conserved ? `${number(Number(quality.kept))} of ${number(Number(quality.expected))}` : 'WRONG',
      digest.slice(0, 8),
    ]),
  );
  return [
    table(
      ['input and step', 'rows', 'M rows/s, one process', 'M rows/s and core', 'kept of expected', 'digest'],
      rows,
    ),
    '',
    `${provenance(cases)} \`decode\` reads all columns; \`scan\` reads those it needs, filters and counts; \`partition\` reads again and writes the tiles to disk. Median and range of ${cases[0].settings.repeats} after one warm-up.`,
  ].join('\n');
}

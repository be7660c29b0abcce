import { join } from 'node:path';
import type { Bench, BenchCase, BenchOptions, CaseOutcome } from '../bench.ts';
import { provenance, table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number, show, spread } from '../statistics.ts';
import type { Workbench } from '../workbench.ts';
import { workOf } from './spill.ts';
import { type WideTable, writeWideTable } from './wide-table.ts';

const MEBIBYTE = 2 ** 20;
const SEED = 12;

/** Chains of methods, and how many seconds 100,000 cells of 5,000 genes take on one core. */
const CHAINS: Record<string, { words: readonly string[]; cells: readonly number[]; seconds: number }> = {
  'rctd, split': { words: ['--correct', 'rctd,split'], cells: [25_000, 100_000, 1_000_000], seconds: 120 },
  'rctd, split with swaps': {
    words: ['--correct', 'rctd,split', '--set', 'correct.split.shift.swap=true'],
    cells: [100_000],
    seconds: 300,
  },
  'resolvi, one epoch': {
    words: ['--correct', 'resolvi', '--set', 'correct.resolvi.epochs=1'],
    cells: [25_000, 50_000, 100_000, 150_000],
    seconds: 600,
  },
};

/** Corrections of tables of many cells and genes: time, and the memory of coordinator and workers. */
export const wide: Bench = {
  name: 'wide',
  cases: (options) =>
    Object.entries(CHAINS)
      .slice(0, options.tiny ? 1 : undefined)
      .flatMap(([name, chain]) =>
        (options.tiny ? [2000] : chain.cells).map((cells) => wideCase(options, name, chain, cells)),
      ),
  pages: [{ page: 'docs/methods/correct.md', render }],
};

function wideCase(
  { tiny, workers }: BenchOptions,
  name: string,
  { words, seconds }: (typeof CHAINS)[string],
  cells: number,
): BenchCase {
  const of: WideTable = { cells, genes: tiny ? 500 : 5000, types: 5, meanCounts: 150, seed: SEED };
  return {
    key: `${name.replace(/[^a-z]+/g, '-')}-${cells}`,
    label: `${name}, ${number(cells)} cells`,
    settings: { ...of, words: words.join(' '), workers },
    estimateSeconds: 10 + (cells / 1e5) * (20 + seconds / workers),
    diskBytes: 2e7 + cells * 2e4,
    measure: (workbench) => measure(workbench, of, words, workers),
  };
}

async function measure(
  workbench: Workbench,
  of: WideTable,
  words: readonly string[],
  workers: number,
): Promise<CaseOutcome> {
  const [store, profiles] = [join(workbench.folder, 'wide.zarr'), join(workbench.folder, 'wide.csv')];
  const nonZero = await writeWideTable(store, profiles, of, () => workbench.isStopped);
  const result = await workbench.correct(store, 'wide-corrected', [
    ...[...words, '--set', `correct.reference.file=${profiles}`],
    ...['--seed', '1', '--workers', `${workers}`],
  ]);
  workbench.discard(result);
  return {
    measured: {
      seconds: spread([result.seconds]),
      workerCpuSeconds: spread([workOf(result, 'correct-', '').cpuSeconds]),
      coordinatorCpuSeconds: spread([result.coordinatorCpuSeconds]),
      coordinatorPeakBytes: spread([result.coordinatorPeakBytes]),
      workerPeakBytes: spread([result.workerPeakBytes]),
    },
    quality: { nonZero },
    digest: result.digest,
  };
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, measured, quality, digest }) => [
    label,
    number(Number(quality.nonZero) / 1e6, 1),
    show(measured.seconds, 0),
    show(measured.workerCpuSeconds, 0),
    show(measured.coordinatorCpuSeconds, 0),
    number(measured.coordinatorPeakBytes.median / MEBIBYTE),
    number(measured.workerPeakBytes.median / MEBIBYTE),
    digest.slice(0, 8),
  ]);
  const head = [
    'methods, cells',
    'counts that are not 0, millions',
    'seconds',
    'workers, CPU s',
    'coordinator, CPU s',
    'coordinator, MiB',
    'largest worker, MiB',
    'digest',
  ];
  return [
    table(head, rows),
    '',
    `${provenance(cases)} Drawn tables of 5,000 genes and 5 types, 150 transcripts per cell, 15 % of them of the cell beside; ${cases[0].settings.workers} workers.`,
  ].join('\n');
}

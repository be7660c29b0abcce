import { join } from 'node:path';
import { judgeSpill, type SpillScores } from '@spatile/instrument/judge/corrections/spill';
import type { BenchCase, BenchOptions, CaseOutcome } from '../bench.ts';
import { provenance, table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number, type Spread } from '../statistics.ts';
import type { MeasuredResult, Workbench } from '../workbench.ts';
import { writeTrueReference } from './reference.ts';

const SEED = 12;
const PRESETS = ['default', 'leaky', 'crowded'] as const;
const RUN = ['--assign', 'expand', '--seed', '1', '--workers', '1'];

/** A correction that is tried on every preset. */
export interface Correction {
  /** What it is called in tables and keys. */
  name: string;
  /** Words of `spatile correct` beside the reference, seed and workers. */
  words: readonly string[];
  estimateSeconds: (millionTranscripts: number) => number;
  /** What else is measured of it. */
  measured: (result: MeasuredResult) => Record<string, Spread>;
}

/** Corrections on simulated slides of every preset, one slide and one plain result for all of them. */
export function spillCases(
  { sizesUm, tiny }: BenchOptions,
  edgeUm: number,
  corrections: readonly Correction[],
): BenchCase[] {
  return (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : edgeUm]).flatMap((sizeUm) =>
    (tiny ? PRESETS.slice(0, 1) : PRESETS).flatMap((preset) =>
      (tiny ? corrections.slice(0, 1) : corrections).map((correction): BenchCase => {
        const millions = sizeUm ** 2 / 1.12e6;
        const { name, words } = correction;
        return {
          key: `${preset}-${sizeUm}-${name.replace(/[^a-z]+/g, '-')}`,
          label: `${preset}, ${name}`,
          settings: { sizeUm, preset, seed: SEED, correction: words.join(' '), run: RUN.join(' ') },
          estimateSeconds: 20 + 20 * millions + correction.estimateSeconds(millions),
          diskBytes: millions * 1e9,
          group: preset,
          measure: (workbench) => measure(workbench, sizeUm, preset, correction),
        };
      }),
    ),
  );
}

async function measure(
  workbench: Workbench,
  sizeUm: number,
  preset: string,
  { name, words, measured }: Correction,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ sizeUm, preset, seed: SEED });
  const plain = await workbench.result(slide, RUN);
  const reference = join(workbench.folder, `${preset}.csv`);
  await writeTrueReference(slide.truth, reference);
  const result = await workbench.correct(plain.zarr, `${preset}-${name.replace(/[^a-z]+/g, '-')}`, [
    ...['--set', `correct.reference.file=${reference}`, '--seed', '1', '--workers', '1'],
    ...words,
  ]);
  const [scores] = await judgeSpill(result.zarr, slide.truth, ['counts_corrected']);
  workbench.discard(result);
  return { measured: measured(result), quality: { ...scores }, digest: result.digest };
}

/** Processor seconds of tasks whose round begins like this, and a sum of what they counted. */
export function workOf(
  { events }: MeasuredResult,
  round: string,
  counter: string,
): { cpuSeconds: number; counted: number } {
  const tasks = events.flatMap((event) =>
    event.type === 'task' && event.round.startsWith(round) ? [event] : [],
  );
  return {
    cpuSeconds: tasks.reduce((sum, task) => sum + task.cpuSeconds, 0),
    counted: tasks.reduce((sum, { work }) => sum + (work[counter] ?? 0), 0),
  };
}

/** What was removed of what should be, a row for each case; `more` are columns of one method. */
export function spillTable(
  first: string,
  cases: readonly CaseResult[],
  more: Record<string, (result: CaseResult, scores: SpillScores) => string>,
  note: string,
): string {
  const percent = (share: number): string => `${number(100 * share, 1)} %`;
  const rows = cases.map((result) => {
    const scores = result.quality as unknown as SpillScores;
    return [
      result.label,
      number(scores.cells),
      percent(scores.spilled / (scores.native + scores.spilled + scores.background)),
      percent(scores.removedSpill),
      percent(scores.keptNative),
      percent(scores.removedBackground),
      scores.precision === null ? '' : percent(scores.precision),
      number(scores.cosineBefore, 3),
      number(scores.cosineAfter, 3),
      ...Object.values(more).map((column) => column(result, scores)),
      result.digest.slice(0, 8),
    ];
  });
  const head = [
    first,
    'cells',
    'spill in counts',
    'spill removed',
    'own counts kept',
    'background removed',
    'spill among removed',
    'cosine before',
    'after',
    ...Object.keys(more),
    'digest',
  ];
  return [
    table(head, rows),
    '',
    `${provenance(cases)} Simulated slides of 8 types and 300 genes, assigned by \`expand\`, with the true profiles as the reference. Spill: transcripts of another cell; background counts apart; spill among removed: of what was removed of own and spilled counts. Cosine: of a cell's counts with those of its own transcripts. ${note}`,
  ].join('\n');
}

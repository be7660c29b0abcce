import { join } from 'node:path';
import { judgeSpill, type SpillScores } from '@spatile/instrument/judge/corrections/spill';
import type { Bench, BenchCase, CaseOutcome } from '../bench.ts';
import { provenance, table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number, show, spread } from '../statistics.ts';
import type { Workbench } from '../workbench.ts';
import { writeTrueReference } from './reference.ts';

const SEED = 12;
const PRESETS = ['default', 'leaky', 'crowded'] as const;
const TESTS = ['bridge', 'enrichment', 'both', 'either'] as const;

/** Molecules removed by celladmix on simulated slides: what went of what should, and how fast labels are found. */
export const celladmix: Bench = {
  name: 'celladmix',
  cases: ({ sizesUm, tiny }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : 700]).flatMap((sizeUm) =>
      (tiny ? PRESETS.slice(0, 1) : PRESETS).flatMap((preset) =>
        (tiny ? TESTS.slice(0, 1) : TESTS).map((test): BenchCase => {
          const millions = sizeUm ** 2 / 1.12e6;
          return {
            key: `${preset}-${sizeUm}-${test}`,
            label: `${preset}, ${test}`,
            settings: { sizeUm, preset, seed: SEED, test, assign: 'expand' },
            estimateSeconds: 40 + 90 * millions,
            diskBytes: millions * 8e8,
            group: preset,
            measure: (workbench) => measure(workbench, sizeUm, preset, test),
          };
        }),
      ),
    ),
  pages: [{ page: 'docs/methods/celladmix.md', render }],
};

async function measure(
  workbench: Workbench,
  sizeUm: number,
  preset: string,
  test: string,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ sizeUm, preset, seed: SEED });
  const reference = join(workbench.folder, `${preset}.csv`);
  await writeTrueReference(slide.truth, reference);
  const words = ['--assign', 'expand', '--correct', 'rctd,celladmix', '--seed', '1', '--workers', '1'];
  const run = await workbench.run(slide, `celladmix-${preset}-${test}`, [
    ...[...words, '--set', `correct.reference.file=${reference}`],
    ...['--set', `correct.celladmix.test=${test}`],
  ]);
  const [scores] = await judgeSpill(run.zarr, slide.truth, ['counts_corrected']);
  const tasks = run.events.flatMap((event) =>
    event.type === 'task' && event.round.startsWith('correct-celladmix-') ? [event] : [],
  );
  const cpuOf = (step: string): number =>
    tasks
      .filter(({ round }) => round === `correct-celladmix-${step}`)
      .reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const labelled = tasks.reduce((sum, { work }) => sum + (work.moleculesLabelled ?? 0), 0);
  workbench.discard(run);
  return {
    measured: {
      moleculesPerCpuSecond: spread([labelled / cpuOf('labels')]),
      fitCpuSeconds: spread([cpuOf('sample') + cpuOf('factors') + cpuOf('bridges')]),
    },
    quality: { ...scores },
    digest: run.summary.digest,
  };
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, quality, measured, digest }) => {
    const scores = quality as unknown as SpillScores;
    const percent = (share: number): string => `${number(100 * share, 1)} %`;
    return [
      label,
      number(scores.cells),
      percent(scores.spilled / (scores.native + scores.spilled + scores.background)),
      percent(scores.removedSpill),
      percent(scores.keptNative),
      percent(scores.removedBackground),
      scores.precision === null ? '' : percent(scores.precision),
      number(scores.cosineBefore, 3),
      number(scores.cosineAfter, 3),
      show(measured.moleculesPerCpuSecond),
      show(measured.fitCpuSeconds),
      digest.slice(0, 8),
    ];
  });
  return [
    table(
      [
        'slide, test',
        'cells',
        'spill in counts',
        'spill removed',
        'own counts kept',
        'background removed',
        'spill among removed',
        'cosine before',
        'after',
        'transcripts / s and core',
        'factors and tests, CPU s',
        'digest',
      ],
      rows,
    ),
    '',
    `${provenance(cases)} Simulated slides of 8 types and 300 genes, assigned by \`expand\`, types by \`rctd\` with the true profiles as the reference. Spill: transcripts of another cell; background counts apart. Cosine: of a cell's counts with those of its own transcripts. The rate is of labelling alone.`,
  ].join('\n');
}

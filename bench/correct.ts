import { join } from 'node:path';
import { judgeSpill, type SpillScores } from '@spatile/instrument/judge/corrections/spill';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { writeTrueReference } from './correct/reference.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';
import type { Workbench } from './workbench.ts';

const SEED = 12;
const PRESETS = ['default', 'leaky', 'crowded'] as const;
const MODES = ['all', 'doublets', 'neighbours'] as const;

/** Cell types and corrected counts of simulated slides: speed of typing, and what was removed of what should be. */
export const correct: Bench = {
  name: 'correct',
  cases: ({ sizesUm, tiny }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : 500]).flatMap((sizeUm) =>
      (tiny ? PRESETS.slice(0, 1) : PRESETS).flatMap((preset) =>
        (tiny ? MODES.slice(2) : MODES).map((cells): BenchCase => {
          const millions = sizeUm ** 2 / 1.12e6;
          return {
            key: `${preset}-${sizeUm}-${cells}`,
            label: `${preset}, ${cells}`,
            settings: { sizeUm, preset, seed: SEED, cells, assign: 'expand' },
            estimateSeconds: 20 + 60 * millions,
            diskBytes: millions * 6e8,
            group: preset,
            measure: (workbench) => measure(workbench, sizeUm, preset, cells),
          };
        }),
      ),
    ),
  pages: [{ page: 'docs/methods/correct.md', render }],
};

async function measure(
  workbench: Workbench,
  sizeUm: number,
  preset: string,
  cells: string,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ sizeUm, preset, seed: SEED });
  const reference = join(workbench.folder, `${preset}.csv`);
  await writeTrueReference(slide.truth, reference);
  const words = ['--assign', 'expand', '--correct', 'rctd,split', '--set', `correct.split.cells=${cells}`];
  const run = await workbench.run(slide, `correct-${preset}-${cells}`, [
    ...[...words, '--set', `correct.reference.file=${reference}`, '--seed', '1', '--workers', '1'],
  ]);
  const [scores] = await judgeSpill(run.zarr, slide.truth, ['counts_corrected']);
  const tasks = run.events.flatMap((event) =>
    event.type === 'task' && event.round === 'correct-rctd-types' ? [event] : [],
  );
  const fitted = tasks.reduce((sum, { work }) => sum + (work.cellsFitted ?? 0), 0);
  const cpuSeconds = tasks.reduce((sum, task) => sum + task.cpuSeconds, 0);
  workbench.discard(run);
  return {
    measured: { cellsPerCpuSecond: spread([fitted / cpuSeconds]) },
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
      number(scores.cosineBefore, 3),
      number(scores.cosineAfter, 3),
      percent(scores.typeAccuracy),
      show(measured.cellsPerCpuSecond),
      digest.slice(0, 8),
    ];
  });
  return [
    table(
      [
        'slide, cells purified',
        'cells',
        'spill in counts',
        'spill removed',
        'own counts kept',
        'background removed',
        'cosine before',
        'after',
        'types right',
        'cells / s and core',
        'digest',
      ],
      rows,
    ),
    '',
    `${provenance(cases)} Simulated slides of 8 types and 300 genes, assigned by \`expand\`, with the true profiles as the reference. Spill: transcripts of another cell; background counts apart. Cosine: of a cell's counts with those of its own transcripts. The rate is of typing alone, likelihood tables included.`,
  ].join('\n');
}

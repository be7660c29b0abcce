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
const WAYS = ['resolvi', 'rctd,resolvi'] as const;
const EPOCHS = 50;

/** Counts corrected by ResolVI on simulated slides, without labels and with those of rctd: what went of what should, and time. */
export const resolvi: Bench = {
  name: 'resolvi',
  cases: ({ sizesUm, tiny }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : 700]).flatMap((sizeUm) =>
      (tiny ? PRESETS.slice(0, 1) : PRESETS).flatMap((preset) =>
        (tiny ? WAYS.slice(0, 1) : WAYS).map((methods): BenchCase => {
          const millions = sizeUm ** 2 / 1.12e6;
          const epochs = tiny ? 2 : EPOCHS;
          return {
            key: `${preset}-${sizeUm}-${methods}`,
            label: `${preset}, ${methods}`,
            settings: { sizeUm, preset, seed: SEED, methods, epochs, assign: 'expand' },
            estimateSeconds: 20 + 60 * millions + 80 * millions * epochs,
            diskBytes: millions * 8e8,
            group: preset,
            measure: (workbench) => measure(workbench, sizeUm, preset, methods, epochs),
          };
        }),
      ),
    ),
  pages: [{ page: 'docs/methods/resolvi.md', render }],
};

async function measure(
  workbench: Workbench,
  sizeUm: number,
  preset: string,
  methods: string,
  epochs: number,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ sizeUm, preset, seed: SEED });
  const reference = join(workbench.folder, `${preset}.csv`);
  await writeTrueReference(slide.truth, reference);
  const run = await workbench.run(slide, `resolvi-${preset}-${methods.replace(',', '-')}`, [
    ...['--assign', 'expand', '--correct', methods, '--seed', '1', '--workers', '1'],
    ...['--set', `correct.reference.file=${reference}`, '--set', `correct.resolvi.epochs=${epochs}`],
  ]);
  const [scores] = await judgeSpill(run.zarr, slide.truth, ['counts_corrected']);
  const training = run.events.flatMap((event) =>
    event.type === 'task' && event.round.startsWith('correct-resolvi-train') ? [event.cpuSeconds] : [],
  );
  workbench.discard(run);
  return {
    measured: { epochCpuSeconds: spread([training.reduce((a, b) => a + b, 0) / epochs]) },
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
      show(measured.epochCpuSeconds),
      digest.slice(0, 8),
    ];
  });
  return [
    table(
      [
        'slide, methods',
        'cells',
        'spill in counts',
        'spill removed',
        'own counts kept',
        'background removed',
        'cosine before',
        'after',
        'CPU s per epoch',
        'digest',
      ],
      rows,
    ),
    '',
    `${provenance(cases)} Simulated slides of 8 types and 300 genes, assigned by \`expand\`. Spill: transcripts of another cell; background counts apart. Cosine: of a cell's counts with those of its own transcripts.`,
  ].join('\n');
}

import type { Bench, BenchOptions } from '../bench.ts';
import { show, spread } from '../statistics.ts';
import { type Correction, spillCases, spillTable, workOf } from './spill.ts';

const corrections = ({ tiny }: BenchOptions): Correction[] =>
  ['resolvi', 'rctd,resolvi'].map((methods) => {
    const epochs = tiny ? 2 : 50;
    return {
      name: methods,
      words: ['--correct', methods, '--set', `correct.resolvi.epochs=${epochs}`],
      estimateSeconds: (millions) => 10 + 2 * millions * epochs,
      measured: (result) => ({
        epochCpuSeconds: spread([workOf(result, 'correct-resolvi-train', '').cpuSeconds / epochs]),
      }),
    };
  });

/** Counts corrected by ResolVI on simulated slides, without labels and with those of rctd: what went of what should, and time. */
export const resolvi: Bench = {
  name: 'resolvi',
  cases: (options) => spillCases(options, 500, corrections(options)),
  pages: [
    {
      page: 'docs/methods/resolvi.md',
      render: (cases) =>
        spillTable(
          'slide, methods',
          cases,
          { 'CPU s per epoch': ({ measured }) => show(measured.epochCpuSeconds) },
          '50 epochs.',
        ),
    },
  ],
};

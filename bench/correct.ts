import type { Bench } from './bench.ts';
import { type Correction, spillCases, spillTable, workOf } from './correct/spill.ts';
import { number, show, spread } from './statistics.ts';
import type { MeasuredResult } from './workbench.ts';

const MODES: Record<string, readonly string[]> = {
  all: ['correct.split.cells=all'],
  doublets: ['correct.split.cells=doublets'],
  neighbours: ['correct.split.cells=neighbours'],
  'neighbours, swap': ['correct.split.cells=neighbours', 'correct.split.shift.swap=true'],
};

const corrections = Object.entries(MODES).map(
  ([name, settings]): Correction => ({
    name,
    words: ['--correct', 'rctd,split', ...settings.flatMap((setting) => ['--set', setting])],
    estimateSeconds: (millions) => 40 * millions,
    measured: (result) => ({ cellsPerCpuSecond: spread([typingRate(result)]) }),
  }),
);

function typingRate(result: MeasuredResult): number {
  const { cpuSeconds, counted } = workOf(result, 'correct-rctd-types', 'cellsFitted');
  return counted / cpuSeconds;
}

/** Cell types and corrected counts of simulated slides: speed of typing, and what was removed of what should be. */
export const correct: Bench = {
  name: 'correct',
  cases: (options) => spillCases(options, 500, corrections),
  pages: [
    {
      page: 'docs/methods/correct.md',
      render: (cases) =>
        spillTable(
          'slide, cells purified',
          cases,
          {
            'types right': (_, { typeAccuracy }) => `${number(100 * typeAccuracy, 1)} %`,
            'cells / s and core': ({ measured }) => show(measured.cellsPerCpuSecond),
          },
          'Types: by `rctd`, before any swap. The rate is of typing alone, likelihood tables included.',
        ),
    },
  ],
};

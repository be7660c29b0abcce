import type { Bench } from '../bench.ts';
import { show, spread } from '../statistics.ts';
import { type Correction, spillCases, spillTable, workOf } from './spill.ts';

const corrections = ['bridge', 'enrichment', 'both', 'either'].map(
  (test): Correction => ({
    name: test,
    words: ['--correct', 'rctd,celladmix', '--set', `correct.celladmix.test=${test}`],
    estimateSeconds: (millions) => 20 + 50 * millions,
    measured: (result) => {
      const cpuOf = (step: string): number => workOf(result, `correct-celladmix-${step}`, '').cpuSeconds;
      const { cpuSeconds, counted } = workOf(result, 'correct-celladmix-labels', 'moleculesLabelled');
      return {
        moleculesPerCpuSecond: spread([counted / cpuSeconds]),
        fitCpuSeconds: spread([cpuOf('sample') + cpuOf('factors') + cpuOf('bridges')]),
      };
    },
  }),
);

/** Molecules removed by celladmix on simulated slides: what went of what should, and how fast labels are found. */
export const celladmix: Bench = {
  name: 'celladmix',
  cases: (options) => spillCases(options, 500, corrections),
  pages: [
    {
      page: 'docs/methods/celladmix.md',
      render: (cases) =>
        spillTable(
          'slide, test',
          cases,
          {
            'transcripts / s and core': ({ measured }) => show(measured.moleculesPerCpuSecond),
            'factors and tests, CPU s': ({ measured }) => show(measured.fitCpuSeconds),
          },
          'Types: by `rctd`. The rate is of labelling alone.',
        ),
    },
  ],
};

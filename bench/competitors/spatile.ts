import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Competitor } from './competitor.ts';

const version = (): string =>
  `spatile ${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}`;

function spatile(
  about: Pick<Competitor, 'key' | 'label' | 'threads' | 'only' | 'estimateSeconds'>,
  words: readonly string[],
): Competitor {
  return {
    ...about,
    absent: '',
    find: (program) => ({
      version: version(),
      command: ({ bundle }, out) => ({
        words: [
          ...[process.execPath, join(program, 'coordinator/main.js'), 'run', bundle, '--quiet'],
          ...['-o', join(out, 'slide.zarr'), '--workers', `${about.threads}`, '--seed', '1', ...words],
        ],
      }),
      result: (_, out) => ({ path: join(out, 'slide.zarr') }),
    }),
  };
}

/** What the sampler's time grows with beside transcripts: seconds of two cores per million. */
const perMillion = (genes: number): number => 45 + genes / 60;

export const SPATILE: Competitor = spatile(
  {
    key: 'spatile',
    label: 'spatile',
    threads: 2,
    estimateSeconds: ({ millions, genes }) => 15 + millions * perMillion(genes),
  },
  ['--assign', 'proseg'],
);

/** The same, keeping only what it is sure of: for comparison with programs that leave more out. */
export const SPATILE_SURE: Competitor = spatile(
  {
    key: 'spatile-sure',
    label: 'spatile, 0.9 sure',
    threads: 2,
    only: ({ millions }) => millions < 0.5,
    estimateSeconds: ({ millions, genes }) => 15 + millions * perMillion(genes),
  },
  ['--assign', 'proseg', '--set', 'assign.proseg.minProbability=0.9'],
);

/** Its other method, which finds cells of its own. */
export const SPATILE_BAYSOR: Competitor = spatile(
  {
    key: 'spatile-baysor',
    label: 'spatile, baysor',
    threads: 2,
    only: ({ millions, scaling }) => scaling && millions < 0.5,
    estimateSeconds: ({ millions, genes }) => 20 + 3 * millions * perMillion(genes),
  },
  ['--assign', 'baysor'],
);

/** For the scaling curve. */
export const SPATILE_ONE: Competitor = spatile(
  {
    key: 'spatile-1',
    label: 'spatile, 1 worker',
    threads: 1,
    only: ({ scaling }) => scaling,
    estimateSeconds: ({ millions, genes }) => 15 + 1.8 * millions * perMillion(genes),
  },
  ['--assign', 'proseg'],
);

export const NUCLEUS: Competitor = spatile(
  {
    key: 'nucleus',
    label: 'nucleus only',
    threads: 2,
    estimateSeconds: ({ millions }) => 3 + 15 * millions,
  },
  ['--assign', 'nucleus'],
);

export const EXPAND: Competitor = spatile(
  {
    key: 'expand',
    label: '5 um expansion',
    threads: 2,
    estimateSeconds: ({ millions }) => 3 + 20 * millions,
  },
  ['--assign', 'expand', '--set', 'assign.expand.distanceUm=5'],
);

/** The cells that the bundle came with. */
export const VENDOR: Competitor = {
  key: 'vendor',
  label: "the vendor's cells",
  threads: 0,
  absent: '',
  find: () => ({ version: '', command: null, result: ({ bundle }) => ({ path: bundle }) }),
  estimateSeconds: () => 0,
};

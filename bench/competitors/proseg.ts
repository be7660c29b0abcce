import { join } from 'node:path';
import type { Competitor } from './competitor.ts';
import { findProgram, versionOf } from './tools.ts';

export const PROSEG_VERSION = '3.1.0';

/** Proseg as its authors tell users to run it on a Xenium bundle: its preset, no other option. */
export const PROSEG: Competitor = {
  key: 'proseg',
  label: 'Proseg',
  threads: 2,
  absent: `not installed: \`npm run bench -- install\` builds ${PROSEG_VERSION} with cargo`,
  find: () => {
    const program = findProgram('proseg', 'SPATILE_BENCH_PROSEG');
    const version = program === null ? null : versionOf(program);
    if (program === null || version === null) return null;
    return {
      version,
      command: ({ bundle }, out) => ({
        words: [
          ...[program, '--xenium', '--nthreads', '2', join(bundle, 'transcripts.parquet')],
          ...['--output-spatialdata', join(out, 'proseg.zarr')],
        ],
        cwd: out,
      }),
      result: (_, out) => ({ path: join(out, 'proseg.zarr') }),
    };
  },
  // Few parts can be worked on at once on small slides.
  estimateSeconds: ({ millions, genes }) =>
    5 + millions * (millions < 0.5 ? 680 : 450) * (1 + genes / 10_000),
};

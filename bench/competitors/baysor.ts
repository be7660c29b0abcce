import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Competitor } from './competitor.ts';
import { findProgram, versionOf } from './tools.ts';

/** The settings that Baysor's authors give for Xenium, as its versions 0.6 and 0.7 read them. */
const CONFIG = `[data]
x = "x_location"
y = "y_location"
z = "z_location"
gene = "feature_name"
min_molecules_per_gene = 10
exclude_genes = "NegControl*,Unassigned*"
min_molecules_per_cell = 50

[segmentation]
unassigned_prior_label = "UNASSIGNED"
prior_segmentation_confidence = 0.5
`;

export const BAYSOR: Competitor = {
  key: 'baysor',
  label: 'Baysor',
  threads: 2,
  absent:
    'not installed: neither its binaries and container (0.9) nor Julia and its package server (0.7) are in the registries that the measuring machine reaches (npm, PyPI, crates.io, Go, Maven, Debian); with `baysor` on the PATH or in SPATILE_BENCH_BAYSOR, and for 0.9 its own preset in SPATILE_BENCH_BAYSOR_CONFIG, it takes part',
  find: () => {
    const program = findProgram('baysor', 'SPATILE_BENCH_BAYSOR');
    const version = program === null ? null : (versionOf(program) ?? versionOf(program, 'run', '--version'));
    if (program === null || version === null) return null;
    return {
      version: `Baysor ${version.replace(/^baysor\s*/i, '')}`,
      command: ({ bundle }, out) => {
        const config = process.env.SPATILE_BENCH_BAYSOR_CONFIG ?? join(out, 'xenium.toml');
        if (process.env.SPATILE_BENCH_BAYSOR_CONFIG === undefined) writeFileSync(config, CONFIG);
        const words = [program, 'run', '-c', config, '-o', out];
        return {
          words: [...words, join(bundle, 'transcripts.parquet'), ':cell_id'],
          cwd: out,
          // The one is read by 0.9, the other by the versions in Julia.
          environment: { OMP_NUM_THREADS: '2', JULIA_NUM_THREADS: '2' },
        };
      },
      result: ({ bundle }, out) => ({ path: join(out, 'segmentation.csv'), words: ['--bundle', bundle] }),
    };
  },
  estimateSeconds: ({ millions }) => 60 + 1200 * millions,
};

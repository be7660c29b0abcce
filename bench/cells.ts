import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import type { CellFigures } from './segment/cells.ts';
import { number, show, spread } from './statistics.ts';

/** A seed that the defaults of `segment.membrane` were not chosen on. */
const SEED = 41;
const STEPS = ['growth', 'interior', 'membrane'] as const;
const NUCLEI = ['watershed', 'network'] as const;
const LABELS = {
  growth: 'growth',
  interior: 'interior stain, growth',
  membrane: 'boundary stain, interior stain, growth',
};

/** Whole cells of simulated slides by the steps of `xenium`, without a network for the boundary stain. */
export const cells: Bench = {
  name: 'cells',
  cases: ({ sizesUm, repeats, tiny, program }) =>
    ['default', 'crowded'].slice(0, tiny ? 1 : 2).flatMap((preset) =>
      NUCLEI.flatMap((nuclei) =>
        STEPS.map((steps): BenchCase => {
          const n = repeats ?? 3;
          const sizeUm = sizesUm[0] ?? (tiny ? 130 : 500);
          return {
            key: `${preset}-${nuclei}-${steps}`,
            label: `${preset}, nuclei by ${nuclei}: ${LABELS[steps]}`,
            settings: { preset, nuclei, steps, repeats: n, sizeUm, seed: SEED },
            estimateSeconds: 15,
            diskBytes: 2e8,
            measure: async ({ folder }) => {
              const bundle = join(folder, `cells-${preset}`);
              const slide = ['--preset', preset, '--size-um', `${sizeUm}`, '--seed', `${SEED}`];
              if (!existsSync(bundle))
                node([join(program, 'coordinator/main.js'), 'simulate', '-o', bundle, ...slide, '-q']);
              const file = join(folder, 'cells.json');
              const by = nuclei === 'network' ? join(program, 'networks/nuclei') : nuclei;
              const judge = join(program, 'worker/bench-cells.js');
              node([judge, steps, by, `${n}`, file, bundle, `${bundle}.truth`]);
              return outcome(JSON.parse(readFileSync(file, 'utf8')));
            },
          };
        }),
      ),
    ),
  pages: [{ page: 'bench/segment.md', render }],
};

function node(words: readonly string[]): void {
  const { status } = spawnSync(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${words[0]}: exit code ${status}`);
}

function outcome(figures: CellFigures): CaseOutcome {
  const { cells, boundaryShare, interiorShare, rates, membraneSeconds, pixels } = figures;
  const speeds = membraneSeconds.map((seconds) => pixels / seconds / 1e6);
  return {
    measured: speeds.length > 0 ? { mpxPerSecond: spread(speeds) } : ({} as CaseOutcome['measured']),
    quality: {
      ...{ cells, boundaryShare, interiorShare, pq: rates[0].pq },
      ...Object.fromEntries(rates.map(({ threshold, f1 }) => [`f1At${Math.round(100 * threshold)}`, f1])),
    },
    digest: '',
  };
}

function render(results: readonly CaseResult[]): string {
  const rows = results.map(({ label, quality, measured }) => [
    label,
    number(quality.cells as number),
    ...['boundaryShare', 'interiorShare', 'f1At50', 'f1At60', 'f1At70', 'f1At80', 'pq'].map((name) =>
      number(quality[name] as number, 3),
    ),
    measured.mpxPerSecond ? show(measured.mpxPerSecond) : '',
  ]);
  const head = ['cells', 'by boundary', 'by interior', 'F1 at IoU 0.5', '0.6', '0.7', '0.8', 'PQ', 'Mpx / s'];
  return [
    table(['slide, nuclei and steps', ...head], rows),
    '',
    `${provenance(results)} Speed: processor time of the step on the boundary stain, median and range.`,
  ].join('\n');
}

import type { Bench, BenchCase } from './bench.ts';
import { measureRuns } from './measured-run.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show } from './statistics.ts';

const SEED = 12;

interface Variant {
  method: 'proseg' | 'expand';
  /** Tiles along an edge of the slide. */
  cuts: number;
  workers: number;
}

const VARIANTS: Variant[] = [
  { method: 'expand', cuts: 2, workers: 1 },
  { method: 'expand', cuts: 2, workers: 2 },
  { method: 'proseg', cuts: 1, workers: 1 },
  { method: 'proseg', cuts: 2, workers: 1 },
  { method: 'proseg', cuts: 2, workers: 2 },
];

/** To try the bench one run of each method is enough. */
const variants = (tiny: boolean): Variant[] =>
  tiny ? VARIANTS.filter(({ cuts, workers }) => cuts === workers) : VARIANTS;

/** How fast transcripts are assigned, by method, size of tile and number of workers; the default schedule. */
export const assign: Bench = {
  name: 'assign',
  cases: ({ sizesUm, repeats, tiny }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 130 : 360]).flatMap((sizeUm) =>
      variants(tiny).map((variant): BenchCase => {
        const n = repeats ?? 3;
        const { method, cuts, workers } = variant;
        const millions = sizeUm ** 2 / 1.12e6;
        const perRun = method === 'expand' ? 10 + 30 * millions : (600 * millions) / workers + 15;
        const tileUm = Math.ceil(sizeUm / cuts) + 32;
        const words = [
          ...['--assign', method, '--workers', `${workers}`, '--seed', '1', '--tile-size', `${tileUm}`],
          ...['--set', 'plan.minTileSizeUm=50'],
        ];
        return {
          key: `${method}-${sizeUm}-${cuts}x${cuts}-${workers}`,
          label: `${method}, ${cuts * cuts === 1 ? '1 tile' : `${cuts} x ${cuts} tiles`}, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
          settings: { sizeUm, seed: SEED, ...variant, repeats: n, command: words.join(' ') },
          estimateSeconds: perRun * n + 10,
          diskBytes: millions * 6e8,
          measure: async (workbench) =>
            measureRuns(workbench, await workbench.slide({ sizeUm, seed: SEED }), words, n),
        };
      }),
    ),
  pages: [{ page: 'bench/details.md', render }],
};

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, settings, measured, quality, digest }) => [
    label,
    number(Number(quality.transcripts)),
    number(Number(quality.iterations)),
    show(measured.assignTranscriptIterationsPerCpuSecond, 2, 1e-6),
    settings.method === 'proseg' ? show(measured.fitSeconds) : '-',
    show(measured.assignSeconds),
    settings.method === 'proseg' ? show(measured.borderSeconds) : '-',
    show(measured.seconds),
    number(Number(quality.f1), 3),
    number(Number(quality.detection), 3),
    digest.slice(0, 8),
  ]);
  return [
    table(
      [
        'method and tiles',
        'transcripts',
        'iterations',
        'M transcripts x iterations / s and core',
        'fit, s',
        'assign, s',
        'border, s',
        'whole run, s',
        'F1',
        'found cells',
        'digest',
      ],
      rows,
    ),
    '',
    `${provenance(cases)} The rate counts the transcripts of tile cores alone, so what is computed twice in halos lowers it; core means processor seconds of the workers. Times are wall times of the step. Processes start cold, as a user's do; the slide is in the file cache. Median and range of ${cases[0].settings.repeats}. Equal digests of one tiling say that the number of workers changed no byte.`,
  ].join('\n');
}

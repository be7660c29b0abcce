import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import type { OriginalFigures } from './segment/originals.ts';
import { number, show, spread } from './statistics.ts';

/** A seed of its own among the benches of images. */
const SEED = 21;
/** Each step with the Python modules that its original needs. */
const PARTS = {
  network: ['network: onnxruntime of Python', 'onnxruntime'],
  stardist: ['candidates to labels: stardist', 'stardist'],
  cellpose: ['flows to masks: cellpose', 'torch, cellpose'],
  distance: ['distance transform: scipy', 'scipy'],
  flooding: ['watershed from seeds: scikit-image', 'skimage'],
} as const;

/** Steps of the segmentation beside the Python programs they stand for, on the same arrays. */
export const segmentOriginals: Bench = {
  name: 'segment-originals',
  cases: ({ sizesUm, repeats, tiny, program }) =>
    ['default', 'crowded'].slice(0, tiny ? 1 : 2).flatMap((preset) =>
      (Object.keys(PARTS) as (keyof typeof PARTS)[]).map((part): BenchCase => {
        const n = repeats ?? 5;
        const sizeUm = sizesUm[0] ?? (tiny ? 130 : 500);
        return {
          key: `${preset}-${part}`,
          label: `${preset}: ${PARTS[part][0]}`,
          settings: { preset, part, repeats: n, sizeUm, seed: SEED },
          estimateSeconds: part === 'cellpose' ? 60 : 10 * n,
          diskBytes: 4e8,
          skip: () => missing(PARTS[part][1]),
          measure: async ({ folder }) => {
            const bundle = join(folder, `segment-originals-${preset}`);
            const slide = ['--preset', preset, '--size-um', `${sizeUm}`, '--seed', `${SEED}`];
            if (!existsSync(bundle))
              node([join(program, 'coordinator/main.js'), 'simulate', '-o', bundle, ...slide, '-q']);
            const file = join(folder, 'originals.json');
            const words = [part, `${n}`, file, join(program, 'networks/nuclei'), bundle, `${bundle}.truth`];
            node([join(program, 'worker/bench-segment-originals.js'), ...words]);
            return outcome(JSON.parse(readFileSync(file, 'utf8')));
          },
        };
      }),
    ),
  pages: [{ page: 'bench/segment.md', render }],
};

function missing(modules: string): string | null {
  const python = process.env.SPATILE_BENCH_PYTHON ?? 'python3';
  const { status } = spawnSync(python, ['-c', `import numpy, ${modules}`], { stdio: 'ignore' });
  return status === 0 ? null : `no Python with ${modules} (SPATILE_BENCH_PYTHON)`;
}

function node(words: readonly string[]): void {
  const { status } = spawnSync(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${words[0]}: exit code ${status}`);
}

function outcome({ pixels, ours, theirs, ap50, ap90, difference }: OriginalFigures): CaseOutcome {
  return {
    measured: { ourSeconds: spread(ours), theirSeconds: spread(theirs) },
    quality: {
      megapixels: pixels / 1e6,
      ap50: ap50 ?? null,
      ap90: ap90 ?? null,
      difference: difference ?? null,
    },
    digest: '',
  };
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, quality, measured }) => [
    label,
    show(measured.ourSeconds, 3),
    show(measured.theirSeconds, 3),
    number(measured.theirSeconds.median / measured.ourSeconds.median, 1),
    ...['ap50', 'ap90'].map((name) => (quality[name] === null ? '' : number(quality[name] as number, 3))),
    quality.difference === null ? '' : (quality.difference as number).toExponential(0),
  ]);
  const head = ['spatile, s', 'original, s', 'times as fast', 'AP at IoU 0.5', '0.9', 'largest difference'];
  return [
    table(['slide and step', ...head], rows),
    '',
    `${provenance(cases)} Processor time on ${number(cases[0].quality.megapixels as number, 1)} megapixels, one thread, median and range; AP: of the labels of spatile, those of the original taken for the truth.`,
  ].join('\n');
}

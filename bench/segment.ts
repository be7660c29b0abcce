import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerFlags } from '@spatile/formats/tile/worker-flags';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import type { SegmentFigures } from './segment/judge.ts';
import { number, show, spread } from './statistics.ts';

/** Labelled real images, beside the repository. */
const NUCLEI = '../shared/data/nuclei';
/** Memory of the process that segments, as a worker has it. */
const MEMORY = 2 * 2 ** 30;
/** Seeds that the defaults of the watershed were not chosen on. */
const SEED = 21;
const METHODS = ['watershed', 'network', 'scikit-image'] as const;
const SCENES = ['fluorescence', 'h&e', 'default', 'crowded'] as const;

/** Nuclei from images: watershed, the network that comes with spatile and the usual Python pipeline, judged by the same truth. */
export const segment: Bench = {
  name: 'segment',
  cases: ({ sizesUm, repeats, tiny, program }) =>
    (tiny ? SCENES.slice(2, 3) : SCENES).flatMap((scene) =>
      METHODS.map((method): BenchCase => {
        const n = repeats ?? 3;
        const sizeUm = sizesUm[0] ?? (tiny ? 130 : 500);
        const real = scene === 'fluorescence' || scene === 'h&e';
        return {
          key: `${scene.replace('&', '')}-${method}`,
          label: `${scene}: ${method}`,
          settings: { scene, method, repeats: n, ...(real ? {} : { sizeUm, seed: SEED }) },
          estimateSeconds: 20 * n,
          diskBytes: 2e8,
          skip: () => reasonToSkip(method, real),
          measure: async (workbench) => {
            const network = join(program, 'networks', scene === 'h&e' ? 'nuclei-he' : 'nuclei');
            const words = real ? [scene, NUCLEI] : simulated(program, workbench.folder, scene, sizeUm);
            return measure(program, workbench.folder, method === 'network' ? network : method, n, words);
          },
        };
      }),
    ),
  pages: [{ page: 'bench/segment.md', render }],
};

function reasonToSkip(method: string, real: boolean): string | null {
  if (real && !existsSync(NUCLEI)) return `the labelled images are not there (${NUCLEI})`;
  if (method !== 'scikit-image') return null;
  const python = process.env.SPATILE_BENCH_PYTHON ?? 'python3';
  const { status } = spawnSync(python, ['-c', 'import skimage, scipy'], { stdio: 'ignore' });
  return status === 0 ? null : 'no Python with scikit-image (SPATILE_BENCH_PYTHON)';
}

/** A slide with images, made once by the built program. */
function simulated(program: string, folder: string, preset: string, sizeUm: number): string[] {
  const bundle = join(folder, `images-${preset}`);
  if (!existsSync(bundle)) {
    const words = [
      'simulate',
      '-o',
      bundle,
      '--preset',
      preset,
      '--size-um',
      `${sizeUm}`,
      '--seed',
      `${SEED}`,
      '-q',
    ];
    node([join(program, 'coordinator/main.js'), ...words]);
  }
  return [bundle, `${bundle}.truth`];
}

function node(words: readonly string[]): void {
  const { status } = spawnSync(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${words[0]}: exit code ${status}`);
}

function measure(program: string, folder: string, method: string, n: number, scene: string[]): CaseOutcome {
  const file = join(folder, 'segment.json');
  node([...workerFlags(MEMORY), join(program, 'worker/bench-segment.js'), method, `${n}`, file, ...scene]);
  const figures: SegmentFigures = JSON.parse(readFileSync(file, 'utf8'));
  const rates = Object.fromEntries(
    figures.pooled.map(({ threshold, ap }) => [`ap${Math.round(100 * threshold)}`, ap]),
  );
  return {
    measured: {
      mpxPerSecond: spread(figures.cpuSeconds.map((seconds) => figures.pixels / seconds / 1e6)),
      ...(figures.bareSeconds.length > 0
        ? { timesBare: spread(figures.cpuSeconds.map((seconds, i) => seconds / figures.bareSeconds[i])) }
        : {}),
    },
    quality: {
      ...rates,
      f1: figures.pooled[0].f1,
      pq: figures.pooled[0].pq,
      meanAp: figures.meanAp,
      meanAccuracy: figures.meanAccuracy,
      peakMiB: method === 'scikit-image' ? 0 : figures.peakBytes / 2 ** 20,
      megapixels: figures.pixels / 1e6,
      outlineMpxPerSecond: figures.pixels / figures.outlineSeconds / 1e6,
    },
    digest: '',
    details: figures.images,
  };
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, quality, measured }) => [
    label,
    ...['ap50', 'ap60', 'ap70', 'ap80', 'ap90', 'f1', 'pq', 'meanAp', 'meanAccuracy'].map((name) =>
      number(quality[name] as number, 3),
    ),
    show(measured.mpxPerSecond),
    measured.timesBare ? show(measured.timesBare, 2) : '',
    number(quality.outlineMpxPerSecond as number, 1),
    quality.peakMiB ? number(quality.peakMiB as number) : '',
  ]);
  const head = [
    'AP at IoU 0.5',
    '0.6',
    '0.7',
    '0.8',
    '0.9',
    'F1',
    'PQ',
    'mean AP',
    'DSB score',
    'Mpx / s and core',
    'times the network alone',
    'outlines, Mpx / s',
    'peak, MiB',
  ];
  return [
    table(['images and method', ...head], rows),
    '',
    `${provenance(cases)} AP = TP / (TP + FP + FN), counts pooled over images; mean AP: averaged over images, at 0.5; F1 and PQ at 0.5; DSB score: mean over IoU 0.50 to 0.95, averaged over images. Speed: processor time, median and range; times the network alone: against the runtime on the same inputs in the same rounds, with the flags of a worker; outlines: one call, the first; peak: of the process that segments, with the images and their truth.`,
  ].join('\n');
}

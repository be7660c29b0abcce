import { createHash } from 'node:crypto';
import { loadTruth } from '@spatile/instrument/judge/truth';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { type LoadedRun, loadRun, PLACES, type SeamFigures, seamFigures } from './seam-figures.ts';
import { renderSeams } from './seams-page.ts';
import { spread } from './statistics.ts';
import type { SlideFolder, Workbench } from './workbench.ts';

/** Tiles along an edge. The planner halves rectangles, so thirds cannot be had. */
export const CUTS = [2, 4] as const;
type Method = 'expand' | 'proseg';

/** One slide untiled with two seeds, and cut: are cells near the borders of tiles as good as the same cells untiled? */
export const seams: Bench = {
  name: 'seams',
  cases: ({ sizesUm, slides, workers, tiny }) =>
    // To try the bench the quick method is enough.
    (tiny ? (['expand'] as const) : (['expand', 'proseg'] as const)).flatMap((method) =>
      (sizesUm.length > 0 ? sizesUm : [tiny ? 220 : 500]).flatMap((sizeUm) =>
        Array.from({ length: slides }, (_, k): BenchCase => {
          const seed = k + 1;
          const millions = sizeUm ** 2 / 1.12e6;
          // The untiled runs have one worker at work; small tiles compute their halos several times.
          const perSlide = 60 + millions * (method === 'expand' ? 200 : 500 * (2 + 1 + 2));
          return {
            key: `${method}-${sizeUm}-${seed}`,
            label: `${method}, ${sizeUm} um, slide ${seed}`,
            settings: { method, sizeUm, seed, workers, cuts: CUTS.join(' ') },
            estimateSeconds: perSlide,
            diskBytes: millions * 2.5e9,
            measure: (workbench) => measure(workbench, method, { sizeUm, seed }, workers),
          };
        }),
      ),
    ),
  pages: [{ page: 'docs/no-seams.md', render: renderSeams }],
};

async function measure(
  workbench: Workbench,
  method: Method,
  options: { sizeUm: number; seed: number },
  workers: number,
): Promise<CaseOutcome> {
  const slide = await workbench.slide(options);
  // The same limit for all, wide enough for the untiled slide.
  const words = (cuts: number): string[] => [
    ...['--assign', method, '--memory-per-worker', '8GiB', '--set', 'plan.minTileSizeUm=50'],
    ...['--tile-size', `${cuts === 1 ? 20_000 : Math.ceil(options.sizeUm / cuts) + 32}`],
  ];
  for (const cuts of [1, ...CUTS]) {
    const { tiles } = (await workbench.inspect(slide, words(cuts))).plan;
    if (tiles !== cuts * cuts)
      throw new Error(`seams: ${tiles} tiles planned; expected ${cuts} x ${cuts}; choose another --size`);
  }
  const truth = await loadTruth(slide.truth);
  const numbers = new Map<string, number>();
  const digests: string[] = [];
  const seconds: number[] = [];
  const take = async (cuts: number, seed: number): Promise<LoadedRun> => {
    const name = `${cuts}x${cuts}-${seed}`;
    const run = await workbench.run(slide, name, [
      ...words(cuts),
      ...['--seed', `${seed}`, '--workers', `${workers}`],
    ]);
    digests.push(run.summary.digest);
    seconds.push(run.seconds);
    return loadRun(run.zarr, truth, numbers);
  };
  const a = await take(1, 1);
  const b = await take(1, 2);
  const figures: Record<string, SeamFigures> = {};
  for (const cuts of CUTS) figures[cuts] = await seamFigures(truth, await take(cuts, 1), a, b);
  return {
    measured: { seconds: spread(seconds) },
    quality: qualityOf(slide, figures),
    digest: createHash('sha256').update(digests.join()).digest('hex'),
    details: figures,
  };
}

function qualityOf(slide: SlideFolder, figures: Record<string, SeamFigures>): CaseOutcome['quality'] {
  const scores = Object.entries(figures).flatMap(([cuts, byPlace]) =>
    PLACES.map((place) => [`f1 ${cuts}x${cuts} ${place}`, byPlace[place].f1.tiled] as const),
  );
  return { transcripts: slide.transcripts, ...Object.fromEntries(scores) };
}

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle } from '@spatile/formats/bundle/open';
import { configSchema } from '@spatile/formats/config/schema';
import { readAnnotation } from '@spatile/formats/spatialdata/read';
import { loadTruth } from '@spatile/instrument/judge/truth';
import { RandomStream } from '@spatile/random/stream';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { type LoadedRun, loadRun, PLACES, seamFigures } from './seam-figures.ts';
import { number, show, spread } from './statistics.ts';
import type { MeasuredRun, SlideFolder, Workbench } from './workbench.ts';

const METHODS = ['baysor', 'proseg', 'expand'] as const;
type Method = (typeof METHODS)[number];
/** Share of the nuclei that are taken from a slide. */
const MISSED = 0.3;
const SEED = 1;

/** The mixture beside the other methods, on slides as they are and where the image shows a part of the nuclei only; and tiled. */
export const baysor: Bench = {
  name: 'baysor',
  cases: ({ tiny }) => [
    ...(['default', 'leaky', 'sparse', 'missed'] as const).flatMap((slide) =>
      METHODS.map((method): BenchCase => {
        const transcripts = tiny ? 8000 : 100_000;
        return {
          key: `${slide}-${method}`,
          label: `${slide === 'missed' ? 'default without 30 % of the nuclei' : slide}, ${method}`,
          settings: { slide, method, transcripts, seed: SEED, workers: 1 },
          estimateSeconds: method === 'expand' ? 10 : 45,
          diskBytes: 3e8,
          measure: (workbench) => measure(workbench, slide, method, transcripts),
        };
      }),
    ),
    {
      key: 'tiled',
      label: 'default, baysor, 3 x 3 tiles and more against one',
      settings: { transcripts: tiny ? 8000 : 100_000, seed: SEED, workers: 1, tileUm: tiny ? 60 : 110 },
      estimateSeconds: 120,
      diskBytes: 5e8,
      measure: (workbench) => measureTiled(workbench, tiny ? 8000 : 100_000, tiny ? 60 : 110),
    },
  ],
  pages: [{ page: 'docs/methods/baysor.md', render }],
};

async function measure(
  workbench: Workbench,
  kind: 'default' | 'leaky' | 'sparse' | 'missed',
  method: Method,
  transcripts: number,
): Promise<CaseOutcome> {
  const preset = kind === 'missed' ? 'default' : kind;
  const slide = await workbench.slide({ transcripts, preset, seed: SEED });
  const words = ['--assign', method, '--workers', '1'];
  if (kind === 'missed') words.push('--set', `prior.file=${await someNuclei(workbench, slide)}`);
  const run = await workbench.run(slide, `${kind}-${method}`, words);
  const { scores, cells, conservation } = await workbench.judge(run.zarr, slide);
  const cpuSeconds = run.events.reduce(
    (sum, event) => sum + (event.type === 'task' ? event.cpuSeconds : 0),
    0,
  );
  const outcome: CaseOutcome = {
    measured: {
      seconds: spread([run.seconds]),
      workerCpuMicrosecondsPerTranscript: spread([(1e6 * cpuSeconds) / run.summary.transcripts.kept]),
      workerPeakBytes: spread([run.workerPeakBytes]),
    },
    quality: {
      transcripts: conservation.truth,
      trueCells: cells.true,
      cells: run.summary.cells,
      f1: scores.f1,
      coexpression: scores.coexpression,
      detection: scores.detection,
      outlineF1: scores.outlineF1,
      backgroundRecall: scores.backgroundRecall,
      conserved: conservation.conserved,
    },
    digest: run.summary.digest,
  };
  workbench.discard(run);
  return outcome;
}

/** A file of the slide's nuclei without those that chance leaves out. */
async function someNuclei(workbench: Workbench, slide: SlideFolder): Promise<string> {
  const bundle = await openBundle(slide.bundle, configSchema.parse({}).input);
  const source = bundle.priors.find(({ kind }) => kind === 'nucleus');
  if (source === undefined) throw new Error(`${slide.bundle}: no nuclei`);
  const stream = new RandomStream(SEED, 'bench.baysor.missed');
  const features: object[] = [];
  for await (const { cellId, rings } of source.outlines()) {
    if (stream.uniform() < MISSED) continue;
    for (const ring of rings) {
      const points = Array.from({ length: ring.length / 2 }, (_, v) => [ring[2 * v], ring[2 * v + 1]]);
      features.push({
        type: 'Feature',
        id: cellId,
        properties: { cell_id: cellId },
        geometry: { type: 'Polygon', coordinates: [points] },
      });
    }
  }
  const path = join(workbench.folder, 'nuclei.geojson');
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return path;
}

/** One slide in one tile with two seeds, and in several: do borders cost more than chance? */
async function measureTiled(workbench: Workbench, transcripts: number, tileUm: number): Promise<CaseOutcome> {
  const slide = await workbench.slide({ transcripts, preset: 'default', seed: SEED });
  const truth = await loadTruth(slide.truth);
  const numbers = new Map<string, number>();
  const words = (tile: number, seed: number): string[] => [
    ...['--assign', 'baysor', '--workers', '1', '--seed', `${seed}`, '--memory-per-worker', '8GiB'],
    ...['--tile-size', `${tile}`, '--set', 'plan.minTileSizeUm=50'],
  ];
  const runs: MeasuredRun[] = [];
  const take = async (name: string, tile: number, seed: number): Promise<LoadedRun> => {
    const run = await workbench.run(slide, name, words(tile, seed));
    runs.push(run);
    return loadRun(run.zarr, truth, numbers);
  };
  const a = await take('whole-1', 20_000, 1);
  const b = await sameNames(await take('whole-2', 20_000, 2), a, numbers);
  const tiled = await sameNames(await take('tiled', tileUm, 1), a, numbers);
  const figures = await seamFigures(truth, tiled, a, b);
  return {
    measured: { seconds: spread(runs.map(({ seconds }) => seconds)) },
    quality: {
      transcripts: slide.transcripts,
      tiles: runs[2].summary.tiles,
      ...Object.fromEntries(
        PLACES.flatMap((place) => [
          [`f1 tiled ${place}`, figures[place].f1.tiled],
          [`f1 whole ${place}`, (figures[place].f1.a + figures[place].f1.b) / 2],
          [`disagreement tiled ${place}`, figures[place].disagreement.tiled],
          [`disagreement whole ${place}`, figures[place].disagreement.untiled],
        ]),
      ),
    },
    digest: createHash('sha256')
      .update(runs.map(({ summary }) => summary.digest).join())
      .digest('hex'),
    details: figures,
  };
}

/**
 * The run with its discovered cells called as those of another run with which they share most transcripts: their numbers say
 * only in which order a run found them.
 */
async function sameNames(run: LoadedRun, other: LoadedRun, numbers: Map<string, number>): Promise<LoadedRun> {
  const [own, others] = [await discoveredOf(run, numbers), await discoveredOf(other, numbers)];
  const shared = new Map<number, Map<number, number>>();
  run.label.forEach((cell, row) => {
    if (!own.has(cell)) return;
    const of = shared.get(cell) ?? new Map<number, number>();
    shared.set(cell, of);
    if (others.has(other.label[row])) of.set(other.label[row], (of.get(other.label[row]) ?? 0) + 1);
  });
  const pairs = [...shared].flatMap(([cell, of]) => [...of].map(([name, n]) => ({ cell, name, n })));
  pairs.sort((p, q) => q.n - p.n || p.cell - q.cell || p.name - q.name);
  const nameOf = new Map<number, number>();
  const taken = new Set<number>();
  for (const { cell, name } of pairs) {
    if (nameOf.has(cell) || taken.has(name)) continue;
    nameOf.set(cell, name);
    taken.add(name);
  }
  // Numbers that no run has, for cells found here alone.
  for (const cell of own) if (!nameOf.has(cell)) nameOf.set(cell, 2 ** 31 + cell);
  return { ...run, label: run.label.map((cell) => nameOf.get(cell) ?? cell) };
}

async function discoveredOf({ zarr }: LoadedRun, numbers: Map<string, number>): Promise<Set<number>> {
  const { obsIndex, obs } = await readAnnotation(zarr);
  const values = obs.find(({ name }) => name === 'discovered')?.values;
  if (values === undefined) throw new Error(`${zarr}: the table has no column discovered`);
  return new Set(obsIndex.filter((_, i) => Number(values[i]) === 1).map((name) => numbers.get(name) ?? 0));
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases
    .filter(({ key }) => key !== 'tiled')
    .map(({ label, measured, quality }) => [
      label,
      number(Number(quality.f1), 3),
      number(Number(quality.coexpression), 4),
      number(Number(quality.detection), 3),
      number(Number(quality.outlineF1), 3),
      `${number(Number(quality.cells))} of ${number(Number(quality.trueCells))}`,
      show(measured.workerCpuMicrosecondsPerTranscript, 0),
      show(measured.workerPeakBytes, 0, 2 ** -20),
    ]);
  const parts = [
    table(
      [
        'slide of 0.1 M transcripts, method',
        'F1',
        'exclusive markers together',
        'found cells',
        'outlines F1',
        'cells',
        'worker CPU, us per transcript',
        'worker peak, MiB',
      ],
      rows,
    ),
  ];
  const tiled = cases.find(({ key }) => key === 'tiled');
  if (tiled !== undefined) {
    const { quality } = tiled;
    parts.push(
      table(
        [
          'transcripts of `default`',
          'F1 tiled',
          'F1 in one tile',
          'other cell than in one tile',
          'other cell by seed alone',
        ],
        PLACES.map((place) => [
          place === 'border' ? 'near a border of tiles' : 'elsewhere',
          number(Number(quality[`f1 tiled ${place}`]), 3),
          number(Number(quality[`f1 whole ${place}`]), 3),
          number(Number(quality[`disagreement tiled ${place}`]), 3),
          number(Number(quality[`disagreement whole ${place}`]), 3),
        ]),
      ),
      `${number(Number(quality.tiles))} tiles against one.`,
    );
  }
  return [...parts, provenance(cases)].join('\n\n');
}

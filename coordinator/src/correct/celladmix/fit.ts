import {
  type Factors,
  fitFrame,
  readFactors,
  readVectors,
  sampleFrame,
} from '@spatile/formats/tile/celladmix';
import type { CorrectStage } from '../method.ts';
import type { CellTypes } from './cell-types.ts';
import { packed, readCells } from './molecules.ts';
import { sampleCells, shuffledRows } from './sample.ts';

const SAMPLE_ROUND = 'correct-celladmix-sample';
const FACTORS_ROUND = 'correct-celladmix-factors';
const SLIDE = 'slide';
const FEWEST_FACTORS = 5;
const MOST_FACTORS = 30;

/** How many factors are learned: as configured, else as many as types on the slide within bounds. */
export function factorCount(wanted: number | null, { type }: CellTypes): number {
  const present = new Set(type.filter((t) => t >= 0)).size;
  return wanted ?? Math.min(MOST_FACTORS, Math.max(FEWEST_FACTORS, present));
}

/**
 * Learns the factors of the slide from a sample of molecules, from several random starts at once; the start of least loss
 * counts. @returns null when no cell has enough molecules. Errors: those of the rounds.
 */
export async function fitSlide(
  stage: CorrectStage,
  types: CellTypes,
  totals: Uint32Array,
): Promise<Factors | null> {
  const { config, table, transcripts, runner } = stage;
  const settings = config.correct.celladmix;
  const { seed } = config;
  const order = shuffledRows(table.cells, seed, 'correct.celladmix.sample');
  const sampled = sampleCells(types, totals, order, settings);
  if (sampled.length === 0) return null;
  await runner.run(SAMPLE_ROUND, 'sampling neighbourhoods', [
    {
      id: SLIDE,
      kind: 'correct.celladmix.sample',
      weight: 1,
      transcripts: 0,
      input: async () => {
        const cells = await readCells(
          table,
          transcripts!,
          sampled.map(({ row }) => row),
          null,
        );
        return sampleFrame({
          cells: packed(cells),
          row: Uint32Array.from(sampled, ({ row }) => row),
          take: Uint32Array.from(sampled, ({ take }) => take),
          settings: { neighbours: settings.neighbours, seed },
        });
      },
    },
  ]);
  const vectors = readVectors(await runner.result(SAMPLE_ROUND, SLIDE, null));
  const factors = factorCount(settings.factors, types);
  const { genes, iterations, tolerance } = settings;
  const starts = Array.from({ length: settings.starts }, (_, start) => start);
  const nameOf = (start: number): string => `start-${String(start).padStart(3, '0')}`;
  await runner.run(
    FACTORS_ROUND,
    'learning factors',
    starts.map((start) => ({
      id: nameOf(start),
      kind: 'correct.celladmix.factors',
      weight: 1,
      transcripts: 0,
      input: async () =>
        fitFrame({
          vectors,
          genes: table.geneNames.length,
          settings: { factors, genes, iterations, tolerance, seed, start },
        }),
    })),
  );
  let best: Factors | null = null;
  for (const start of starts) {
    const found = readFactors(await runner.result(FACTORS_ROUND, nameOf(start), null));
    if (best === null || found.loss < best.loss) best = found;
  }
  return best;
}

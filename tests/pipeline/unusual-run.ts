import type { RunConfigInput } from '@spatile/formats/config/schema';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { expect } from 'vitest';
import { run } from './slide.ts';
import { expectConserved, obsColumn } from './store.ts';
import {
  type Blob,
  byId,
  type MadeRow,
  makeRows,
  type SlideSpec,
  writeOutlines,
  writeTable,
} from './unusual-slide.ts';

/** Every part of `proseg`, as short as cells that differ in all their genes allow. */
const SCHEDULE = {
  factors: 8,
  privateGenes: 60,
  schedule: {
    coarseIterations: 10,
    fineIterations: 16,
    hillClimbIterations: 4,
    recordedIterations: 8,
    borderIterations: 8,
    borderHillClimbIterations: 2,
  },
  fit: { parameterIterations: 4, coarseIterations: 8, fineIterations: 4, blockIterations: 4 },
};

export interface Choices {
  /** Instead of the rows that the slide's cells make. */
  rows?: MadeRow[];
  /** Cells that are drawn as outlines (all), and how far (their nuclei). */
  outlines?: readonly Blob[];
  radius?: (cell: Blob) => number;
  /** Transcripts that name their cell in the table; then there are no outlines unless `outlines` says so. */
  known?: (row: MadeRow) => boolean;
  settings?: Omit<RunConfigInput, 'input' | 'assign'>;
}

/** What became of a slide's transcripts. */
export interface Outcome {
  tiles: number;
  warnings: string[];
  cells: number;
  /** Share of the cells' transcripts that went to the cell that made them; the same for the worst cell. */
  right: number;
  worst: number;
  /** Share of the background's transcripts that went to a cell. */
  strays: number;
  /** Assigned transcripts by prior id. */
  counts: Map<string, number>;
}

/**
 * Runs `proseg` on a made slide. The run must end, and leave a valid store that holds every transcript once, with counts that
 * equal the points.
 */
export async function assigned(file: string, spec: SlideSpec, choices: Choices = {}): Promise<Outcome> {
  const { rows = makeRows(spec), known, settings = {}, radius = (cell) => cell.nucleusUm } = choices;
  const outlines = choices.outlines ?? (known === undefined ? spec.cells : []);
  const hasZ = spec.z !== undefined && spec.z !== 'none';
  const prior = outlines.length > 0 ? { file: writeOutlines(`${file}.geojson`, outlines, radius) } : {};
  const output = `${file}.zarr`;
  const { tiles, warnings } = await run(writeTable(`${file}.csv`, rows, known), output, {
    ...settings,
    input: {
      platform: 'table',
      columns: { z: hasZ ? 'z' : null, cell: known === undefined ? null : 'cell' },
    },
    prior: { ...settings.prior, ...prior },
    assign: { method: 'proseg', proseg: SCHEDULE },
  });
  expect(await validateSpatialData(output)).toEqual([]);
  return { tiles, warnings, ...(await judged(output, rows)) };
}

async function judged(
  output: string,
  made: readonly MadeRow[],
): Promise<Omit<Outcome, 'tiles' | 'warnings'>> {
  const { rows, table } = await expectConserved(output, byId(made));
  const prior = obsColumn(table, 'prior_id');
  const priorOf = new Map(table.obsIndex.map((id, i) => [id, String(prior[i])]));
  const counts = new Map([...priorOf.values()].map((id) => [id, 0]));
  const byTruth = new Map<number, { right: number; of: number }>();
  let [strays, background] = [0, 0];
  for (const { id, cell } of rows) {
    const { truth } = made[Number(id)];
    const found = cell === '' ? null : priorOf.get(cell)!;
    if (found !== null) counts.set(found, counts.get(found)! + 1);
    if (truth < 0) {
      background++;
      if (found !== null) strays++;
      continue;
    }
    const tally = byTruth.get(truth) ?? { right: 0, of: 0 };
    byTruth.set(truth, { right: tally.right + (found === `c${truth}` ? 1 : 0), of: tally.of + 1 });
  }
  const tallies = [...byTruth.values()];
  const sum = (pick: 'right' | 'of'): number => tallies.reduce((total, tally) => total + tally[pick], 0);
  return {
    cells: table.obsIndex.length,
    right: sum('right') / Math.max(1, sum('of')),
    worst: Math.min(...tallies.map(({ right, of }) => right / of)),
    strays: strays / Math.max(1, background),
    counts,
  };
}

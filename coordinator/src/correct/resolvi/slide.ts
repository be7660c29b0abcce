import type { ResolviPriors, ResolviSize } from '@spatile/formats/tile/resolvi';
import type { CorrectStage, NamedTypes } from '../method.ts';
import { type CellLabels, cellLabels } from './labels.ts';
import { type NearestCells, nearestCells } from './nearest.ts';
import { slidePriors, slideTotals } from './priors.ts';

/** What ResolVI knows of a slide before it learns. */
export interface ResolviSlide {
  size: ResolviSize;
  priors: ResolviPriors;
  labels: CellLabels | null;
  /** Rows with enough transcripts, ascending; their places among these, -1 for the others; their neighbours. */
  rows: Uint32Array;
  place: Int32Array;
  nearest: NearestCells;
  /** Rows that are trained on, ascending. */
  trained: Uint32Array;
}

/** Null when fewer than two cells have enough transcripts. Errors: as `cellLabels`. */
export async function resolviSlide(
  stage: CorrectStage,
  types: NamedTypes | null,
): Promise<ResolviSlide | null> {
  const { table, config } = stage;
  const settings = config.correct.resolvi;
  const totals = await slideTotals(table);
  const rows = Uint32Array.from({ length: table.cells }, (_, row) => row).filter(
    (row) => totals.cell[row] >= settings.minCounts,
  );
  if (rows.length < 2) return null;
  const labels = cellLabels(stage, types, rows);
  const nearest = nearestCells(table.spatial, rows, settings.neighbours);
  const place = new Int32Array(table.cells).fill(-1);
  rows.forEach((row, i) => {
    place[row] = i;
  });
  const labelled = settings.trainOn === 'labelled' && labels !== null;
  return {
    size: {
      genes: table.geneNames.length,
      neighbours: nearest.count,
      latent: settings.latent,
      hidden: settings.hidden,
      encoderHidden: settings.encoderHidden,
      components: labels?.names.length ?? settings.components,
      supervised: labels !== null,
    },
    priors: await slidePriors(table, totals, rows, nearest),
    labels,
    rows,
    place,
    nearest,
    trained: labelled ? rows.filter((row) => labels.label[row] >= 0) : rows,
  };
}

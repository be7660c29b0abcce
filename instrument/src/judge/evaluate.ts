import { basename } from 'node:path';
import type { RectUm } from '@spatile/formats/space';
import { readAssignment } from './assignment.ts';
import { BORDER_BAND_UM, BorderBand } from './border-band.ts';
import { type Contingency, groupRows, tallyPairs } from './contingency.ts';
import { expressionCorrelations } from './expression.ts';
import { type Conservation, joinToTruth } from './join.ts';
import { matchByWeight } from './matching.ts';
import type { AssignmentBatch } from './read/result.ts';
import { readRunFacts } from './read/run-facts.ts';
import { type Scores, scoresOf } from './scores.ts';
import { loadTruth, type Truth } from './truth.ts';

export { formatEvaluation } from './format.ts';

export interface EvaluateOptions {
  /** Least call quality that counts; default: that of the result's run, else 20. */
  minQv?: number;
  /** Tile cores; default: those of the result's run. With two or more, the band along their borders is judged apart. */
  cores?: RectUm[];
}

/** A verdict on a result; plain JSON. */
export interface Evaluation {
  /** Last part of the result's path, when it has one. */
  result: string | null;
  minQv: number;
  conservation: Conservation;
  cells: { true: number; predicted: number; matched: number };
  scores: Scores;
  /** Scores within `bandUm` of tile borders and away from them; null without borders. */
  border: { bandUm: number; within: Scores; away: Scores } | null;
}

/**
 * Judges a result (spatile's Zarr, a Xenium bundle's own cells, or a table with `transcript_id` and `cell`) against the
 * truth of a simulated slide. Memory: about 50 bytes per transcript of the truth.
 * Errors: those of `readAssignment` and `loadTruth`.
 */
export async function evaluateResult(
  path: string,
  truth: string,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const facts = await readRunFacts(path);
  const evaluation = await evaluateAssignment(readAssignment(path), await loadTruth(truth), {
    minQv: options.minQv ?? facts.minQv,
    cores: options.cores ?? facts.cores,
  });
  return { ...evaluation, result: basename(path) };
}

/** Judges verdicts from anywhere against a loaded truth. */
export async function evaluateAssignment(
  batches: AsyncIterable<AssignmentBatch>,
  truth: Truth,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const minQv = options.minQv ?? 20;
  const { predicted, predictedCells, judged, conservation } = await joinToTruth(batches, truth, minQv);
  const trueRows = groupRows(truth.cell, truth.cells, judged);
  const predictedRows = groupRows(predicted, predictedCells, judged);
  const hasBorders = (options.cores?.length ?? 0) > 1;
  const border = hasBorders ? bornNearBorder(truth, options.cores!) : new Uint8Array(truth.ids.size);
  const table = tallyPairs(trueRows.order, trueRows.start, predicted, predictedCells, truth.leaked, border);
  const match = matchCells(table);
  const gene = truth.feature;
  const facts = {
    match,
    correlation: expressionCorrelations({ gene, genes: truth.genes, trueRows, predictedRows, match }),
    ...countMarkers(truth, predictedRows, match),
  };
  return {
    result: null,
    minQv,
    conservation,
    cells: {
      true: truth.cells,
      predicted: predictedCells,
      matched: match.reduce((n, q) => n + (q > 0 ? 1 : 0), 0),
    },
    scores: scoresOf(table, facts, 'all'),
    border: hasBorders
      ? {
          bandUm: BORDER_BAND_UM,
          within: scoresOf(table, facts, 'border'),
          away: scoresOf(table, facts, 'interior'),
        }
      : null,
  };
}

/** Predicted cell of each true cell (0 = none) so that matched pairs share as many transcripts as possible. */
function matchCells(table: Contingency): Uint32Array {
  const start = new Uint32Array(table.trueCells + 1);
  const column: number[] = [];
  const weight: number[] = [];
  for (let t = 1; t <= table.trueCells; t++) {
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      if (table.column[e] === 0) continue;
      column.push(table.column[e] - 1);
      weight.push(table.count.all[e]);
    }
    start[t] = column.length;
  }
  const columns = matchByWeight({
    start,
    column: Uint32Array.from(column),
    weight: Uint32Array.from(weight),
    columns: table.predictedCells,
  });
  const match = new Uint32Array(table.trueCells + 1);
  columns.forEach((c, i) => {
    match[i + 1] = c + 1;
  });
  return match;
}

function countMarkers(
  truth: Truth,
  rows: { order: Uint32Array; start: Uint32Array },
  match: Uint32Array,
): { markers: Uint32Array; foreign: Uint32Array } {
  const markers = new Uint32Array(match.length);
  const foreign = new Uint32Array(match.length);
  for (let t = 1; t < match.length; t++) {
    if (match[t] === 0) continue;
    for (let k = rows.start[match[t]]; k < rows.start[match[t] + 1]; k++) {
      const type = truth.markerOf[truth.feature[rows.order[k]]];
      if (type < 0) continue;
      markers[t]++;
      if (type !== truth.typeOf[t - 1]) foreign[t]++;
    }
  }
  return { markers, foreign };
}

function bornNearBorder({ x, y }: Truth, cores: RectUm[]): Uint8Array {
  const area = { x0: 0, y0: 0, x1: 0, y1: 0 };
  for (let row = 0; row < x.length; row++) {
    area.x0 = Math.min(area.x0, x[row]);
    area.y0 = Math.min(area.y0, y[row]);
    area.x1 = Math.max(area.x1, x[row]);
    area.y1 = Math.max(area.y1, y[row]);
  }
  const band = new BorderBand(cores, area);
  const near = new Uint8Array(x.length);
  for (let row = 0; row < x.length; row++) near[row] = band.contains(x[row], y[row]) ? 1 : 0;
  return near;
}

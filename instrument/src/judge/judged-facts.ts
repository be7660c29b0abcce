import type { RectUm } from '@spatile/formats/space';
import { BorderBand } from './border-band.ts';
import { type GroupedRows, groupRows, tallyPairs } from './contingency.ts';
import { expressionCorrelations } from './expression.ts';
import { birthExtent } from './extent.ts';
import { type Conservation, joinToTruth, type PlaceConservation } from './join.ts';
import { markerFacts } from './marker-facts.ts';
import { matchCells } from './match-cells.ts';
import { DrawnCollector } from './outlines/drawn-calls.ts';
import { matchOutlines } from './outlines/match.ts';
import { overlapFacts } from './outlines/overlap.ts';
import { trueGroundOf } from './outlines/true-shapes.ts';
import type { JudgedResult } from './read/result.ts';
import type { JudgedFacts } from './scores.ts';
import type { Truth } from './truth.ts';
import { callTypes } from './types/calls.ts';

/** Verdicts by row of the truth. */
export interface JudgedRows {
  /** Predicted cell, 1.. in the order of their first row; 0 = background. */
  predicted: Uint32Array;
  /** The result's own number of each. */
  numberOf: Uint32Array;
  /** Judged rows by true cell. */
  byTrueCell: GroupedRows;
}

/** Brings a result and the truth together: what each score counts. Errors: those of the result's readers. */
export async function judgeFacts(
  result: JudgedResult,
  truth: Truth,
  minQv: number,
  cores: readonly RectUm[],
): Promise<{
  facts: JudgedFacts;
  rows: JudgedRows;
  conservation: Conservation;
  nearBorders: PlaceConservation;
}> {
  const isBorder = borderTest(truth, cores);
  const border = new Uint8Array(truth.ids.size);
  if (cores.length > 1) {
    for (let row = 0; row < border.length; row++) border[row] = isBorder(truth.x[row], truth.y[row]) ? 1 : 0;
  }
  const joined = await joinToTruth(result.assignments(), truth, minQv, border);
  const { predicted, predictedCells, numberOf, judged, conservation, nearBorders } = joined;
  const trueRows = groupRows(truth.cell, truth.cells, judged);
  const predictedRows = groupRows(predicted, predictedCells, judged);
  const table = tallyPairs(trueRows, predicted, predictedCells, truth.leaked, border);
  const match = matchCells(table);
  const ground = await trueGroundOf(truth);
  const drawn =
    ground === null || result.outlines === null ? null : new DrawnCollector(truth, trueRows, ground.isShared);
  const outlines =
    drawn &&
    (await matchOutlines(ground!, result.outlines!(), {
      trueCells: truth.cells,
      name: result.name,
      isBorder,
      visit: (polygons, size) => drawn.add(polygons, size),
    }));
  const facts: JudgedFacts = {
    table,
    match,
    correlation: expressionCorrelations({
      gene: truth.feature,
      genes: truth.genes,
      trueRows,
      predictedRows,
      match,
    }),
    markers: markerFacts(truth, trueRows, predictedRows, predicted, match),
    types: callTypes(truth, trueRows, predictedRows, match),
    outlines,
    drawn: drawn?.finish(border) ?? null,
    overlap: ground && overlapFacts(ground.isShared, truth, trueRows, predicted, match, border),
  };
  return { facts, rows: { predicted, numberOf, byTrueCell: trueRows }, conservation, nearBorders };
}

/** Tells places near tile borders; with less than two tiles there are none. */
function borderTest(truth: Truth, cores: readonly RectUm[]): (x: number, y: number) => boolean {
  if (cores.length < 2) return () => false;
  const band = new BorderBand(cores, birthExtent(truth));
  return (x, y) => band.contains(x, y);
}

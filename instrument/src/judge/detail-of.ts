import { markerCoexpression } from './coexpression.ts';
import type { Contingency } from './contingency.ts';
import { type AccuracyGrid, DETAIL_BIN_UM, type EvaluationDetail, type TrueCellDetail } from './detail.ts';
import { birthExtent } from './extent.ts';
import type { JudgedRows } from './judged-facts.ts';
import type { OutlineMatch } from './outlines/match.ts';
import type { JudgedFacts } from './scores.ts';
import { sharedWithMatch } from './transcript-scores.ts';
import type { Truth } from './truth.ts';
import { confusionOf } from './types/scores.ts';

/** More bins than this are larger ones: a slide of 200 mm would have them. */
const MAX_BINS = 1 << 24;

/** Lays out by cell and by area what a result got right; see `EvaluationDetail`. */
export function detailOf(facts: JudgedFacts, rows: JudgedRows, truth: Truth): EvaluationDetail {
  const { types, markers } = facts;
  return {
    cells: cellDetail(facts, rows, truth),
    grid: gridOf(facts.match, rows, truth),
    types: types && {
      names: [...types.types],
      truth: types.truth,
      called: types.called,
      confusion: confusionOf(types),
    },
    coexpression:
      new Set(truth.markerTypes).size < 2
        ? null
        : {
            result: markerCoexpression(markers.ofPredicted, markers.markers),
            truth: markerCoexpression(markers.ofTrue, markers.markers),
          },
  };
}

function cellDetail(facts: JudgedFacts, rows: JudgedRows, truth: Truth): TrueCellDetail {
  const { table, match, outlines } = facts;
  const { jaccard, f1 } = sharedShares(table, match);
  return {
    transcripts: table.ofTrue.all,
    ...meanPlaces(rows, truth),
    match: match.map((q) => (q > 0 ? rows.numberOf[q - 1] : 0)),
    jaccard,
    f1,
    outlineMatch: outlines && matchedNumbers(outlines),
    iou: outlines && drawnIou(outlines),
  };
}

function sharedShares(
  { ofTrue, ofPredicted, ...table }: Contingency,
  match: Uint32Array,
): { jaccard: Float64Array; f1: Float64Array } {
  const shared = sharedWithMatch({ ofTrue, ofPredicted, ...table }, match);
  const jaccard = new Float64Array(match.length).fill(Number.NaN);
  const f1 = jaccard.slice();
  for (let t = 1; t < match.length; t++) {
    if (ofTrue.all[t] === 0) continue;
    const both = ofTrue.all[t] + (match[t] > 0 ? ofPredicted.all[match[t]] : 0);
    jaccard[t] = shared[t] / (both - shared[t]);
    f1[t] = (2 * shared[t]) / both;
  }
  return { jaccard, f1 };
}

const matchedNumbers = ({ match, predictedCell }: OutlineMatch): Uint32Array =>
  match.map((at) => (at > 0 ? predictedCell[at - 1] : 0));

const drawnIou = ({ bestIou, isDrawn }: OutlineMatch): Float64Array =>
  bestIou.map((iou, t) => (isDrawn[t] === 1 ? iou : Number.NaN));

function meanPlaces({ byTrueCell }: JudgedRows, truth: Truth): { x: Float64Array; y: Float64Array } {
  const { order, start } = byTrueCell;
  const x = new Float64Array(truth.cells + 1).fill(Number.NaN);
  const y = x.slice();
  for (let t = 1; t <= truth.cells; t++) {
    const n = start[t + 1] - start[t];
    if (n === 0) continue;
    let [sumX, sumY] = [0, 0];
    for (let i = start[t]; i < start[t + 1]; i++) {
      sumX += truth.x[order[i]];
      sumY += truth.y[order[i]];
    }
    x[t] = sumX / n;
    y[t] = sumY / n;
  }
  return { x, y };
}

function gridOf(match: Uint32Array, { predicted, byTrueCell }: JudgedRows, truth: Truth): AccuracyGrid {
  const frame = frameOf(truth);
  const n = frame.columns * frame.rows;
  const [fromCells, assigned, home, background, backgroundKept] = Array.from(
    { length: 5 },
    () => new Uint32Array(n),
  );
  const { x, y, cell } = truth;
  const { x0, y0, binUm, columns } = frame;
  for (const row of byTrueCell.order) {
    const column = Math.floor((x[row] - x0) / binUm);
    const at = Math.floor((y[row] - y0) / binUm) * columns + column;
    const t = cell[row];
    const q = predicted[row];
    if (q > 0) assigned[at]++;
    if (t === 0) {
      background[at]++;
      if (q === 0) backgroundKept[at]++;
      continue;
    }
    fromCells[at]++;
    if (q > 0 && q === match[t]) home[at]++;
  }
  const f1 = Float64Array.from(home, (right, at) => (2 * right) / (fromCells[at] + assigned[at]));
  return { ...frame, fromCells, assigned, home, background, backgroundKept, f1 };
}

function frameOf(truth: Truth): Pick<AccuracyGrid, 'binUm' | 'x0' | 'y0' | 'columns' | 'rows'> {
  const { x0, y0, x1, y1 } = birthExtent(truth);
  const bins = (edge: number, um: number): number => Math.floor(edge / um) + 1;
  let binUm = DETAIL_BIN_UM;
  while (bins(x1 - x0, binUm) * bins(y1 - y0, binUm) > MAX_BINS) binUm *= 2;
  return { binUm, x0, y0, columns: bins(x1 - x0, binUm), rows: bins(y1 - y0, binUm) };
}

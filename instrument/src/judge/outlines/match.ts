import { matchByWeight } from '../matching.ts';
import type { CellOutline } from '../read/result.ts';
import { measureSpans, spansOf } from './spans.ts';
import type { TrueShapes } from './true-shapes.ts';

/** An outline is found when its intersection over union with the matched one is at least this. */
const FOUND_IOU = 0.5;
/** Weights of pairs: one pair more outweighs any gain of IoU, down to 2^-15. */
const PAIR = 2 ** 31;
const IOU_STEPS = 2 ** 15;

/** Outlines of true and predicted cells, matched one to one where they overlap enough. */
export interface OutlineMatch {
  /** By true cell 1..n, entry 0 unused: place of the matched outline among the predicted plus 1, 0 = none; its IoU. */
  match: Uint32Array;
  iou: Float64Array;
  /** The largest IoU of the true cell with any outline. */
  bestIou: Float64Array;
  /** 1 = the true cell is drawn; cells without an outline are not judged. */
  isDrawn: Uint8Array;
  /** 1 = the true cell's centre of gravity lies near a tile border. */
  isTrueBorder: Uint8Array;
  /** In the order of the result: its number of the cell, and whether the centre lies near a tile border. */
  predictedCell: Uint32Array;
  isPredictedBorder: Uint8Array;
}

/**
 * Matches outlines one to one so that as many pairs as possible have an IoU of at least `FOUND_IOU`, and among those
 * matchings the sum of IoU is largest (to 2^-15). Pairs are not unique at 0.5, since true cells overlap.
 * Predicted outlines stream. Errors: `GEOMETRY_INVALID`, and those of the readers.
 */
export async function matchOutlines(
  truth: TrueShapes,
  predicted: AsyncIterable<CellOutline>,
  input: {
    trueCells: number;
    name: string;
    isBorder: (x: number, y: number) => boolean;
    /** Called with every predicted outline, its area in um2 and its centre of gravity. */
    visit?: (polygons: CellOutline['polygons'], size: { area: number; x: number; y: number }) => void;
  },
): Promise<OutlineMatch> {
  const { trueCells, isBorder } = input;
  const isDrawn = new Uint8Array(trueCells + 1);
  const isTrueBorder = new Uint8Array(trueCells + 1);
  truth.cell.forEach((cell, shape) => {
    isDrawn[cell] = 1;
    isTrueBorder[cell] = isBorder(truth.centre[shape].x, truth.centre[shape].y) ? 1 : 0;
  });
  const pairs: { shape: number; predicted: number; iou: number }[] = [];
  const bestIou = new Float64Array(trueCells + 1);
  const predictedCell: number[] = [];
  const isPredictedBorder: number[] = [];
  for await (const { cell, polygons } of predicted) {
    const spans = spansOf(polygons, input.name);
    const size = measureSpans(spans);
    const { area, x, y } = size;
    input.visit?.(polygons, size);
    truth.index.overlaps(spans, (shape, shared) => {
      const iou = shared / (truth.area[shape] + area - shared);
      const t = truth.cell[shape];
      bestIou[t] = Math.max(bestIou[t], iou);
      if (iou >= FOUND_IOU) pairs.push({ shape, predicted: predictedCell.length, iou });
    });
    predictedCell.push(cell);
    isPredictedBorder.push(isBorder(x, y) ? 1 : 0);
  }
  return {
    ...matchPairs(pairs, truth.cell, trueCells, predictedCell.length),
    bestIou,
    isDrawn,
    isTrueBorder,
    predictedCell: Uint32Array.from(predictedCell),
    isPredictedBorder: Uint8Array.from(isPredictedBorder),
  };
}

function matchPairs(
  pairs: { shape: number; predicted: number; iou: number }[],
  cellOf: readonly number[],
  trueCells: number,
  columns: number,
): { match: Uint32Array; iou: Float64Array } {
  pairs.sort((a, b) => cellOf[a.shape] - cellOf[b.shape] || a.predicted - b.predicted);
  const start = new Uint32Array(trueCells + 1);
  for (const { shape } of pairs) start[cellOf[shape]]++;
  for (let cell = 1; cell <= trueCells; cell++) start[cell] += start[cell - 1];
  const column = Uint32Array.from(pairs, ({ predicted }) => predicted);
  const weight = Uint32Array.from(pairs, ({ iou }) => PAIR + Math.round(iou * IOU_STEPS));
  const matched = matchByWeight({ start, column, weight, columns });
  const match = new Uint32Array(trueCells + 1);
  const iou = new Float64Array(trueCells + 1);
  matched.forEach((c, row) => {
    match[row + 1] = c + 1;
    const pair = pairs.slice(start[row], start[row + 1]).find(({ predicted }) => predicted === c);
    iou[row + 1] = pair?.iou ?? 0;
  });
  return { match, iou };
}

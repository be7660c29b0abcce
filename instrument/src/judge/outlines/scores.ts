import { isFlagIn, type Region } from '../region.ts';
import { harmonicMean, ratio } from '../statistics.ts';
import type { OutlineMatch } from './match.ts';

/** How well outlines are found; all in [0, 1], more is better; null without outlines on either side. */
export interface OutlineScores {
  /** True outlines matched at IoU 0.5, predicted ones, and the harmonic mean of both. */
  outlineRecall: number | null;
  outlinePrecision: number | null;
  outlineF1: number | null;
  /** Mean IoU of the matched pairs. */
  outlineIou: number | null;
  /** Panoptic quality: mean IoU of the matched pairs times F1. */
  panopticQuality: number | null;
}

/** A true outline counts where its centre of gravity lies, a predicted one where its own does. */
export function outlineScores(outlines: OutlineMatch | null, region: Region): OutlineScores {
  let [trueCells, found, iou, predicted, right] = [0, 0, 0, 0, 0];
  if (outlines !== null) {
    const isMatched = new Uint8Array(outlines.predictedCell.length);
    outlines.match.forEach((place, t) => {
      if (place > 0) isMatched[place - 1] = 1;
      if (outlines.isDrawn[t] === 0 || !isFlagIn(outlines.isTrueBorder[t], region)) return;
      trueCells++;
      if (place > 0) found++;
      iou += outlines.iou[t];
    });
    isMatched.forEach((matched, place) => {
      if (!isFlagIn(outlines.isPredictedBorder[place], region)) return;
      predicted++;
      right += matched;
    });
  }
  const recall = ratio(found, trueCells);
  // Whoever draws nothing makes no mistake, and finds nothing.
  const precision = ratio(right, predicted);
  const f1 = predicted === 0 && recall !== null ? 0 : harmonicMean(recall, precision);
  const meanIou = ratio(iou, found);
  return {
    outlineRecall: recall,
    outlinePrecision: precision,
    outlineF1: f1,
    outlineIou: meanIou,
    panopticQuality: f1 === null ? null : (meanIou ?? 0) * f1,
  };
}

import { matchByWeight } from '../judge/matching.ts';
import { type Overlaps, overlapsOf } from './overlaps.ts';

/** Thresholds of the mean accuracy of the Data Science Bowl 2018: 0.50, 0.55, ..., 0.95. */
export const DSB_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, k) => (50 + 5 * k) / 100);

/** Matched, spurious and missed instances at one threshold of IoU, and the sum of the IoU of the matched. */
export interface Counts {
  threshold: number;
  tp: number;
  fp: number;
  fn: number;
  iouSum: number;
}

/** What counts say; each in [0, 1] but `error`, which can exceed 1. NaN where there is nothing to judge. */
export interface Rates {
  /** "Average precision" as StarDist and Cellpose use the word: TP / (TP + FP + FN). */
  ap: number;
  f1: number;
  /** Panoptic quality (Kirillov et al., CVPR 2019). */
  pq: number;
  /** Mean IoU of the matched. */
  meanIou: number;
  /** (FP + FN) / (TP + FN). */
  error: number;
}

/** Counts of one image at every threshold, and the sums of its aggregated Jaccard index. */
export interface ImageCounts {
  counts: Counts[];
  aji: { shared: number; all: number };
}

/**
 * Judges the instances of one image against the truth: one-to-one matching with most pairs of IoU >= threshold, then with
 * the largest sum of IoU. Both: label images of one shape, 0 = background.
 */
export function judgeInstances(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  thresholds: readonly number[] = DSB_THRESHOLDS,
): ImageCounts {
  const overlaps = overlapsOf(truth, predicted);
  const iou = overlaps.pairs.pixels.length === 0 ? new Float64Array() : iousOf(overlaps);
  return {
    counts: thresholds.map((threshold) => countsAt(overlaps, iou, threshold)),
    aji: aggregatedJaccard(overlaps, iou),
  };
}

/** Adds the counts of several images up, threshold by threshold: the pooled way of StarDist. */
export function poolCounts(images: readonly ImageCounts[]): ImageCounts {
  const counts = images[0].counts.map((first, k) =>
    images.slice(1).reduce<Counts>(
      (sum, { counts: other }) => ({
        threshold: sum.threshold,
        tp: sum.tp + other[k].tp,
        fp: sum.fp + other[k].fp,
        fn: sum.fn + other[k].fn,
        iouSum: sum.iouSum + other[k].iouSum,
      }),
      first,
    ),
  );
  const aji = {
    shared: images.reduce((sum, image) => sum + image.aji.shared, 0),
    all: images.reduce((sum, image) => sum + image.aji.all, 0),
  };
  return { counts, aji };
}

/** Turns counts into rates. */
export function ratesOf({ tp, fp, fn, iouSum }: Counts): Rates {
  return {
    ap: tp / (tp + fp + fn),
    f1: (2 * tp) / (2 * tp + fp + fn),
    pq: iouSum / (tp + fp / 2 + fn / 2),
    meanIou: iouSum / tp,
    error: (fp + fn) / (tp + fn),
  };
}

/** Aggregated Jaccard index (Kumar et al., IEEE TMI 36:1550, 2017) of one image or of several pooled. */
export const ajiOf = ({ aji }: ImageCounts): number => aji.shared / aji.all;

/** Mean over thresholds of AP: the score of the Data Science Bowl for one image; 1 where truth and prediction are empty. */
export function meanAccuracy({ counts }: ImageCounts): number {
  const accuracies = counts.map((one) => (one.tp + one.fp + one.fn === 0 ? 1 : ratesOf(one).ap));
  return accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / counts.length;
}

function iousOf({ trueAreas, predictedAreas, pairs }: Overlaps): Float64Array {
  return Float64Array.from(pairs.pixels, (shared, i) => {
    const union = trueAreas[pairs.truth[i]] + predictedAreas[pairs.predicted[i]] - shared;
    return shared / union;
  });
}

/** One matched pair outweighs all differences in IoU. */
const PAIR = 2 ** 31;
const IOU_STEPS = 1024;

function countsAt(
  { trueAreas, predictedAreas, pairs }: Overlaps,
  iou: Float64Array,
  threshold: number,
): Counts {
  const good = Array.from(iou.keys()).filter((i) => iou[i] >= threshold);
  const start = new Uint32Array(trueAreas.length + 1);
  for (const i of good) start[pairs.truth[i] + 1]++;
  for (let k = 0; k < trueAreas.length; k++) start[k + 1] += start[k];
  const columnOf = matchByWeight({
    start,
    column: Uint32Array.from(good, (i) => pairs.predicted[i]),
    weight: Uint32Array.from(good, (i) => PAIR + Math.round(iou[i] * IOU_STEPS)),
    columns: predictedAreas.length,
  });
  let tp = 0;
  let iouSum = 0;
  for (const i of good) {
    if (columnOf[pairs.truth[i]] !== pairs.predicted[i]) continue;
    tp++;
    iouSum += iou[i];
  }
  return { threshold, tp, fp: predictedAreas.length - tp, fn: trueAreas.length - tp, iouSum };
}

function aggregatedJaccard({ trueAreas, predictedAreas, pairs }: Overlaps, iou: Float64Array) {
  const best = new Int32Array(trueAreas.length).fill(-1);
  for (let i = 0; i < iou.length; i++) {
    const t = pairs.truth[i];
    if (best[t] < 0 || iou[i] > iou[best[t]]) best[t] = i;
  }
  const used = new Uint8Array(predictedAreas.length);
  let shared = 0;
  let all = 0;
  best.forEach((i, t) => {
    all += trueAreas[t];
    if (i < 0) return;
    used[pairs.predicted[i]] = 1;
    shared += pairs.pixels[i];
    all += predictedAreas[pairs.predicted[i]] - pairs.pixels[i];
  });
  predictedAreas.forEach((area, p) => {
    if (used[p] === 0) all += area;
  });
  return { shared, all };
}

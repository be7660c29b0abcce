import {
  ajiOf,
  judgeInstances,
  meanAccuracy,
  poolCounts,
  ratesOf,
} from '@spatile/instrument/instances/scores';
import { expect, test } from 'vitest';

/** A row of pixels from pairs of label and length. */
const line = (...runs: [number, number][]): number[] => runs.flatMap(([label, n]) => Array(n).fill(label));

test('gives 1 to the truth itself, whatever the labels are called', () => {
  const truth = line([0, 5], [3, 10], [9, 4], [0, 2]);
  const judged = judgeInstances(
    truth,
    truth.map((label) => (label === 0 ? 0 : 100 - label)),
  );
  for (const counts of judged.counts) {
    expect(ratesOf(counts)).toEqual({ ap: 1, f1: 1, pq: 1, meanIou: 1, error: 0 });
  }
  expect([meanAccuracy(judged), ajiOf(judged)]).toEqual([1, 1]);
});

test('gives the figures of the worked case of the method notes', () => {
  // A and B of 100 pixels; 80 of A are found; 50 of B with 30 of background.
  const truth = line([1, 100], [2, 100], [0, 30]);
  const predicted = line([1, 80], [0, 70], [2, 80]);
  const judged = judgeInstances(truth, predicted, [0.5]);
  expect(judged.counts[0]).toMatchObject({ tp: 1, fp: 1, fn: 1 });
  const rates = ratesOf(judged.counts[0]);
  expect(rates.ap).toBeCloseTo(1 / 3, 12);
  expect([rates.f1, rates.meanIou, rates.error]).toEqual([0.5, 0.8, 1]);
  expect(rates.pq).toBeCloseTo(0.4, 12);
  expect(ajiOf(judged)).toBeCloseTo(130 / 230, 12);
});

test('matches as many pairs as there are at exactly half', () => {
  // Both halves of the first have IoU 1/2 with it; the second half is also half of the next.
  const truth = line([1, 10], [2, 5]);
  const predicted = line([1, 5], [2, 10]);
  const { tp, fp, fn } = judgeInstances(truth, predicted, [0.5]).counts[0];
  expect({ tp, fp, fn }).toEqual({ tp: 2, fp: 0, fn: 0 });
});

test('pools counts, which differs from the mean over images', () => {
  const image = (tp: number, fp: number, fn: number) => ({
    counts: [{ threshold: 0.5, tp, fp, fn, iouSum: tp }],
    aji: { shared: tp, all: tp + fp + fn },
  });
  const images = [image(90, 5, 10), image(1, 1, 1)];
  expect(ratesOf(poolCounts(images).counts[0]).ap).toBeCloseTo(91 / 108, 12);
  expect(images.reduce((sum, one) => sum + ratesOf(one.counts[0]).ap, 0) / 2).toBeCloseTo(0.595, 3);
});

test('judges empty images', () => {
  const nothing = judgeInstances([0, 0], [0, 0]);
  expect(meanAccuracy(nothing)).toBe(1);
  expect(nothing.counts[0]).toMatchObject({ tp: 0, fp: 0, fn: 0 });
  expect(judgeInstances([1, 1], [0, 0], [0.5]).counts[0]).toMatchObject({ tp: 0, fp: 0, fn: 1 });
  expect(judgeInstances([0, 0], [1, 2], [0.5]).counts[0]).toMatchObject({ tp: 0, fp: 2, fn: 0 });
  expect(() => judgeInstances([0], [0, 0])).toThrow(RangeError);
});

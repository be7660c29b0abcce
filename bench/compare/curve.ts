import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import { PROSEG } from '../competitors/proseg.ts';
import { SPATILE } from '../competitors/spatile.ts';
import { table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number } from '../statistics.ts';
import { detailsOf, type KindResults, kindName, score } from './kinds.ts';

/** A result of which only what is surer than a threshold is kept: one run, judged several times. */
export interface CurvePoint {
  minProbability: number;
  f1: number;
  recall: number;
  precision: number;
  coexpression: number | null;
}

/** Least probabilities at which a result is judged beside 0. */
export const THRESHOLDS = [0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

/** The point of a verdict on a result, or of what was kept of it; null when it says too little. */
export function curvePoint(
  minProbability: number,
  { scores }: Pick<Evaluation, 'scores'>,
): CurvePoint | null {
  const { f1, recall, precision, coexpression } = scores;
  if (f1 === null || recall === null || precision === null) return null;
  return { minProbability, f1, recall, precision, coexpression };
}

/**
 * Where a curve has a recall, between its points by their recall: as many true transcripts in cells as another program has, so that
 * precision and co-expression compare at equal yield. The nearest end where the curve does not reach it; null without points.
 */
export function atRecall(points: readonly CurvePoint[], recall: number): CurvePoint | null {
  const falling = [...points].sort((a, b) => b.recall - a.recall);
  if (falling.length === 0) return null;
  const after = falling.findIndex((point) => point.recall <= recall);
  if (after === 0) return falling[0];
  if (after === -1) return falling[falling.length - 1];
  const [above, below] = [falling[after - 1], falling[after]];
  const span = above.recall - below.recall;
  const part = span === 0 ? 0 : (above.recall - recall) / span;
  const between = (a: number, b: number): number => a + part * (b - a);
  return {
    minProbability: between(above.minProbability, below.minProbability),
    f1: between(above.f1, below.f1),
    recall: between(above.recall, below.recall),
    precision: between(above.precision, below.precision),
    coexpression:
      above.coexpression === null || below.coexpression === null
        ? null
        : between(above.coexpression, below.coexpression),
  };
}

interface Matched {
  theirs: CurvePoint;
  ours: CurvePoint;
}

/** Proseg and the part of spatile's result with its recall, means over the seeds that have both; null without any. */
export function atProsegRecall({ methods }: KindResults): (Matched & { seeds: number }) | null {
  const bySeed = new Map((methods.get(PROSEG.key) ?? []).map((one) => [one.settings.seed, pointOf(one)]));
  const pairs = (methods.get(SPATILE.key) ?? []).flatMap((one): Matched[] => {
    const theirs = bySeed.get(one.settings.seed) ?? null;
    const ours = theirs === null ? null : atRecall(detailsOf(one).curve ?? [], theirs.recall);
    return theirs === null || ours === null ? [] : [{ theirs, ours }];
  });
  if (pairs.length === 0) return null;
  return {
    theirs: mean(pairs.map(({ theirs }) => theirs)),
    ours: mean(pairs.map(({ ours }) => ours)),
    seeds: pairs.length,
  };
}

function pointOf(one: CaseResult): CurvePoint | null {
  const [f1, recall, precision] = ['f1', 'recall', 'precision'].map((name) => score(name)(one));
  if (f1 === null || recall === null || precision === null) return null;
  return { minProbability: 0, f1, recall, precision, coexpression: score('coexpression')(one) };
}

function mean(points: readonly CurvePoint[]): CurvePoint {
  const of = (name: 'minProbability' | 'f1' | 'recall' | 'precision'): number =>
    points.reduce((sum, point) => sum + point[name], 0) / points.length;
  const rates = points.flatMap(({ coexpression }) => (coexpression === null ? [] : [coexpression]));
  return {
    minProbability: of('minProbability'),
    f1: of('f1'),
    recall: of('recall'),
    precision: of('precision'),
    coexpression:
      rates.length < points.length ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  };
}

/** Precision and co-expression at equal recall, by kind of slide; null when nothing was judged so. */
export function recallTable(kinds: readonly KindResults[]): string | null {
  const rate = (value: number | null): string => (value === null ? '-' : number(value, 4));
  const rows = kinds.flatMap((kind) => {
    const found = atProsegRecall(kind);
    if (found === null) return [];
    const { theirs, ours } = found;
    return [
      [
        kindName(kind),
        number(theirs.recall, 3),
        number(ours.recall, 3),
        number(ours.minProbability, 2),
        number(theirs.precision, 3),
        number(ours.precision, 3),
        rate(theirs.coexpression),
        rate(ours.coexpression),
      ],
    ];
  });
  if (rows.length === 0) return null;
  return table(
    [
      'slide',
      'recall of Proseg',
      'of spatile',
      'kept when surer than',
      'precision of Proseg',
      'of spatile',
      'co-expression of Proseg',
      'of spatile',
    ],
    rows,
  );
}

import { expect, test } from 'vitest';
import { atProsegDepth, depthTable } from '../../../bench/compare/equal-depth.ts';
import { goals } from '../../../bench/compare/goals.ts';
import { byKind } from '../../../bench/compare/kinds.ts';
import type { CaseResult } from '../../../bench/results.ts';
import { compared } from './compared.ts';

const RATES = [
  { keep: 1, coexpression: 0.02 },
  { keep: 0.5, coexpression: 0.01 },
  { keep: 0.1, coexpression: 0.001 },
];

/** 1,000 transcripts of cells; half of those assigned are home. */
const scores = (assigned: number, coexpression: number) => ({
  ...{ fromCells: 1000, recall: assigned / 2000, precision: 0.5, f1: 0.5, coexpression },
});

const ours = (seed: number): CaseResult => {
  const one = compared({ competitor: 'spatile', seed, scores: scores(800, 0.02) });
  return { ...one, details: { ...(one.details as object), thinned: RATES } };
};
const theirs = (seed: number, assigned: number): CaseResult =>
  compared({ competitor: 'proseg', seed, scores: scores(assigned, 0.004) });

test('a result is held against Proseg with as few transcripts in cells, seed by seed', () => {
  const [kind] = byKind([ours(1), ours(2), ours(3), theirs(1, 400), theirs(2, 80)]).kinds;
  const found = atProsegDepth(kind, 'spatile')!;
  expect(found.keep).toBeCloseTo((0.5 + 0.1) / 2, 12);
  expect(found.coexpression).toBeCloseTo((0.01 + 0.001) / 2, 12);
  expect(found.raw).toBeCloseTo(0.02, 12);
  expect(found.proseg).toBeCloseTo(0.004, 12);
  expect(depthTable([kind])).toMatch(/0\.0040.*0\.0200.*0\.300.*0\.0055 \| -/);
});

test('a result that holds fewer than Proseg stays as it is', () => {
  const [kind] = byKind([ours(1), theirs(1, 900)]).kinds;
  expect(atProsegDepth(kind, 'spatile')).toMatchObject({ keep: 1, coexpression: 0.02 });
});

test('the goal keeps its verdict by the raw figure, and tells the other beside it', () => {
  const [goal] = goals(byKind([ours(1), theirs(1, 400)]).kinds).filter(({ goal }) =>
    goal.startsWith('Co-expression'),
  );
  expect(goal.isMet).toBe(false);
  expect(goal.found).toBe(
    "default, 0.1 M, 300 genes: 0.0200 against 0.0040; if thinned at random to Proseg's 50 % of its transcripts: 0.0100",
  );
});

test('nothing is said of results that were judged before', () => {
  const kinds = byKind([
    compared({ competitor: 'spatile', scores: scores(800, 0.02) }),
    theirs(1, 400),
  ]).kinds;
  expect(atProsegDepth(kinds[0], 'spatile')).toBeNull();
  expect(depthTable(kinds)).toBeNull();
});

import { expect, test } from 'vitest';
import { isClear, scoreDuel, timeDuel } from '../../../bench/compare/duel.ts';
import { byKind, pair, score } from '../../../bench/compare/kinds.ts';
import { losses, otherScores, scorecard, unfinished } from '../../../bench/compare/scorecard.ts';
import type { CaseResult } from '../../../bench/results.ts';
import { compared, f1s } from './compared.ts';

const kindsOf = (cases: CaseResult[]) => byKind(cases).kinds;
const PROSEG = ['proseg', 'Proseg'] as const;

test('pairs count the seeds that both have', () => {
  const cases = f1s('default', [0.7, 0.8, 0.9], [0.6, 0.6, 0.6]).filter(
    ({ key }) => key !== 'default-100000-300-seed3-proseg',
  );
  const found = pair(kindsOf(cases)[0], 'spatile', 'proseg', score('f1'));
  expect(found).toMatchObject({ n: 2, ours: 0.75, theirs: 0.6 });
  expect(found!.difference).toBeCloseTo(0.15);
  expect(found!.range).toBeCloseTo(0.1);
  expect(pair(kindsOf(cases)[0], 'spatile', 'baysor', score('f1'))).toBeNull();
});

test('a difference is clear when three seeds show more than their range', () => {
  const found = (n: number, difference: number) => ({ n, difference, range: 0.05, ours: 0, theirs: 0 });
  expect(isClear(found(3, 0.06))).toBe(true);
  expect(isClear(found(3, -0.06))).toBe(true);
  expect(isClear(found(3, 0.05))).toBe(false);
  expect(isClear(found(2, 0.5))).toBe(false);
});

test('results on a slide that another simulator made are left out', () => {
  const cases = [
    compared({ competitor: 'proseg', digest: 'old' }),
    compared({ competitor: 'spatile', digest: 'new' }),
    compared({ competitor: 'expand', digest: 'new' }),
  ];
  const { kinds, leftOut } = byKind(cases);
  expect(leftOut).toBe(1);
  expect([...kinds[0].methods.keys()]).toEqual(['spatile', 'expand']);
});

test('wins and losses are both counted, and the largest loss is told', () => {
  const cases = [
    ...f1s('easy', [0.8, 0.8, 0.8], [0.7, 0.7, 0.7]),
    ...f1s('leaky', [0.5, 0.5, 0.5], [0.6, 0.6, 0.6]),
    ...f1s('crowded', [0.6, 0.7, 0.8], [0.61, 0.71, 0.81]),
    ...f1s('sparse', [0.6], [0.6004]),
  ];
  expect(scoreDuel(kindsOf(cases), PROSEG, 'F1', score('f1'))).toEqual({
    ...{ what: 'F1', against: 'Proseg', better: 1, clearly: 1, worse: 2, even: 1 },
    loss: 'leaky, 0.1 M, 300 genes: 0.500 against 0.600',
  });
  const near = kindsOf(cases.filter(({ settings }) => settings.preset === 'crowded'));
  expect(scoreDuel(near, PROSEG, 'F1', score('f1'))?.loss).toContain('within the range of the seeds');
  expect(scoreDuel(near, ['baysor', 'Baysor'], 'F1', score('f1'))).toBeNull();
});

test('less is better for some scores, and what is lost is shown', () => {
  const cases = [
    compared({ competitor: 'spatile', scores: { coexpression: 0.3, leakedHome: 0.4 } }),
    compared({ competitor: 'proseg', scores: { coexpression: 0.2, leakedHome: 0.3 } }),
  ];
  const duels = otherScores(kindsOf(cases), PROSEG);
  const of = (what: string) => duels.find((duel) => duel.what === what);
  expect(of('leaked transcripts brought home')).toMatchObject({ better: 1, worse: 0, loss: null });
  expect(of('co-expression of exclusive markers')).toMatchObject({
    ...{ better: 0, worse: 1 },
    loss: 'default, 0.1 M, 300 genes: 0.300 against 0.200 (one seed)',
  });
  const said = losses(duels);
  expect(said).toContain('better than Proseg on more kinds of slide in 1, worse on more in 1');
  expect(said).toContain('| co-expression of exclusive markers | Proseg | default');
  expect(said).not.toContain('leaked transcripts brought home');
});

test('time and memory are told as wins and as losses', () => {
  const cases = [
    compared({ competitor: 'spatile', preset: 'easy', used: { wallSeconds: 10, peakBytes: 2 ** 29 } }),
    compared({ competitor: 'proseg', preset: 'easy', used: { wallSeconds: 50, peakBytes: 2 ** 27 } }),
    compared({ competitor: 'spatile', preset: 'leaky', used: { wallSeconds: 30, peakBytes: 2 ** 27 } }),
    compared({ competitor: 'proseg', preset: 'leaky', used: { wallSeconds: 15, peakBytes: 2 ** 28 } }),
  ];
  expect(timeDuel(kindsOf(cases), PROSEG)).toMatchObject({
    ...{ better: 1, worse: 1 },
    loss: 'leaky, 0.1 M, 300 genes: 30.0 s against 15.0 s (one seed)',
  });
  expect(scorecard(kindsOf(cases), [PROSEG])).toContain(
    '| peak memory of all processes | Proseg | easy, 0.1 M, 300 genes: 512 MiB against 128 MiB (one seed) | 1 of 2 | 0 | 1 | 0 |',
  );
});

test('a program that was stopped took at least its limit', () => {
  const of = (exit: string, seconds: number) => ({ aimed: 1e6, exit, used: { wallSeconds: seconds } });
  const won = [
    compared({ competitor: 'spatile', ...of('done', 100) }),
    compared({ competitor: 'proseg', ...of('out of time', 900.2) }),
  ];
  expect(timeDuel(kindsOf(won), PROSEG)).toMatchObject({ better: 1, worse: 0 });
  const lost = [
    compared({ competitor: 'spatile', ...of('out of time', 900.2) }),
    compared({ competitor: 'proseg', ...of('done', 300) }),
  ];
  expect(timeDuel(kindsOf(lost), PROSEG)).toMatchObject({
    ...{ better: 0, worse: 1 },
    loss: 'default, 1 M, 300 genes: stopped after 900 s against 300.0 s',
  });
  expect(unfinished(kindsOf(won))).toBeNull();
  expect(unfinished(kindsOf(lost))).toBe(
    '**spatile did not end well** on default, 1 M, 300 genes, seed 1 (out of time).',
  );
});

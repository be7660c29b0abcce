import { expect, test } from 'vitest';
import { extrapolation } from '../../../bench/compare/extrapolation.ts';
import { goals } from '../../../bench/compare/goals.ts';
import { byKind, pair, score } from '../../../bench/compare/kinds.ts';
import { renderComparison } from '../../../bench/compare/page.ts';
import { isClear, statements } from '../../../bench/compare/statements.ts';
import type { CaseResult } from '../../../bench/results.ts';
import { compared } from './compared.ts';

const kindsOf = (cases: CaseResult[]) => byKind(cases).kinds;

/** spatile and Proseg on three seeds, with these F1 scores. */
const f1s = (preset: string, ours: number[], theirs: number[]): CaseResult[] =>
  ours.flatMap((f1, k) => [
    compared({ competitor: 'spatile', preset, seed: k + 1, scores: { f1 } }),
    compared({ competitor: 'proseg', preset, seed: k + 1, scores: { f1: theirs[k] } }),
  ]);

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

test('wins and losses are both told', () => {
  const cases = [
    ...f1s('easy', [0.8, 0.8, 0.8], [0.7, 0.7, 0.7]),
    ...f1s('leaky', [0.5, 0.5, 0.5], [0.6, 0.6, 0.6]),
    ...f1s('crowded', [0.6, 0.7, 0.8], [0.61, 0.69, 0.81]),
  ];
  const [first] = statements(kindsOf(cases), 'proseg', 'Proseg');
  expect(first).toContain('ahead on 1 of 3 kinds of slide (easy, 0.1 M, 300 genes: 0.800 against 0.700)');
  expect(first).toContain('**behind on 2** (leaky, 0.1 M, 300 genes: 0.500 against 0.600; crowded');
  expect(first).toContain('within the range of the seeds');
});

test('less is better for some scores', () => {
  const cases = [
    compared({ competitor: 'spatile', scores: { coexpression: 0.3, leakedHome: 0.4 } }),
    compared({ competitor: 'proseg', scores: { coexpression: 0.2, leakedHome: 0.3 } }),
  ];
  const said = statements(kindsOf(cases), 'proseg', 'Proseg');
  expect(said.find((line) => line.startsWith('- More often better'))).toContain(
    'leaked transcripts brought home (1 of 1)',
  );
  expect(said.find((line) => line.startsWith('- **More often worse**'))).toContain(
    'co-expression of exclusive markers (0 of 1)',
  );
});

test('time and memory are told as wins and as losses', () => {
  const cases = [
    compared({ competitor: 'spatile', preset: 'easy', used: { wallSeconds: 10, peakBytes: 2 ** 29 } }),
    compared({ competitor: 'proseg', preset: 'easy', used: { wallSeconds: 50, peakBytes: 2 ** 27 } }),
    compared({ competitor: 'spatile', preset: 'leaky', used: { wallSeconds: 30, peakBytes: 2 ** 27 } }),
    compared({ competitor: 'proseg', preset: 'leaky', used: { wallSeconds: 15, peakBytes: 2 ** 28 } }),
  ];
  const said = statements(kindsOf(cases), 'proseg', 'Proseg').join('\n');
  expect(said).toContain(
    '**Faster than Proseg** (wall time): easy, 0.1 M, 300 genes 10.0 s against 50.0 s, 5.0 times as fast.',
  );
  expect(said).toContain(
    '**Slower than Proseg**: leaky, 0.1 M, 300 genes 30.0 s against 15.0 s, 2.0 times as slow.',
  );
  expect(said).toContain('easy, 0.1 M, 300 genes 512 MiB against 128 MiB, 4.0 times more');
  expect(said).toContain('leaky, 0.1 M, 300 genes 128 MiB against 256 MiB, 2.0 times less');
});

test('a program that was stopped took at least its limit', () => {
  const cases = [
    compared({ competitor: 'spatile', aimed: 1e6, used: { wallSeconds: 100 } }),
    compared({ competitor: 'proseg', aimed: 1e6, exit: 'out of time', used: { wallSeconds: 900.2 } }),
  ];
  const said = statements(kindsOf(cases), 'proseg', 'Proseg').join('\n');
  expect(said).toContain('100.0 s against more than 900 s (stopped), at least 9.0 times as fast');
  const time = goals(kindsOf(cases)).find(({ goal }) => goal.startsWith('Wall time'));
  expect(time).toMatchObject({
    isMet: true,
    found: 'default, 1 M, 300 genes: 100 s against more than 900 s',
  });
});

test('a run of spatile that was stopped or failed is told as a loss', () => {
  const cases = [
    compared({ competitor: 'spatile', aimed: 1e6, exit: 'out of time', used: { wallSeconds: 900.2 } }),
    compared({ competitor: 'proseg', aimed: 1e6, used: { wallSeconds: 300 } }),
    compared({ competitor: 'spatile', preset: 'leaky', exit: 'failed' }),
    compared({ competitor: 'proseg', preset: 'leaky' }),
  ];
  const said = statements(kindsOf(cases), 'proseg', 'Proseg').join('\n');
  expect(said).toContain(
    '**Slower than Proseg**: default, 1 M, 300 genes more than 900 s (stopped) against 300.0 s, at least 3.0 times as slow.',
  );
  expect(said).toContain(
    '**spatile did not end well** on leaky, 0.1 M, 300 genes, seed 1 (failed); default, 1 M, 300 genes, seed 1 (out of time).',
  );
  expect(goals(kindsOf(cases)).find(({ goal }) => goal.startsWith('Wall time'))).toMatchObject({
    isMet: false,
    found: 'default, 1 M, 300 genes: spatile ended with: out of time',
  });
});

const verdictOf = (cases: CaseResult[], start: string): boolean | null =>
  goals(kindsOf(cases)).find(({ goal }) => goal.startsWith(start))!.isMet;

test('goals are met, not met, or not measured', () => {
  expect(goals([]).map(({ isMet }) => isMet)).toEqual(Array(8).fill(null));
  expect(verdictOf(f1s('easy', [0.7], [0.6]), 'F1 at least')).toBe(true);
  expect(verdictOf([...f1s('easy', [0.7], [0.6]), ...f1s('sparse', [0.5], [0.6])], 'F1 at least')).toBe(
    false,
  );
  expect(verdictOf(f1s('leaky', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]), 'F1 clearly')).toBe(true);
  expect(verdictOf(f1s('leaky', [0.7], [0.6]), 'F1 clearly')).toBe(false);
});

test('a goal that was measured in part says what is missing', () => {
  const cases = f1s('leaky', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]);
  const missingOf = (some: CaseResult[]): string[] =>
    goals(kindsOf(some)).find(({ goal }) => goal.startsWith('F1 clearly'))!.missing;
  expect(missingOf(cases)).toEqual(['crowded']);
  expect(renderComparison(cases)).toMatch(
    /F1 clearly above .*\| met as far as measured \| .*; not measured: crowded \|/,
  );
  const both = [...cases, ...f1s('crowded', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6])];
  expect(missingOf(both)).toEqual([]);
  expect(renderComparison(both)).toMatch(/F1 clearly above .*\| met \| /);
});

test('the goals of time and memory look at their own slides and processes', () => {
  const of = (seconds: number, aimed: number, more: Record<string, number> = {}): CaseResult =>
    compared({ competitor: 'spatile', aimed, used: { wallSeconds: seconds, ...more } });
  expect(verdictOf([of(12, 1e5), of(130, 1e6)], 'Time linear')).toBe(true);
  expect(verdictOf([of(12, 1e5), of(150, 1e6)], 'Time linear')).toBe(false);
  const one = compared({ competitor: 'spatile-1', aimed: 1e6, used: { wallSeconds: 200 } });
  expect(verdictOf([of(100, 1e6), one], 'Two workers')).toBe(true);
  expect(verdictOf([of(110, 1e6), one], 'Two workers')).toBe(false);
  expect(verdictOf([of(1, 1e6, { helperPeakBytes: 2 ** 30 })], 'Peak memory')).toBe(true);
  expect(verdictOf([of(1, 1e6, { helperPeakBytes: 2 ** 30 + 1 })], 'Peak memory')).toBe(false);
  expect(verdictOf([of(1, 1e6, { mainPeakBytes: 2 ** 33 })], 'Coordinator')).toBeNull();
  expect(verdictOf([of(1, 1e7, { mainPeakBytes: 2 ** 33 })], 'Coordinator')).toBe(false);
  const theirs = compared({ competitor: 'proseg', aimed: 1e6, used: { wallSeconds: 500 } });
  expect(verdictOf([of(100, 1e6), theirs], 'Wall time')).toBe(true);
  expect(verdictOf([of(101, 1e6), theirs], 'Wall time')).toBe(false);
});

test('slides of users are extrapolated from the largest slide measured', () => {
  const cases = [
    compared({ competitor: 'spatile', used: { cpuSeconds: 900 } }),
    compared({ competitor: 'spatile', aimed: 1e6, used: { cpuSeconds: 100 } }),
  ];
  const text = extrapolation(kindsOf(cases)).join('\n');
  expect(text).toContain(
    '| 70.5 M | 235,952 CPU-seconds and 35.1 GB without finishing | 7,050 | 1.0 | 0.1 |',
  );
  expect(text).toContain('An extrapolation, not a measurement');
  expect(extrapolation([])).toEqual([]);
});

test('the page tells what is missing and what failed', () => {
  const page = renderComparison([
    ...f1s('easy', [0.7], [0.6]),
    compared({ competitor: 'proseg', preset: 'leaky', exit: 'failed', complaint: 'first\nno memory | left' }),
    compared({ competitor: 'spatile', preset: 'leaky', exit: 'out of memory' }),
  ]);
  expect(page).toContain('| Baysor | not installed');
  expect(page).toContain('failed after 10 s: no memory / left');
  expect(page).toContain('stopped after 10 at 16 GiB');
  expect(page).toContain('| easy, 0.1 M, 300 genes | 0.700 | 0.600 |');
});

import { expect, test } from 'vitest';
import { extrapolation } from '../../../bench/compare/extrapolation.ts';
import { goalTable } from '../../../bench/compare/goal-table.ts';
import { type GoalVerdict, goals } from '../../../bench/compare/goals.ts';
import { byKind } from '../../../bench/compare/kinds.ts';
import type { CaseResult } from '../../../bench/results.ts';
import { compared, f1s } from './compared.ts';

const kindsOf = (cases: CaseResult[]) => byKind(cases).kinds;

const goalOf = (cases: CaseResult[], start: string): GoalVerdict =>
  goals(kindsOf(cases)).find(({ goal }) => goal.startsWith(start))!;

const verdictOf = (cases: CaseResult[], start: string): boolean | null => goalOf(cases, start).isMet;

test('goals are met, not met, or not measured', () => {
  expect(goals([]).map(({ isMet }) => isMet)).toEqual(Array(9).fill(null));
  expect(verdictOf(f1s('easy', [0.7], [0.6]), 'F1 at least')).toBe(true);
  expect(verdictOf([...f1s('easy', [0.7], [0.6]), ...f1s('sparse', [0.5], [0.6])], 'F1 at least')).toBe(
    false,
  );
  expect(verdictOf(f1s('leaky', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]), 'F1 clearly')).toBe(true);
  expect(verdictOf(f1s('leaky', [0.7], [0.6]), 'F1 clearly')).toBe(false);
});

test('of what holds everywhere the closest call is shown, of what fails everything that does', () => {
  const won = [...f1s('easy', [0.7], [0.6]), ...f1s('leaky', [0.7], [0.65]), ...f1s('sparse', [0.7], [0.5])];
  expect(goalOf(won, 'F1 at least').found).toBe('leaky, 0.1 M, 300 genes: +0.050 (the closest of 3)');
  const lost = [...won, ...f1s('crowded', [0.5], [0.6]), ...f1s('elongated', [0.5], [0.7])];
  expect(goalOf(lost, 'F1 at least').found).toBe(
    'crowded, 0.1 M, 300 genes: -0.100; elongated, 0.1 M, 300 genes: -0.200',
  );
});

test('a goal that was measured in part says what is missing', () => {
  const cases = f1s('leaky', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]);
  const missingOf = (some: CaseResult[]): string[] =>
    goals(kindsOf(some)).find(({ goal }) => goal.startsWith('F1 clearly'))!.missing;
  expect(missingOf(cases)).toEqual(['crowded']);
  expect(goalTable(kindsOf(cases))).toMatch(
    /F1 clearly above .*\| met as far as measured \| .*; not measured: crowded \|/,
  );
  const both = [...cases, ...f1s('crowded', [0.7, 0.7, 0.7], [0.6, 0.6, 0.6])];
  expect(missingOf(both)).toEqual([]);
  expect(goalTable(kindsOf(both))).toMatch(/F1 clearly above .*\| met \| /);
});

test('the goals of time and memory look at their own slides and processes', () => {
  const of = (seconds: number, aimed: number, more: Record<string, number> = {}): CaseResult =>
    compared({ competitor: 'spatile', aimed, used: { wallSeconds: seconds, ...more } });
  expect(verdictOf([of(12, 1e5), of(130, 1e6)], 'Time linear')).toBe(true);
  expect(verdictOf([of(12, 1e5), of(150, 1e6)], 'Time linear')).toBe(false);
  const peak = (aimed: number, bytes: number): CaseResult => of(1, aimed, { helperPeakBytes: bytes });
  expect(verdictOf([peak(1e5, 100), peak(1e6, 200)], 'Peak memory per worker flat')).toBeNull();
  expect(verdictOf([peak(1e6, 200), peak(1e7, 230)], 'Peak memory per worker flat')).toBe(true);
  expect(verdictOf([peak(1e6, 200), peak(1e7, 231)], 'Peak memory per worker flat')).toBe(false);
  const one = compared({ competitor: 'spatile-1', aimed: 1e6, used: { wallSeconds: 200 } });
  expect(verdictOf([of(100, 1e6), one], 'Two workers')).toBe(true);
  expect(verdictOf([of(110, 1e6), one], 'Two workers')).toBe(false);
  expect(verdictOf([peak(1e6, 2 ** 30)], 'Peak memory per worker at most')).toBe(true);
  expect(verdictOf([peak(1e6, 2 ** 30 + 1)], 'Peak memory per worker at most')).toBe(false);
  expect(verdictOf([of(1, 1e6, { mainPeakBytes: 2 ** 33 })], 'Coordinator')).toBeNull();
  expect(verdictOf([of(1, 1e7, { mainPeakBytes: 2 ** 33 })], 'Coordinator')).toBe(false);
  const theirs = compared({ competitor: 'proseg', aimed: 1e6, used: { wallSeconds: 500 } });
  expect(verdictOf([of(100, 1e6), theirs], 'Wall time')).toBe(true);
  expect(verdictOf([of(101, 1e6), theirs], 'Wall time')).toBe(false);
});

test('growth is judged on each panel size by itself', () => {
  const of = (aimed: number, genes: number, seconds: number): CaseResult =>
    compared({ competitor: 'spatile', aimed, genes, used: { wallSeconds: seconds } });
  const small = [of(1e6, 300, 40), of(1e6, 5000, 60)];
  expect(verdictOf([...small, of(1e7, 300, 400)], 'Time linear')).toBe(true);
  expect(goalOf([...small, of(1e7, 300, 400), of(1e7, 5000, 720)], 'Time linear')).toMatchObject({
    ...{
      isMet: false,
      found: 'default, 10 M, 5,000 genes: 72.0 s per million after 60.0 s per million (+20 %)',
    },
  });
});

test('a fifth of a limit is enough where the other program was stopped; a run of ours that was stopped fails', () => {
  const of = (competitor: string, exit: string, seconds: number): CaseResult =>
    compared({ competitor, aimed: 1e6, exit, used: { wallSeconds: seconds } });
  const stopped = of('proseg', 'out of time', 900.2);
  expect(goalOf([of('spatile', 'done', 100), stopped], 'Wall time')).toMatchObject({
    ...{ isMet: true, found: 'default, 1 M, 300 genes: 100 s against more than 900 s' },
  });
  expect(goalOf([of('spatile', 'done', 300), stopped], 'Wall time')).toMatchObject({
    ...{ isMet: false, found: expect.stringContaining('not decided: Proseg was stopped') },
  });
  expect(goalOf([of('spatile', 'out of time', 900.2), of('proseg', 'done', 300)], 'Wall time')).toMatchObject(
    { isMet: false, found: 'default, 1 M, 300 genes: spatile ended with: out of time' },
  );
});

test('slides of users are extrapolated from the largest slide measured', () => {
  const cases = [
    compared({ competitor: 'spatile', used: { cpuSeconds: 900 } }),
    compared({ competitor: 'spatile', aimed: 1e6, used: { cpuSeconds: 100 } }),
  ];
  const text = extrapolation(kindsOf(cases)).join('\n');
  expect(text).toContain(
    '| 70.5 M | 130,591 | 235,952 CPU-seconds and 35.1 GB without finishing | 7,050 | 1.0 | 0.1 | - |',
  );
  expect(text).toContain('An extrapolation, not a measurement');
  expect(extrapolation([])).toEqual([]);
  const of = (aimed: number, cells: number, mainPeakBytes: number): CaseResult =>
    compared({ competitor: 'spatile', aimed, scores: { cells }, used: { mainPeakBytes } });
  const sizes = [of(1e6, 6000, 2 ** 29), of(1e7, 60_000, 2 ** 29 + 54_000 * 2 ** 14)];
  // 0.5 GiB less the 6,000 cells there, and 16 KiB for each of 710,240.
  expect(extrapolation(kindsOf(sizes)).join('\n')).toMatch(/issue 162 .*\| 11\.2 \|/);
  expect(extrapolation(kindsOf(sizes)).join('\n')).toContain('by 16 KiB each');
});

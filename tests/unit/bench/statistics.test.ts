import { expect, test } from 'vitest';
import { duration, number, show, spread } from '../../../bench/statistics.ts';

test('the median of an odd and an even number of values, and their range', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, n: 3 });
  expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4, n: 4 });
});

test('a range is shown where values differ, nothing where nothing was measured', () => {
  expect(show(spread([1, 2, 4]), 1)).toBe('2.0 (1.0 to 4.0)');
  expect(show(spread([2, 2]), 0)).toBe('2');
  expect(show(undefined)).toBe('-');
  expect(show(spread([2 ** 21]), 0, 2 ** -20)).toBe('2');
});

test('numbers as people read them', () => {
  expect(number(1234567.891, 1)).toBe('1,234,567.9');
  expect(number(null)).toBe('-');
  expect(number(Number.NaN)).toBe('-');
  expect([duration(0.2), duration(80), duration(600), duration(7200)]).toEqual([
    '1 s',
    '80 s',
    '10 min',
    '2.0 h',
  ]);
});

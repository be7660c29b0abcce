import { Tally } from '@spatile/instrument/simulate/tally';
import { expect, it } from 'vitest';

it('counts each integer of a list in rising order, and forgets the list before', () => {
  const tally = new Tally(100);
  const counted = (values: number[]): number[][] => {
    const found: number[][] = [];
    tally.take(values, (value, count) => found.push([value, count]));
    return found;
  };
  expect(counted([99, 31, 0, 31, 32, 63, 64, 31, 0])).toEqual([
    [0, 2],
    [31, 3],
    [32, 1],
    [63, 1],
    [64, 1],
    [99, 1],
  ]);
  expect(counted([31])).toEqual([[31, 1]]);
  expect(counted([])).toEqual([]);
});

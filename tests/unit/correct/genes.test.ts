import { informativeGenes } from '@spatile/worker/correct/rctd/genes';
import { expect, test } from 'vitest';
import { TOY } from './toy.ts';

const RULE = { foldChange: 0.5, share: 0.001, minTotal: 5 };
const ALL = new Uint8Array(TOY.genes).fill(1);
const SEEN = new Float64Array(TOY.genes).fill(10);
const marked = (total: ArrayLike<number>, listable: ArrayLike<number>, minTotal: number): number[] => [
  ...informativeGenes(TOY.shares, TOY.types, total, listable, { ...RULE, minTotal }),
];

test('genes that mark a type are listed when the slide holds enough of them', () => {
  expect(marked(SEEN, ALL, 5).length).toBe(60);
  expect(
    marked(
      SEEN.map((n, j) => (j === 7 ? 4 : n)),
      ALL,
      5,
    ),
  ).not.toContain(7);
  expect(marked(new Float64Array(60), ALL, 0).length).toBe(60);
});

test.each([0, 5])('genes that may not be listed never are (at least %i transcripts)', (minTotal) => {
  const listable = ALL.map((_, j) => (j % 20 === 3 ? 0 : 1));
  const list = marked(SEEN, listable, minTotal);
  expect(list.length).toBe(57);
  expect(list.filter((j) => j % 20 === 3)).toEqual([]);
});

import { MarkerMixing, markedTypes } from '@spatile/coordinator/correct/mixing';
import { correctionsSection } from '@spatile/coordinator/report/sections/corrections';
import { expect, test } from 'vitest';

const TYPES = ['a', 'b'];

test('a gene marks a type when its mean there is four times that of every other', () => {
  const reference = {
    types: TYPES,
    genes: Int32Array.of(0, 2, 3),
    shares: Float64Array.of(0.4, 0.1, 0.2, 0.1, 0.41, 0.1),
  };
  expect([...markedTypes(reference as never, 4)]).toEqual([0, -1, 1, -1]);
});

test('markers are summed by type of the cell and marked type, and shown before and after', () => {
  const types = { names: TYPES, typed: { first: Int16Array.of(0, 1, -1) } };
  const mixing = new MarkerMixing(types as never, Int16Array.of(0, 1, -1));
  mixing.add(0, 0, 6, 6);
  mixing.add(0, 1, 2, 0.5);
  mixing.add(1, 1, 4, 4);
  mixing.add(1, 2, 9, 9);
  mixing.add(2, 0, 5, 5);
  const stored = mixing.stored() as { before: number[]; after: number[]; genes: number[] };
  expect(stored).toEqual({ types: TYPES, genes: [1, 1], before: [6, 2, 0, 4], after: [6, 0.5, 0, 4] });
  const correction = {
    method: 'split',
    geneBefore: [11, 6, 9],
    geneAfter: [11, 4.5, 9],
    mixing: { types: TYPES, before: stored.before, after: stored.after },
  };
  const page = correctionsSection(['G0', 'G1', 'G2'], [correction])!.body.text;
  expect(page).toContain('split kept 94.2 % of 26 transcripts in cells');
  expect(page).toContain('Before: 16.7 % of the marker transcripts');
  expect(page).toContain('1 genes lost something');
  expect(correctionsSection([], [])).toBeNull();
});

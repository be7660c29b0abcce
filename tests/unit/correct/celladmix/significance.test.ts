import {
  falseDiscoveryRates,
  normalUpperTail,
  signedRankTest,
} from '@spatile/coordinator/correct/celladmix/significance';
import { expect, test } from 'vitest';

/** Values by SciPy 1.16 (`norm.sf`). */
test.each([
  [-2, 0.9772498680518208],
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [2.9, 0.0018658133003840375],
  [3.1, 0.0009676032132183563],
  [8, 6.22096057427174e-16],
  [20, 2.7536241186061556e-89],
])('upper tail of the normal law at %f', (z, expected) => {
  expect(normalUpperTail(z) / expected).toBeCloseTo(1, 9);
});

/** Values by SciPy 1.16 (`wilcoxon`, one-sided; exact, and by the normal law with correction). */
test('the signed-rank test: exact for few, by the normal law with ties, zeros or many', () => {
  expect(signedRankTest([1.1, -0.4, 2.2, 0.7, -0.1, 3, 0.9])).toBeCloseTo(0.0390625, 12);
  expect(signedRankTest([1, 1, -1, 2, 2, -3, 4, 5, 0, 0, 6, -2, 7])).toBeCloseTo(0.049329399266750014, 9);
  const many = Array.from({ length: 60 }, (_, i) => (((i * 37) % 101) - 40) / 10 + i * 1e-4);
  expect(signedRankTest(many)).toBeCloseTo(0.010709928103871988, 9);
});

test('nothing to rank says nothing', () => {
  expect(signedRankTest([])).toBe(1);
  expect(signedRankTest([0, 0])).toBe(1);
});

test('false discovery rates of Benjamini and Hochberg', () => {
  expect(falseDiscoveryRates([0.01, 0.04, 0.03, 0.5])).toEqual([
    0.04,
    expect.closeTo(0.16 / 3, 12),
    expect.closeTo(0.16 / 3, 12),
    0.5,
  ]);
  expect(falseDiscoveryRates([])).toEqual([]);
});

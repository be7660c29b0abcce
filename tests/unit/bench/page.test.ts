import { expect, test } from 'vitest';
import { renderDetails } from '../../../bench/compare/details-page.ts';
import { renderComparison, renderStanding } from '../../../bench/compare/page.ts';
import { compared, f1s } from './compared.ts';

test('the pages tell what is missing and what failed', () => {
  const cases = [
    ...f1s('easy', [0.7], [0.6]),
    compared({ competitor: 'proseg', preset: 'leaky', exit: 'failed', complaint: 'first\nno memory | left' }),
    compared({ competitor: 'spatile', preset: 'leaky', exit: 'out of memory' }),
  ];
  const page = renderComparison(cases);
  expect(page).toContain('| Baysor | - | not installed');
  expect(page).toContain('| Proseg | proseg 1 | measured on 1 of 2 kinds of slide |');
  expect(page).toContain('**spatile did not end well** on leaky, 0.1 M, 300 genes, seed 1 (out of memory).');
  const details = renderDetails(cases);
  expect(details).toContain('failed after 10 s: no memory / left');
  expect(details).toContain('stopped after 10 at 16 GiB');
  expect(details).toContain('| easy, 0.1 M, 300 genes | 0.700 | 0.600 |');
});

test('the first table shows means over shared seeds, the best bold, and limits of what was stopped', () => {
  const cases = [
    ...f1s('easy', [0.7, 0.8], [0.6, 0.9]).slice(0, 3),
    compared({ competitor: 'expand', preset: 'easy', scores: { f1: 0.75 } }),
    compared({ competitor: 'spatile', aimed: 1e6, scores: { f1: 0.7 }, used: { wallSeconds: 200 } }),
    compared({ competitor: 'proseg', aimed: 1e6, exit: 'out of time', used: { wallSeconds: 900 } }),
  ];
  const page = renderComparison(cases);
  expect(page).toContain('| easy, 0.1 M, 300 genes | 2 | 0.700 | 0.600 | **0.750** |');
  expect(page).toMatch(/\| default, 1 M, 300 genes \| 1 \| 0\.700 \| - \| - \|.*\| 200 \| > 900 \|/);
  expect(renderStanding(cases)).toContain('| easy, 0.1 M, 300 genes | 0.700 | 0.600 | **0.750** |');
});

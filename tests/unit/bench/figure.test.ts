import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { comparisonFigure } from '../../../bench/compare/comparison-figure.ts';
import { type FigureRow, methodsFigure } from '../../../bench/compare/figure.ts';
import { compared } from './compared.ts';

const spread = (median: number) => ({ median, least: median * 0.9, most: median * 1.1, n: 3 });
const row = (kind: string, method: string, f1: number): FigureRow => ({
  kind,
  method,
  f1: spread(f1),
  wallSeconds: spread(60 * f1),
  peakBytes: spread(2 ** 30 * f1),
  ending: null,
});
const METHODS = ['spatile', 'Proseg', "the vendor's <cells>"];
const ROWS = [
  ...['default, 0.1 M', 'crowded, 0.1 M'].flatMap((kind) =>
    METHODS.map((method, i) => row(kind, method, 0.7 - i / 10)),
  ),
  { ...row('default, 10 M', 'spatile', 0.7) },
  {
    ...row('default, 10 M', 'Proseg', 0),
    f1: undefined,
    wallSeconds: undefined,
    peakBytes: undefined,
    ending: '> 900 s, stopped',
  },
];

describe('the figure of the comparison', () => {
  const svg = methodsFigure(ROWS, METHODS);
  const { document } = parseHTML(svg);

  it('has a dot for everything that was measured, in three panels', () => {
    expect(document.querySelectorAll('svg > g > svg').length).toBe(3);
    expect(document.querySelectorAll('g[aria-label="dot"] circle').length).toBe(3 * 7);
    expect(document.querySelectorAll('g[aria-label="link"] path').length).toBe(3 * 7);
  });

  it('says what did not end, in the panels of time and memory', () => {
    expect(svg.match(/Proseg: &gt; 900 s, stopped/g)?.length).toBe(2);
  });

  it('stands alone: no style of a page, names escaped, the same bytes again', () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/var\(|NaN|undefined|<cells>/);
    expect(methodsFigure(ROWS, METHODS)).toBe(svg);
  });
});

it('is made from stored results: seeds become one dot, and what was stopped says so', () => {
  const scores = (f1: number) => ({ scores: { f1 } });
  const svg = comparisonFigure(
    [
      compared({ competitor: 'spatile', seed: 1, ...scores(0.7) }),
      compared({ competitor: 'spatile', seed: 2, ...scores(0.8) }),
      compared({ competitor: 'proseg', seed: 1, exit: 'out of time' }),
      compared({ competitor: 'vendor', seed: 1, exit: 'none', ...scores(0.6) }),
    ],
    [
      ['spatile', 'spatile'],
      ['proseg', 'Proseg'],
      ['vendor', "the vendor's cells"],
      ['baysor', 'Baysor'],
    ],
  );
  expect(svg).toContain('spatile, default, 0.1 M, 300 genes: 0.750');
  expect(svg).toContain('Proseg: &gt; 900, stopped');
  expect(svg).not.toContain('Baysor');
});

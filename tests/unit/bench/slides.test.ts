import { expect, test } from 'vitest';
import type { BenchOptions } from '../../../bench/bench.ts';
import { compare } from '../../../bench/compare/compare.ts';
import { comparedSlides, turned } from '../../../bench/compare/slides.ts';
import { parseCommandLine } from '../../../bench/options.ts';
import { ResultFile } from '../../../bench/results.ts';
import { compared } from './compared.ts';

const OPTIONS: BenchOptions = {
  ...{ sizesUm: [], repeats: null, workers: 2, slides: 3, limitSeconds: 900, limitBytes: 2 ** 34 },
  ...{ tiny: false, program: 'dist' },
};

test('every slide once, the usual and the hard ones first, hours of work last', () => {
  const slides = comparedSlides(3, false);
  const names = slides.map(({ kind, seed }) => `${kind.key} ${seed}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.slice(0, 3)).toEqual(['default-0.1M-300 1', 'leaky-0.1M-300 1', 'crowded-0.1M-300 1']);
  expect(names.at(-1)).toBe('default-10M-18000 1');
  for (const kind of ['default-0.1M-5000', 'whole-transcriptome-0.1M-18000', 'sparse-0.1M-300'])
    expect(names.filter((name) => name.startsWith(`${kind} `))).toHaveLength(3);
  expect(names).toContain('default-1M-5000 1');
});

test('tiny slides are few and small', () => {
  const slides = comparedSlides(1, true);
  expect(slides.length).toBeLessThan(5);
  expect(Math.max(...slides.map(({ kind }) => kind.transcripts))).toBeLessThan(10_000);
});

test('the order of programs turns with the seed', () => {
  expect([1, 2, 3, 4].map((seed) => turned(['a', 'b', 'c'], seed).join(''))).toEqual([
    'abc',
    'bca',
    'cab',
    'abc',
  ]);
});

test('cases of one slide follow each other, so that they are paired', () => {
  const groups = compare.cases(OPTIONS).map(({ group }) => group);
  const starts = groups.filter((group, i) => group !== groups[i - 1]);
  expect(new Set(starts).size).toBe(starts.length);
});

test('further seeds are left out after a first one that took long or did not end', () => {
  const cases = compare.cases(OPTIONS);
  const second = cases.find(({ key }) => key === 'default-0.1M-300-seed2-spatile')!;
  const first = (exit: string, wallSeconds: number) => [
    {
      ...compared({ competitor: 'spatile', exit, used: { wallSeconds } }),
      key: 'default-0.1M-300-seed1-spatile',
    },
  ];
  expect(second.skip!([])).toBeNull();
  expect(second.skip!(first('done', 399))).toBeNull();
  expect(second.skip!(first('done', 401))).toBe('the first seed took 401 s');
  expect(second.skip!(first('out of time', 900))).toBe('the first seed ended with: out of time');
});

test('results are current for the same build, settings and machine only', () => {
  const results = new ResultFile(null, 'compare', []);
  const [one] = compare.cases(OPTIONS);
  const on = compared({ competitor: 'spatile' }).machine;
  results.put(one, { measured: {}, quality: {}, digest: '' }, 'build', on);
  expect(results.isCurrent(one, 'build', on)).toBe(true);
  expect(results.isCurrent(one, 'other', on)).toBe(false);
  expect(results.isCurrent(one, 'build', { ...on, cores: 64 })).toBe(false);
  expect(results.isCurrent({ ...one, settings: { ...one.settings, seed: 9 } }, 'build', on)).toBe(false);
});

test('without a name all benches run; tables, limits and minutes are read', () => {
  expect(parseCommandLine([])).toMatchObject({ name: null, limitSeconds: 900, minutes: null, tiny: false });
  expect(parseCommandLine(['compare', '--limit', '60', '--minutes', '5', '--tiny'])).toMatchObject({
    ...{ name: 'compare', limitSeconds: 60, minutes: 5, tiny: true },
  });
});

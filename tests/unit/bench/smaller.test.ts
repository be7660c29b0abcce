import { describe, expect, it } from 'vitest';
import { smallerTells, type Trial, trialsOf } from '../../../bench/compare/smaller.ts';
import { compared } from './compared.ts';

const trial = (transcripts: number, genes: number, ended: boolean, preset = 'default'): Trial => ({
  kind: `${preset}-${transcripts}-${genes}`,
  preset,
  transcripts,
  genes,
  ended,
});

describe('a slide that a program is not tried on', () => {
  const trials = [trial(1e6, 300, true), trial(1e7, 300, false)];

  it('has as many transcripts and more genes than one it did not end on', () => {
    expect(smallerTells({ preset: 'default', transcripts: 1e7, genes: 5000 }, trials)).toBe(
      'default-10000000-300',
    );
  });

  it('is not that slide itself, nor a smaller one, nor one of another kind', () => {
    expect(smallerTells({ preset: 'default', transcripts: 1e7, genes: 300 }, trials)).toBeNull();
    expect(smallerTells({ preset: 'default', transcripts: 1e6, genes: 5000 }, trials)).toBeNull();
    expect(smallerTells({ preset: 'leaky', transcripts: 1e7, genes: 5000 }, trials)).toBeNull();
  });

  it('is none for what runs nothing, such as cells that came with the bundle', () => {
    const cases = [
      compared({ competitor: 'vendor', exit: 'none' }),
      compared({ competitor: 'vendor', exit: 'failed' }),
    ];
    expect(trialsOf(cases, 'vendor').map(({ ended }) => ended)).toEqual([true, false]);
  });
});

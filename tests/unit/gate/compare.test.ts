import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../gate/baseline.ts';
import { ALL_SLIDES, compare, fails, incomparable, type Row } from '../../../gate/compare.ts';
import { baseline, CASE, measured } from './numbers.ts';

const rowsOf = (now: Measured): Row[] => compare(baseline(), now, CASE);
const failing = (now: Measured): string[] =>
  rowsOf(now)
    .filter(fails)
    .map(({ method, slide, metric, verdict }) => `${method}/${slide}/${metric}: ${verdict}`);

/** What the case gave, with one number changed. */
function changed(change: (now: Measured) => void): Measured {
  const now = measured();
  change(now);
  return now;
}

describe('equal numbers', () => {
  it('pass, every one of them compared', () => {
    const rows = rowsOf(measured());
    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map(() => 'same'));
    // Two scores on two slides and over both, and two counts, for two methods.
    expect(rows.length).toBe(2 * (2 * 3 + 2));
  });
});

describe('accuracy', () => {
  it('may fall within three standard deviations of the difference of two means, and no further', () => {
    // Two seeds: 3 * 0.01 * sqrt(2 / 2) on one slide.
    expect(failing(changed(({ accuracy }) => (accuracy.proseg.calm.f1 = 0.8 - 0.0299)))).toEqual([]);
    expect(failing(changed(({ accuracy }) => (accuracy.proseg.calm.f1 = 0.8 - 0.0301)))).toEqual([
      'proseg/calm/f1: worse',
    ]);
  });

  it('is held tighter over all slides than on one', () => {
    const fallen = changed(({ accuracy }) => {
      accuracy.proseg.calm.f1 -= 0.025;
      accuracy.proseg.crowded.f1 -= 0.025;
    });
    expect(failing(fallen)).toEqual([`proseg/${ALL_SLIDES}/f1: worse`]);
  });

  it('may rise as it likes; a score of which less is better must not rise', () => {
    expect(failing(changed(({ accuracy }) => (accuracy.proseg.calm.f1 = 0.99)))).toEqual([]);
    expect(failing(changed(({ accuracy }) => (accuracy.proseg.calm.foreignMarkers = 0)))).toEqual([]);
    expect(failing(changed(({ accuracy }) => (accuracy.proseg.calm.foreignMarkers = 0.15)))).toContain(
      'proseg/calm/foreignMarkers: worse',
    );
  });

  it('of a method without noise may fall by two thousandths', () => {
    expect(failing(changed(({ accuracy }) => (accuracy.expand.calm.f1 = 0.5985)))).toEqual([]);
    expect(failing(changed(({ accuracy }) => (accuracy.expand.calm.f1 = 0.5975)))).toEqual([
      'expand/calm/f1: worse',
    ]);
  });

  it('must not go missing: a score, a slide, a method', () => {
    expect(
      failing(
        changed(({ accuracy }) => {
          accuracy.proseg.calm = { foreignMarkers: 0.1 };
        }),
      ),
    ).toContain('proseg/calm/f1: missing');
    expect(failing(changed(({ accuracy }) => delete accuracy.expand.crowded))).toContain(
      'expand/crowded/f1: missing',
    );
    expect(failing(changed(({ accuracy }) => delete accuracy.proseg)).length).toBe(6);
  });

  it('that was not measured before passes and is called new', () => {
    const rows = rowsOf(changed(({ accuracy }) => (accuracy.proseg.calm.outlineF1 = 0.5)));
    expect(rows.filter(({ metric }) => metric === 'outlineF1').map(({ verdict }) => verdict)).toContain(
      'new',
    );
    expect(rows.some(fails)).toBe(false);
  });
});

describe('work', () => {
  it('may grow by a tenth: 9 % passes, 10 % passes, 11 % fails', () => {
    for (const [n, wanted] of [
      [1090, []],
      [1100, []],
      [1110, [`proseg/${ALL_SLIDES}/labelProposals: worse`]],
    ] as const)
      expect(failing(changed(({ work }) => (work.proseg.labelProposals = n)))).toEqual(wanted);
  });

  it('may shrink, and must not go missing', () => {
    expect(failing(changed(({ work }) => (work.expand.pixelsGrown = 1)))).toEqual([]);
    expect(failing(changed(({ work }) => delete work.expand.pixelsGrown))).toEqual([
      `expand/${ALL_SLIDES}/pixelsGrown: missing`,
    ]);
  });

  it('of pages of memory is held like the rest', () => {
    expect(failing(changed(({ work }) => (work.proseg.wasmPages = 111)))).toEqual([
      `proseg/${ALL_SLIDES}/wasmPages: worse`,
    ]);
  });

  it('fails exactly when it grew by more than a tenth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 9 }),
        fc.integer({ min: 0, max: 2 * 10 ** 9 }),
        (was, is) => {
          const before = baseline();
          before.work.proseg.labelProposals = was;
          const now = changed(({ work }) => (work.proseg.labelProposals = is));
          const row = compare(before, now, CASE).find(({ metric }) => metric === 'labelProposals')!;
          expect(fails(row)).toBe(is > was * 1.1);
        },
      ),
    );
  });
});

describe('what cannot be compared', () => {
  it('is nothing when slides and case are the same', () => {
    expect(incomparable(baseline(), measured().slides, CASE)).toBeNull();
  });

  it('is told of slides that the simulator makes otherwise', () => {
    expect(incomparable(baseline(), { calm: 'aa', crowded: 'cc' }, CASE)).toMatch(/simulator.*\(crowded\)/);
  });

  it('is told of another case', () => {
    const other = { ...CASE, methods: [CASE.methods[0]] };
    expect(incomparable(baseline(), measured().slides, other)).toMatch(/case of the gate/);
  });
});

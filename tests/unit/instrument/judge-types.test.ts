import { evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import { confusionOf, typeScores } from '@spatile/instrument/judge/types/scores';
import { describe, expect, it } from 'vitest';
import { labels, resultOf, truthOf } from './truth-fixture.ts';

describe('agreement of called with true types', () => {
  const calls = {
    types: ['A', 'B', 'C'],
    // Entry 0 is unused; the last cell has too few transcripts.
    truth: Int32Array.of(-1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, -1),
    called: Int32Array.of(-1, 0, 0, 0, 1, -1, -1, 1, 1, 2, 0, -1),
    ceiling: Int32Array.of(-1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, -1),
  };

  it('is the share of cells called right, plain, by type and beyond chance', () => {
    const scores = typeScores(calls, () => true);
    expect(scores.typeAccuracy).toBeCloseTo(5 / 10, 12);
    expect(scores.typeMacroAccuracy).toBeCloseTo((3 / 6 + 2 / 4) / 2, 12);
    // By chance: 6 of 10 are A and 4 of 10 are called so; 4 are B and 3 are called so.
    const chance = (6 * 4 + 4 * 3) / 100;
    expect(scores.typeKappa).toBeCloseTo((0.5 - chance) / (1 - chance), 12);
    expect(scores.typeCeiling).toBeCloseTo(9 / 10, 12);
    expect(scores.typeMacroCeiling).toBeCloseTo((1 + 3 / 4) / 2, 12);
  });

  it('counts unmatched cells as wrong, in a column of their own', () => {
    expect([...confusionOf(calls)]).toEqual([3, 1, 0, 2, 1, 2, 1, 0, 0, 0, 0, 0]);
  });

  it('looks at the cells of a place only, and says nothing of none', () => {
    expect(typeScores(calls, (t) => t <= 3)).toMatchObject({
      typeAccuracy: 1,
      typeMacroAccuracy: 1,
      typeKappa: null,
    });
    expect(typeScores(calls, () => false)).toMatchObject({ typeAccuracy: null, typeMacroAccuracy: null });
    expect(typeScores(null, () => true).typeAccuracy).toBeNull();
  });
});

describe('calling types', () => {
  // Gene 0 marks A, gene 1 marks B, gene 2 is in both; profiles by gene, then type.
  const profiles = Float64Array.of(0.4, 0, 0, 0.4, 0.6, 0.6);
  const truthWith = (cell: number[], feature: number[]) =>
    truthOf(cell, {
      feature: Uint16Array.from(feature),
      genes: 3,
      types: ['A', 'B'],
      typeOf: Uint32Array.of(0, 1, 1),
      profiles,
    });
  const called = async (cell: number[], feature: number[], result: number[]) =>
    (await evaluateInDetail(resultOf(result), truthWith(cell, feature))).detail.types!;

  it('takes the type whose profile explains the counts best, a stray transcript notwithstanding', async () => {
    const cell = [...labels(12, [1, 2]), ...labels(5, [3])];
    const feature = [...labels(12, [0, 1]), ...labels(5, [1])];
    // Three of the twelve of cell 2 are markers of the other type.
    for (const i of [12, 13, 14]) feature[i] = 0;
    const types = await called(cell, feature, cell);
    expect(types.names).toEqual(['A', 'B']);
    expect([...types.truth]).toEqual([-1, 0, 1, -1]);
    expect([...types.called]).toEqual([-1, 0, 1, -1]);
  });

  it('calls what the matched cell holds, not what the true one does', async () => {
    const cell = [...labels(12, [1, 2]), ...labels(30, [0])];
    const feature = [...labels(12, [0, 1]), ...labels(30, [0])];
    // Cell 2 is found, but filled with background that looks like A.
    const result = [...labels(12, [1, 2]), ...labels(30, [2])];
    const types = await called([...cell, 3], [...feature, 1], [...result, 0]);
    expect([...types.called]).toEqual([-1, 0, 0, -1]);
  });
});

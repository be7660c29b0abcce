import { describe, expect, it } from 'vitest';
import { atProsegRecall, atRecall, type CurvePoint, recallTable } from '../../../bench/compare/curve.ts';
import { byKind } from '../../../bench/compare/kinds.ts';
import { compared } from './compared.ts';

const point = (minProbability: number, recall: number, coexpression: number | null): CurvePoint => ({
  minProbability,
  f1: recall,
  recall,
  precision: 1 - recall,
  coexpression,
});
const CURVE = [point(0, 0.6, 0.02), point(0.5, 0.5, 0.012), point(0.9, 0.3, 0.004)];

describe('the operating curve', () => {
  it('is read between its points by their recall', () => {
    const found = atRecall(CURVE, 0.4)!;
    expect(found.minProbability).toBeCloseTo(0.7, 12);
    expect(found.recall).toBeCloseTo(0.4, 12);
    expect(found.coexpression).toBeCloseTo(0.008, 12);
    expect(atRecall([...CURVE].reverse(), 0.4)).toEqual(found);
  });

  it('ends where its points end', () => {
    expect(atRecall(CURVE, 0.7)).toEqual(CURVE[0]);
    expect(atRecall(CURVE, 0.1)).toEqual(CURVE[2]);
    expect(atRecall([], 0.5)).toBeNull();
  });

  it('has no co-expression where a point has none', () => {
    expect(atRecall([point(0, 0.6, 0.02), point(0.5, 0.4, null)], 0.5)!.coexpression).toBeNull();
  });

  it('is held against Proseg seed by seed', () => {
    const ours = (seed: number) => {
      const one = compared({ competitor: 'spatile', seed });
      return { ...one, details: { ...(one.details as object), curve: CURVE } };
    };
    const scores = (recall: number) => ({ f1: 0.4, recall, precision: 0.6, coexpression: 0.01 });
    const cases = [
      ...[1, 2, 3].map(ours),
      compared({ competitor: 'proseg', seed: 1, scores: scores(0.5) }),
      compared({ competitor: 'proseg', seed: 2, scores: scores(0.3) }),
    ];
    const [kind] = byKind(cases).kinds;
    const found = atProsegRecall(kind)!;
    expect(found.seeds).toBe(2);
    expect(found.theirs.recall).toBeCloseTo(0.4, 12);
    expect(found.ours.coexpression).toBeCloseTo(0.008, 12);
    expect(recallTable([kind])).toMatch(/0\.400.*0\.400.*0\.70.*0\.0100.*0\.0080/);
  });

  it('has no table before it was measured', () => {
    const { kinds } = byKind([compared({ competitor: 'spatile' }), compared({ competitor: 'proseg' })]);
    expect(recallTable(kinds)).toBeNull();
  });
});

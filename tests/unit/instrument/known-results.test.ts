import { type Evaluation, evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import { SCORES } from '@spatile/instrument/judge/score-list';
import type { Scores } from '@spatile/instrument/judge/scores';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { labels, rectangle, resultOf, type TruthParts, truthOf } from './truth-fixture.ts';

/**
 * 200 square cells of 4 types, 40 transcripts each, and 2,000 of background, on a slide of 200 x 200 um. A cell of type k
 * holds 8 transcripts of each of its two markers (genes 2 k, 2 k + 1) and 24 of genes that all cells share.
 */
const CELLS = 200;
const TYPES = 4;
const GENES = 20;
const stream = new RandomStream(11, 'known-results');
const CELL = [
  ...labels(2000, [0]),
  ...labels(
    40,
    Array.from({ length: CELLS }, (_, i) => i + 1),
  ),
];
const typeOf = (cell: number): number => (cell - 1) % TYPES;
const placeOf = (cell: number): [x: number, y: number] => [
  10 * ((cell - 1) % 20) + 1,
  20 * Math.floor((cell - 1) / 20) + 1,
];
/** Each reaches 2 um into the next one to the right, where a quarter of that one's transcripts are. */
const outlineOf = (cell: number, from = 0, to = 12): Float64Array[][] => {
  const [x, y] = placeOf(cell);
  return rectangle(x + from, y, x + to, y + 8);
};
const cellNumbers = Array.from({ length: CELLS }, (_, i) => i + 1);

const PARTS: TruthParts = {
  genes: GENES,
  markerOf: Array.from({ length: GENES }, (_, gene) => (gene < 2 * TYPES ? gene >> 1 : -1)),
  typeOf: Uint32Array.from(cellNumbers, typeOf),
  feature: Uint16Array.from(CELL, (cell, i) => {
    const nth = i % 40;
    return cell > 0 && nth < 16 ? 2 * typeOf(cell) + (nth % 2) : 2 * TYPES + (i % (GENES - 2 * TYPES));
  }),
  profiles: Float64Array.from({ length: GENES * TYPES }, (_, i) => {
    const [gene, type] = [Math.floor(i / TYPES), i % TYPES];
    if (gene >= 2 * TYPES) return 0.6 / (GENES - 2 * TYPES);
    return gene >> 1 === type ? 0.2 : 0;
  }),
  leaked: Uint8Array.from(CELL, (cell, i) => (cell > 0 && i % 10 === 0 ? 1 : 0)),
  x: Float32Array.from(CELL, (cell, i) => (cell === 0 ? stream.uniform() * 200 : placeOf(cell)[0] + (i % 8))),
  y: Float32Array.from(CELL, (cell, i) => (cell === 0 ? stream.uniform() * 200 : placeOf(cell)[1] + (i % 7))),
  outlines: cellNumbers.map((cell) => outlineOf(cell)),
};
/** Left and right half of the slide. */
const CORES = [
  { x0: 0, y0: 0, x1: 100, y1: 200 },
  { x0: 100, y0: 0, x1: 200, y1: 200 },
];

async function judge(
  verdicts: number[],
  outlines: readonly (Float64Array[][] | null)[] = [],
): Promise<Evaluation & { scores: Scores }> {
  const options = { cores: CORES };
  return (await evaluateInDetail(resultOf(verdicts, outlines), truthOf(CELL, PARTS), options)).evaluation;
}

/** Scores by which less is better, at their best in the truth itself. */
const BEST = {
  mergeRate: 0,
  splitRate: 0,
  foreignMarkers: 0,
  coexpression: 0,
  coexpressionSoft: 0,
};

describe('the truth as a result', () => {
  it('scores 1, or 0 where less is better, by every score, near borders and away', async () => {
    const { scores, border } = await judge(CELL, PARTS.outlines);
    for (const place of [scores, border!.within, border!.away]) {
      for (const { name, better } of SCORES) {
        if (better === 'more') expect([name, place[name]]).toEqual([name, expect.closeTo(1, 9)]);
      }
      expect(place).toMatchObject({ ...BEST, typeCeiling: 1, coexpressionOfTruth: 0 });
    }
    expect(border!.within.trueCells + border!.away.trueCells).toBe(CELLS);
    expect(border!.within.transcripts + border!.away.transcripts).toBe(scores.transcripts);
  });

  it('leaves nothing unjudged', async () => {
    const { scores, border } = await judge(CELL, PARTS.outlines);
    expect(SCORES.map(({ name }) => name).sort()).toEqual(Object.keys(scores).sort());
    for (const place of [scores, border!.within, border!.away]) {
      expect(Object.entries(place).filter(([, value]) => value === null)).toEqual([]);
    }
  });
});

describe('random verdicts and random outlines', () => {
  it('score near 0 by every score that says how right a result is', async () => {
    const verdicts = CELL.map(() => stream.integer(CELLS + 1));
    const outlines = cellNumbers.map(() => {
      const [x, y] = [stream.uniform() * 190, stream.uniform() * 190];
      return rectangle(x, y, x + 8, y + 8);
    });
    const { scores } = await judge(verdicts, outlines);
    // The best of 200 matches is a little better than chance.
    for (const name of [
      'f1',
      'recall',
      'precision',
      'leakedHome',
      'backgroundRecall',
      'markersKept',
    ] as const) {
      expect([name, scores[name]! < 0.1]).toEqual([name, true]);
    }
    for (const name of ['ari', 'detection', 'medianJaccard'] as const) {
      expect([name, Math.abs(scores[name]!) < 0.05]).toEqual([name, true]);
    }
    // Outlines as large as cells and as many meet some of them by chance.
    for (const name of ['drawnF1', 'drawnRecall'] as const) expect(scores[name]).toBeLessThan(0.4);
    for (const name of ['outlineF1', 'outlineRecall', 'outlinePrecision', 'panopticQuality'] as const) {
      expect([name, scores[name]! < 0.1]).toEqual([name, true]);
    }
    expect(scores.backgroundPrecision).toBeLessThan(0.4);
    expect(Math.abs(scores.expressionCorrelation!)).toBeLessThan(0.25);
    // A quarter of the cells are of each of four types; kappa takes that off.
    expect(scores.typeMacroAccuracy).toBeLessThan(0.5);
    expect(scores.typeKappa).toBeLessThan(0.35);
    expect(scores.foreignMarkers).toBeCloseTo(0.75, 1);
    expect(scores.coexpression).toBeGreaterThan(0.4);
  });
});

describe('outlines apart from calls', () => {
  it('are right though every transcript is called background, and wrong though every call is right', async () => {
    const right = await judge(
      CELL.map(() => 0),
      PARTS.outlines,
    );
    expect(right.scores).toMatchObject({ f1: 0, drawnF1: 1, drawnRecall: 1, drawnPrecision: 1 });
    const one = await judge(CELL, [rectangle(0, 0, 200, 200)]);
    expect(one.scores).toMatchObject({ f1: 1 });
    expect(one.scores.drawnRecall).toBeLessThan(0.01);
    expect(one.scores.drawnPrecision).toBe(one.scores.drawnRecall);
  });

  it('give a place to the smallest of those over it, whatever their order', async () => {
    const around = cellNumbers.map((cell) => outlineOf(cell, -3, 12));
    const [first, last] = [
      [...PARTS.outlines!, ...around],
      [...around, ...PARTS.outlines!],
    ];
    for (const outlines of [first, last]) expect((await judge(CELL, outlines)).scores.drawnF1).toBe(1);
  });

  it('count what lies in holes and between pieces as outside', async () => {
    const hole = ([[ring]]: Float64Array[][], [[other]]: Float64Array[][]) => [[ring, other]];
    const holed = cellNumbers.map((cell) => hole(outlineOf(cell), outlineOf(cell, 3.5, 5.5)));
    const pieces = cellNumbers.map((cell) => [...outlineOf(cell, 0, 3.5), ...outlineOf(cell, 5.5, 12)]);
    const all = await Promise.all([holed, pieces].map((outlines) => judge(CELL, outlines)));
    for (const { scores } of all) expect(scores).toMatchObject({ drawnPrecision: 1 });
    // Two of five places, or of eight in the first column, are lost.
    expect(all[0].scores.drawnRecall).toBeCloseTo((190 * 15 + 10 * 30) / (190 * 25 + 10 * 40), 12);
    expect(all[0].scores.drawnF1).toBe(all[1].scores.drawnF1);
  });
});

describe('known faults', () => {
  it('all in one cell: every transcript is assigned, one cell is right', async () => {
    const { scores } = await judge(
      CELL.map(() => 7),
      [rectangle(0, 0, 200, 200)],
    );
    expect(scores.recall).toBeCloseTo(40 / 8000, 12);
    expect(scores.precision).toBeCloseTo(40 / 10_000, 12);
    expect(scores.f1).toBeCloseTo(80 / 18_000, 12);
    expect(scores).toMatchObject({ ari: 0, backgroundRecall: 0, backgroundPrecision: null, detection: 0 });
    // It swallows each cell whole, but no cell makes a tenth of it.
    expect(scores).toMatchObject({ mergeRate: 0, splitRate: 0 });
    expect(scores).toMatchObject({ outlineRecall: 0, outlinePrecision: 0, outlineF1: 0, panopticQuality: 0 });
    expect(scores.typeAccuracy).toBeLessThanOrEqual(1 / CELLS);
    expect(scores).toMatchObject({ coexpression: 1, coexpressionSoft: 1, foreignMarkers: 0.75 });
    expect(scores.markersKept).toBeCloseTo(1 / CELLS, 12);
  });

  it('everything background: nothing is wrong in a cell, nothing is found', async () => {
    const { scores, cells } = await judge(CELL.map(() => 0));
    expect(cells).toEqual({ true: CELLS, predicted: 0, outlined: 0, matched: 0 });
    expect(scores).toMatchObject({ recall: 0, precision: null, f1: 0, leakedHome: 0, detection: 0, ari: 0 });
    expect(scores).toMatchObject({ backgroundRecall: 1, backgroundPrecision: 0.2, medianJaccard: 0 });
    expect(scores).toMatchObject({
      outlineRecall: 0,
      outlinePrecision: null,
      outlineF1: 0,
      outlineIou: null,
    });
    expect(scores).toMatchObject({ expressionCorrelation: 0, typeAccuracy: 0, typeKappa: 0, markersKept: 0 });
    expect(scores).toMatchObject({ foreignMarkers: null, coexpression: null, mergeRate: null, splitRate: 0 });
  });

  it('each cell in two halves: half of it is found', async () => {
    const { scores } = await judge(
      CELL.map((cell, i) => (cell > 0 && i % 2 === 0 ? cell + 1000 : cell)),
      cellNumbers.flatMap((cell) => [outlineOf(cell, 0, 6), outlineOf(cell, 6, 12)]),
    );
    expect(scores).toMatchObject({ recall: 0.5, precision: 0.5, f1: 0.5, detection: 1, medianJaccard: 0.5 });
    expect(scores).toMatchObject({ splitRate: 1, mergeRate: 0, backgroundRecall: 1 });
    // Each half has an IoU of 0.5, which counts; one half of each cell is left over.
    expect(scores.outlineRecall).toBe(1);
    expect(scores.outlinePrecision).toBe(0.5);
    expect(scores.outlineIou).toBeCloseTo(0.5, 6);
    expect(scores.panopticQuality).toBeCloseTo(0.5 * (2 / 3), 6);
    // Of the places that no other cell shares, five, the left half has three; of eight in the first column, six.
    expect(scores.drawnF1).toBeCloseTo((190 * 15 + 10 * 30) / (190 * 25 + 10 * 40), 12);
    expect(scores).toMatchObject({ typeAccuracy: 1, typeKappa: 1, foreignMarkers: 0, coexpression: 0 });
    expect(scores.markersKept).toBe(0.5);
  });

  it('cells merged with the next: one of two is found, and types mix', async () => {
    const { scores } = await judge(
      CELL.map((cell) => (cell > 0 ? cell - ((cell - 1) % 2) : 0)),
      cellNumbers
        .filter((cell) => cell % 2 === 1)
        .map((cell) => [...outlineOf(cell), ...outlineOf(cell + 1)]),
    );
    expect(scores).toMatchObject({ recall: 0.5, precision: 0.5, f1: 0.5, detection: 0.5 });
    expect(scores).toMatchObject({ mergeRate: 1, splitRate: 0 });
    expect(scores.outlineRecall).toBe(0.5);
    expect(scores.outlinePrecision).toBe(1);
    expect(scores.outlineF1).toBeCloseTo(2 / 3, 12);
    // Two types in each: half of the markers are foreign, and both types' markers are together in every cell.
    expect(scores.foreignMarkers).toBe(0.5);
    expect(scores.coexpression).toBeCloseTo(2 * (4 / 24), 12);
    expect(scores.typeAccuracy).toBeLessThanOrEqual(0.5);
  });

  it('half of each cell lost at random: co-expression stays, what is kept falls', async () => {
    const { scores } = await judge(CELL.map((cell, i) => (i % 4 < 2 ? cell : 0)));
    expect(scores).toMatchObject({
      recall: 0.5,
      precision: 1,
      markersKept: 0.5,
      coexpression: 0,
      backgroundRecall: 1,
    });
    expect(scores.f1).toBeCloseTo(2 / 3, 12);
    expect(scores).toMatchObject({ outlineF1: 0, typeAccuracy: 1 });
  });
});

it('compares co-expression with that of true cells as thin as the result', async () => {
  // Cells of all types hold a little of the markers of others, so that even the truth has some co-expression.
  const feature = PARTS.feature!.map((gene, i) => (i % 40 === 30 && CELL[i] > 0 ? i % 8 : gene));
  const truth = truthOf(CELL, { ...PARTS, feature });
  const thin = CELL.map((cell) => (stream.uniform() < 0.3 ? cell : 0));
  const { scores } = (await evaluateInDetail(resultOf(thin), truth)).evaluation;
  expect(scores.coexpressionOfThinnedTruth).toBeLessThan(0.8 * scores.coexpressionOfTruth!);
  expect(scores.coexpression! / scores.coexpressionOfThinnedTruth!).toBeGreaterThan(0.6);
  expect(scores.coexpression! / scores.coexpressionOfThinnedTruth!).toBeLessThan(1.6);
});

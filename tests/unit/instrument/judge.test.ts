import { evaluateAssignment, formatEvaluation } from '@spatile/instrument/judge/evaluate';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { FIRST_ID, labels, truthOf, verdicts } from './truth-fixture.ts';

/** Background and eight cells of 50 transcripts, each cell with its own mix of genes. */
const CELL = labels(50, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
const FEATURE = Uint32Array.from(CELL, (cell, i) => (i % 3 === 0 ? i % 5 : 5 + (cell % 4)));
const full = () => truthOf(CELL, { feature: FEATURE, genes: 9, markerOf: new Int32Array(9).fill(-1) });

describe('a result equal to the truth', () => {
  it('scores 1 everywhere, under other cell numbers and in another order', async () => {
    const renamed = CELL.map((cell) => (cell === 0 ? 0 : 1000 - cell));
    const order = new RandomStream(1, 'test').shuffle(CELL.map((_, i) => i));
    const { scores, conservation, cells } = await evaluateAssignment(verdicts(renamed, order), full());
    expect(conservation).toMatchObject({ passed: 450, once: 450, conserved: true });
    expect(cells).toMatchObject({ true: 8, predicted: 8, matched: 8 });
    expect(scores).toMatchObject({ recall: 1, precision: 1, f1: 1, ari: 1, detection: 1, medianJaccard: 1 });
    expect(scores).toMatchObject({ backgroundRecall: 1, backgroundPrecision: 1, mergeRate: 0, splitRate: 0 });
    expect(scores.expressionCorrelation).toBeCloseTo(1, 9);
  });
});

describe('a random result', () => {
  it('scores near 0', async () => {
    const stream = new RandomStream(7, 'random-result');
    const cell = labels(
      100,
      Array.from({ length: 101 }, (_, i) => i),
    );
    const feature = Uint32Array.from(cell, (c) => (stream.uniform() < 0.3 ? c % 20 : stream.integer(20)));
    const truth = truthOf(cell, { feature, genes: 20, markerOf: new Int32Array(20).fill(-1) });
    const random = cell.map(() => stream.integer(101));
    const { scores } = await evaluateAssignment(verdicts(random), truth);
    for (const score of [scores.recall!, scores.precision!, scores.f1!]) expect(score).toBeLessThan(0.06);
    expect(Math.abs(scores.ari!)).toBeLessThan(0.01);
    expect(scores.detection).toBe(0);
    expect(Math.abs(scores.expressionCorrelation!)).toBeLessThan(0.1);
    expect(scores.backgroundRecall!).toBeLessThan(0.06);
  });

  it('is not praised for having the right genes in the wrong cells', async () => {
    const shifted = CELL.map((cell) => (cell === 0 ? 0 : (cell % 8) + 1));
    // Every second transcript stays, so that cells match; the others come from the next cell.
    const mixed = CELL.map((cell, i) => (i % 2 === 0 ? cell : shifted[i]));
    const { scores } = await evaluateAssignment(verdicts(mixed), full());
    expect(scores.recall).toBeCloseTo(0.5, 9);
    expect(scores.expressionCorrelation!).toBeLessThan(0.9);
  });
});

describe('known faults', () => {
  it('counts a merge of two cells', async () => {
    const { scores, cells } = await evaluateAssignment(verdicts(CELL.map((c) => (c === 2 ? 1 : c))), full());
    expect(cells).toMatchObject({ true: 8, predicted: 7, matched: 7 });
    expect(scores.recall).toBeCloseTo(350 / 400, 12);
    expect(scores.precision).toBeCloseTo(350 / 400, 12);
    expect(scores.mergeRate).toBeCloseTo(1 / 7, 12);
    expect(scores.splitRate).toBe(0);
    // The merged cell holds 50 of 100 of one: exactly a Jaccard index of 0.5, so 7 of 8 are found.
    expect(scores.detection).toBeCloseTo(7 / 8, 12);
  });

  it('counts a split of one cell', async () => {
    const split = CELL.map((c, i) => (c === 3 && i % 5 < 2 ? 99 : c));
    const { scores } = await evaluateAssignment(verdicts(split), full());
    expect(scores.splitRate).toBeCloseTo(1 / 8, 12);
    expect(scores.mergeRate).toBe(0);
    expect(scores.recall).toBeCloseTo((400 - 20) / 400, 12);
    expect(scores.precision).toBeCloseTo((400 - 20) / 400, 12);
  });

  it('takes a missed cell for background', async () => {
    const { scores } = await evaluateAssignment(verdicts(CELL.map((c) => (c === 8 ? 0 : c))), full());
    expect(scores.recall).toBeCloseTo(7 / 8, 12);
    expect(scores.precision).toBe(1);
    expect(scores.backgroundRecall).toBe(1);
    expect(scores.backgroundPrecision).toBeCloseTo(0.5, 12);
    expect(scores.detection).toBeCloseTo(7 / 8, 12);
  });

  it('matches for the whole slide, not cell by cell', async () => {
    // Cell 1 gives 6 to p and 5 to q, cell 2 gives 5 to p: the best is 1-q, 2-p (10), not 1-p (6) and nothing for 2.
    const cell = [...labels(11, [1]), ...labels(5, [2])];
    const predicted = [...labels(6, [1]), ...labels(5, [2]), ...labels(5, [1])];
    const { scores } = await evaluateAssignment(verdicts(predicted), truthOf(cell));
    expect(scores.recall).toBeCloseTo(10 / 16, 12);
  });

  it('tells leaked transcripts that were brought home', async () => {
    const leaked = Uint8Array.from(CELL, (cell, i) => (cell > 0 && i % 10 === 0 ? 1 : 0));
    const truth = { ...full(), leaked };
    const result = CELL.map((cell, i) => (leaked[i] === 1 && i % 20 === 0 ? (cell % 8) + 1 : cell));
    const { scores } = await evaluateAssignment(verdicts(result), truth);
    expect(scores.leaked).toBe(40);
    expect(scores.leakedHome).toBeCloseTo(0.5, 12);
  });

  it('counts markers of other types', async () => {
    // Genes 0 and 1 mark the types of cells 1 and 2.
    const truth = truthOf(labels(20, [1, 2]), {
      feature: Uint32Array.from(labels(20, [0, 1])),
      genes: 2,
      typeOf: Uint32Array.of(0, 1),
      markerOf: Int32Array.of(0, 1),
    });
    const clean = await evaluateAssignment(verdicts(labels(20, [1, 2])), truth);
    expect(clean.scores.foreignMarkers).toBe(0);
    const result = [...labels(15, [1]), ...labels(5, [2]), ...labels(20, [2])];
    const mixed = await evaluateAssignment(verdicts(result), truth);
    expect(mixed.scores.foreignMarkers).toBeCloseTo(5 / 40, 12);
  });
});

describe('conservation', () => {
  it('finds missing, doubled and unknown transcripts', async () => {
    const rows = [...CELL.keys()].slice(3);
    rows.push(10, 10, 11);
    async function* batches() {
      yield* verdicts(CELL, rows);
      yield { length: 2, transcriptId: BigUint64Array.of(5n, FIRST_ID + 450n), cell: Uint32Array.of(1, 1) };
    }
    const { conservation } = await evaluateAssignment(batches(), full());
    expect(conservation).toEqual({
      truth: 450,
      passed: 450,
      once: 445,
      missing: 3,
      duplicated: 2,
      unknown: 2,
      belowQuality: 0,
      conserved: false,
    });
  });

  it('leaves out calls of low quality and controls', async () => {
    const qv = Float32Array.from(CELL, (_, i) => (i % 2 === 0 ? 40 : 19.9));
    const feature = Uint32Array.from(CELL, (_, i) => (i % 4 === 0 ? 1 : 0));
    const truth = truthOf(CELL, { qv, feature, genes: 1 });
    const { conservation, scores } = await evaluateAssignment(
      verdicts(
        CELL,
        [...CELL.keys()].filter((i) => i % 2 === 0),
      ),
      truth,
    );
    expect(conservation).toMatchObject({ truth: 450, passed: 225, once: 225, conserved: true });
    expect(scores.transcripts).toBe([...CELL.keys()].filter((i) => i % 4 === 2).length);
  });
});

describe('tile borders', () => {
  const cores = [
    { x0: 0, y0: 0, x1: 100, y1: 100 },
    { x0: 100, y0: 0, x1: 200, y1: 100 },
  ];
  // Cells 1..4 lie at x = 10, 90, 110, 190: the middle two are near the shared edge, the others near outer edges only.
  const cell = labels(20, [1, 2, 3, 4]);
  const x = Float32Array.from(cell, (c) => [10, 90, 110, 190][c - 1]);
  const y = new Float32Array(80).fill(50);

  it('judges cells near a shared edge apart', async () => {
    const faulty = cell.map((c, i) => (c === 2 && i % 2 === 0 ? 3 : c));
    const { border } = await evaluateAssignment(verdicts(faulty), truthOf(cell, { x, y }), { cores });
    expect(border!.away).toMatchObject({ trueCells: 2, transcripts: 40, recall: 1, precision: 1 });
    expect(border!.within).toMatchObject({ trueCells: 2, transcripts: 40, recall: 0.75 });
  });

  it('counts what is lost or twice near a shared edge apart', async () => {
    // Of cell 2, near the edge, the first is lost and the second twice; of cell 4 the last is lost.
    const rows = [...cell.keys()].filter((row) => row !== 20 && row !== 79);
    const { border, conservation } = await evaluateAssignment(
      verdicts(cell, [...rows, 21]),
      truthOf(cell, { x, y }),
      { cores },
    );
    expect(conservation).toMatchObject({ passed: 80, once: 77, missing: 2, duplicated: 1, conserved: false });
    expect(border!.conservation).toEqual({
      within: { passed: 40, once: 38, missing: 1, duplicated: 1 },
      away: { passed: 40, once: 39, missing: 1, duplicated: 0 },
    });
  });

  it('has nothing to say about one tile', async () => {
    const { border } = await evaluateAssignment(verdicts(cell), truthOf(cell, { x, y }), {
      cores: cores.slice(0, 1),
    });
    expect(border).toBeNull();
  });
});

it('prints every score in a table', async () => {
  const evaluation = await evaluateAssignment(verdicts(CELL), full());
  const text = formatEvaluation({ ...evaluation, result: 'a.zarr' });
  expect(text).toContain('a.zarr: 8 cells against 8 true ones, 8 matched');
  expect(text).toMatch(/F1 +1\.0000/);
  expect(text).toContain('transcripts: conserved');
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
});

import type { MarkerCoexpression } from '@spatile/instrument/judge/coexpression';
import type { AccuracyGrid } from '@spatile/instrument/judge/detail';
import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import type { Scores } from '@spatile/instrument/judge/scores';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSlots, wordsOf } from '../../../coordinator/src/report/evaluation/close/id-slots.ts';
import { outlinesIn } from '../../../coordinator/src/report/evaluation/close/outlines.ts';
import {
  marksPath,
  ringsPath,
  STEP_UM,
} from '../../../coordinator/src/report/evaluation/close/short-path.ts';
import {
  cellsPut,
  type PlacedTranscripts,
} from '../../../coordinator/src/report/evaluation/close/transcripts.ts';
import { LOOKS, VERDICTS, verdictOn } from '../../../coordinator/src/report/evaluation/close/verdict.ts';
import { closeView } from '../../../coordinator/src/report/evaluation/close/view.ts';
import { chooseWindows } from '../../../coordinator/src/report/evaluation/close/windows.ts';
import { findingsOf } from '../../../coordinator/src/report/evaluation/findings.ts';
import { heatMap } from '../../../coordinator/src/report/evaluation/heat-map.ts';
import type { JudgedInput } from '../../../coordinator/src/report/evaluation/judged.ts';
import { markersSection } from '../../../coordinator/src/report/evaluation/sections/markers.ts';
import { typesSection } from '../../../coordinator/src/report/evaluation/sections/types.ts';
import { bestOf, shownScores } from '../../../coordinator/src/report/evaluation/shown-scores.ts';
import { f1OfFullSquares } from '../../../coordinator/src/report/evaluation/squares.ts';

describe('verdicts on single transcripts', () => {
  it('tell what became of each', () => {
    expect(verdictOn(3, 7, 7, false)).toBe('right');
    expect(verdictOn(3, 7, 7, true)).toBe('home');
    expect(verdictOn(3, 8, 7, true)).toBe('wrong');
    expect(verdictOn(3, 8, 0, false)).toBe('wrong');
    expect(verdictOn(3, 0, 7, true)).toBe('lost');
    expect(verdictOn(3, 0, 0, false)).toBe('lost');
    expect(verdictOn(0, 7, 0, false)).toBe('taken');
    expect(verdictOn(0, 0, 0, false)).toBe('kept');
  });

  it('are told apart without colour, too: no two that err share shape and colour', () => {
    const looks = VERDICTS.map((verdict) => `${LOOKS[verdict].shape} ${LOOKS[verdict].colour}`);
    expect(new Set(looks).size).toBe(VERDICTS.length);
  });
});

describe('windows', () => {
  /** Two rows of three squares. */
  const grid = { x0: 100, y0: 0, sizeUm: 50, columns: 3, rows: 2 };

  it('are the worst, the median and the best square, with a margin', () => {
    const windows = chooseWindows({ ...grid, f1: [[0.5, 0.9, 0.6, 0.2, 0.7, 0.8]] });
    expect(windows.map(({ id, square }) => [id, square])).toEqual([
      ['worst', 3],
      ['typical', 2],
      ['best', 1],
    ]);
    expect(windows[0].frame).toEqual({ x0: 94, y0: 44, x1: 156, y1: 106 });
  });

  it('leave out squares that some result has no F1 for', () => {
    const f1 = [
      [0.5, 0.9, Number.NaN, 0.2, 0.7, Number.NaN],
      [0.5, 0.8, Number.NaN, Number.NaN, 0.7, Number.NaN],
    ];
    expect(chooseWindows({ ...grid, f1 }).map(({ square }) => square)).toEqual([0, 4, 1]);
  });

  it('know squares at the rim by their few transcripts', () => {
    const f1 = f1OfFullSquares({
      fromCells: Uint32Array.of(100, 90, 10, 20, 0),
      background: Uint32Array.of(0, 10, 10, 10, 0),
      f1: Float64Array.of(0.5, 0.6, 0.7, 0.8, Number.NaN),
    } as AccuracyGrid);
    expect(f1).toEqual([0.5, 0.6, Number.NaN, 0.8, Number.NaN]);
  });

  it('show where results differ most, and no square twice', () => {
    const f1 = [
      [0.5, 0.9, 0.6, 0.2, 0.9, 0.8],
      [0.5, 0.9, 0.6, 0.2, 0.4, 0.8],
    ];
    expect(chooseWindows({ ...grid, f1 }).map(({ id }) => id)).toEqual(['worst', 'typical', 'best', 'split']);
    const one = [0.5, ...new Array(5).fill(Number.NaN)];
    expect(chooseWindows({ ...grid, f1: [one] }).map(({ id }) => id)).toEqual(['worst']);
    expect(chooseWindows({ ...grid, f1: [one.fill(Number.NaN)] })).toEqual([]);
  });
});

describe('slots', () => {
  it('number ids of 64 bits in order and find them again', () => {
    const ids = BigUint64Array.of(5n, (7n << 32n) + 5n, 9n, 2n ** 64n - 1n, 5n);
    const slots = new IdSlots();
    expect(Array.from(ids, (_, i) => slots.add(wordsOf(ids), i))).toEqual([true, true, true, true, false]);
    expect(Array.from(ids, (_, i) => slots.slotOf(wordsOf(ids), i))).toEqual([0, 1, 2, 3, 0]);
    expect(slots.slotOf(wordsOf(BigUint64Array.of(6n)), 0)).toBe(-1);
    // A view into a longer buffer.
    expect(slots.slotOf(wordsOf(ids.subarray(2)), 1)).toBe(3);
  });

  it('take the first verdict on a transcript and leave unknown ones alone', async () => {
    const ids = new IdSlots();
    const known = BigUint64Array.of(10n, 11n, 12n);
    for (let i = 0; i < 3; i++) ids.add(wordsOf(known), i);
    const placed = { ids } as PlacedTranscripts;
    async function* batches() {
      yield { length: 3, transcriptId: BigUint64Array.of(11n, 99n, 10n), cell: Uint32Array.of(4, 5, 0) };
      yield { length: 1, transcriptId: BigUint64Array.of(10n), cell: Uint32Array.of(6) };
    }
    expect([...(await cellsPut(batches(), placed))]).toEqual([0, 4, 0]);
  });
});

const square = (x: number, y: number, size: number): Float64Array =>
  Float64Array.of(x, y, x + size, y, x + size, y + size, x, y + size, x, y);

describe('short paths', () => {
  const frame = { x0: 100, y0: 200, x1: 160, y1: 260 };
  const near = fc.tuple(
    fc.double({ min: 90, max: 170, noNaN: true }),
    fc.double({ min: 190, max: 270, noNaN: true }),
  );
  const numbers = (d: string): number[] => (d.match(/-?\d+/g) ?? []).map(Number);
  const steps = ([x, y]: readonly [number, number]) => [
    Math.round((x - 100) / STEP_UM),
    Math.round((y - 200) / STEP_UM),
  ];

  it('hold every mark where it lies', () => {
    fc.assert(
      fc.property(fc.array(near), (places) => {
        const moves = numbers(marksPath(places, frame, 'v').replaceAll('v', ' '));
        let [x, y] = [0, 0];
        const found: string[] = [];
        for (let i = 0; i < moves.length; i += 2) {
          x += moves[i];
          y += moves[i + 1];
          found.push(`${x} ${y}`);
        }
        expect(found.sort()).toEqual(places.map((place) => steps(place).join(' ')).sort());
      }),
    );
  });

  it('follow every ring through its vertices', () => {
    fc.assert(
      fc.property(fc.array(near, { minLength: 3, maxLength: 20 }), fc.boolean(), (points, isClosed) => {
        // Closed by hand only where the last point is not the first already.
        fc.pre(points[0].join() !== points[points.length - 1].join());
        const d = ringsPath(
          [[Float64Array.from([...points, ...(isClosed ? [points[0]] : [])].flat())]],
          frame,
        );
        const moves = numbers(d);
        let [x, y] = [moves[0], moves[1]];
        const found = [[x, y]];
        for (let i = 2; i < moves.length; i += 2) {
          x += moves[i];
          y += moves[i + 1];
          found.push([x, y]);
        }
        const expected = points
          .map(steps)
          .filter((point, i, all) => i === 0 || point.join() !== all[i - 1].join());
        expect(found.map((point) => point.join())).toEqual(expected.map((point) => point.join()));
        expect(d).toMatch(/^M.*z$/);
      }),
    );
  });
});

describe('a close view', () => {
  const frame = { x0: 0, y0: 0, x1: 60, y1: 60 };
  const placed: PlacedTranscripts = {
    ids: new IdSlots(),
    places: 'observed',
    x: [1, 2, 3, 4, 5, 6, 7, 70],
    y: [1, 1, 1, 1, 1, 1, 1, 1],
    //       right home wrong lost taken kept, a control, outside
    origin: [1, 1, 1, 1, 0, 0, -1, 1],
    leaked: [false, true, false, false, false, false, false, false],
  };
  const input = {
    name: 'a <result>',
    frame,
    placed,
    put: Uint32Array.of(9, 9, 8, 0, 9, 0, 9, 9),
    match: Uint32Array.of(0, 9),
    trueOutlines: [{ cell: 1, polygons: [[square(0, 0, 10)]] }],
    truthId: 'truth-worst',
    inRow: 3 as const,
    outlines: [{ cell: 9, polygons: [[square(1, 1, 8)], [square(20, 20, 5)]] }],
  };

  it('counts every judged transcript within it once, and draws as many marks', () => {
    const { counts, every, picture } = closeView({ ...input, drawsTruth: true });
    expect(counts).toEqual({ right: 1, home: 1, wrong: 1, lost: 1, taken: 1, kept: 1 });
    expect(every).toBe(1);
    // Four dots, and a ring of two.
    expect(picture.text.match(/h0/g)?.length).toBe(6);
    expect(picture.text).toContain('id="truth-worst"');
    expect(picture.text).toContain('M20 20l160 0 0 160-160 0z');
    expect(picture.text).toContain('&lt;result&gt;');
  });

  it('refers to the truth that another view draws, and does without outlines', () => {
    const { picture } = closeView({ ...input, drawsTruth: false, outlines: null });
    expect(picture.text).toContain('<use href="#truth-worst"/>');
    expect(picture.text).not.toContain('M20 20l');
  });

  it('thins what would be too many to draw, but counts all', () => {
    const n = 13_000;
    const many = {
      ...placed,
      x: Array.from({ length: n }, (_, i) => i % 60),
      y: Array.from({ length: n }, (_, i) => (i / 60) % 60),
      origin: new Array(n).fill(1),
      leaked: new Array(n).fill(false),
    };
    const { counts, every, picture } = closeView({
      ...input,
      placed: many,
      put: new Uint32Array(n).fill(9),
      drawsTruth: true,
    });
    expect([counts.right, every]).toEqual([n, 3]);
    expect(picture.text.match(/h0/g)?.length).toBe(Math.ceil(n / 3));
  });

  it('takes the outlines that reach into each window', async () => {
    async function* outlines() {
      yield { cell: 1, polygons: [[square(-5, -5, 6)]] };
      yield { cell: 2, polygons: [[square(100, 0, 6)]] };
      yield { cell: 3, polygons: [[square(300, 0, 6)], [square(50, 50, 6)]] };
      yield { cell: 4, polygons: [] };
    }
    const found = await outlinesIn([frame, { x0: 90, y0: 0, x1: 120, y1: 30 }], outlines());
    expect(found.map((some) => some.map(({ cell }) => cell))).toEqual([[1, 3], [2]]);
  });
});

const SCORES: Scores = {
  transcripts: 1000,
  fromCells: 900,
  trueCells: 10,
  recall: 0.74,
  precision: 0.81,
  f1: 0.773,
  backgroundRecall: 0.3,
  backgroundPrecision: 0.1,
  leaked: 100,
  leakedHome: 0.4,
  ari: 0.6,
  detection: 0.7,
  medianJaccard: 0.6,
  mergeRate: 0.02,
  splitRate: 0.03,
  expressionCorrelation: 0.8,
  foreignMarkers: 0.1,
  coexpression: 0.04,
  coexpressionOfThinnedTruth: 0.015,
} as Scores;

function judged(
  name: string,
  scores: Partial<Scores>,
  squares: number[],
  border: [number, number] | null = null,
) {
  const of = (f1: number) => ({ ...SCORES, f1 });
  return {
    name,
    evaluation: {
      scores: { ...SCORES, ...scores },
      border: border && { bandUm: 30, within: of(border[0]), away: of(border[1]) },
      conservation: { conserved: name !== 'leaky', missing: 12, duplicated: 0, unknown: 3 },
    } as unknown as Evaluation,
    detail: {
      grid: {
        f1: Float64Array.from(squares),
        binUm: 50,
        fromCells: new Uint32Array(squares.length).fill(100),
        background: new Uint32Array(squares.length),
      },
    },
  } as unknown as JudgedInput;
}

describe('what the numbers say', () => {
  it('of one result', () => {
    expect(findingsOf([judged('A', {}, [0.7])])[0]).toBe(
      'Of 100 transcripts of cells 74 lie in their own cell, and of 100 that were put into a cell 81 belong there (F1 0.773).',
    );
  });

  it('of several: who is ahead, where, and in what each is best', () => {
    const said = findingsOf([
      judged('A', { f1: 0.7, mergeRate: 0.01 }, [0.7, 0.6, Number.NaN, 0.5], [0.69, 0.71]),
      judged('B', { f1: 0.75, leakedHome: 0.5 }, [0.8, 0.5, 0.7, 0.6], [0.75, 0.75]),
    ]);
    expect(said).toEqual([
      'Best by F1 of transcripts: B (0.750); behind: A (0.700).',
      'Squares of 50 µm with the higher F1: 2 for B, 1 for A.',
      'Leaked transcripts brought home: A 40.0 % and B 50.0 %.',
      'Background kept out of cells: A 30.0 % and B 30.0 %.',
      'Markers of two types in one cell, of cells with either (in brackets what true cells with as few transcripts have): A 0.040 (0.015) and B 0.040 (0.015).',
      'Best in 1 of 3 scores: A (merged cells).',
      'Best in 2 of 3 scores: B (F1, leaked transcripts brought home).',
      'A: F1 within 30 µm of tile borders is 0.020 lower than away from them.',
      'B: F1 within 30 µm of tile borders is the same as away from them.',
    ]);
  });

  it('calls results level that are, and does not hide losses', () => {
    const said = findingsOf([judged('A', { f1: 0.701 }, [0.7]), judged('leaky', { f1: 0.7 }, [0.7])]);
    expect(said[0]).toBe('Level by F1 of transcripts: A (0.701) and leaky (0.700).');
    expect(said).toContain('Best in none of 1 scores: leaky.');
    expect(said).toContain('Not every transcript is accounted for in leaky: 12 missing, 0 twice, 3 unknown.');
  });
});

describe('the best of a row', () => {
  it('follows the direction, may be shared, and is none where nothing differs', () => {
    expect(bestOf([0.1, null, 0.3, 0.30001], 'more')).toEqual([2, 3]);
    expect(bestOf([0.1, 0.2], 'less')).toEqual([0]);
    expect(bestOf([0.2, 0.2], 'less')).toEqual([]);
    expect(bestOf([0.2, null], 'more')).toEqual([]);
    expect(bestOf([1, 2], null)).toEqual([]);
  });

  it('is looked for among the scores that some result has', () => {
    const names = (scores: Partial<Scores>[]) =>
      shownScores(scores.map((some) => ({ ...SCORES, ...some }))).map(({ name }) => name);
    expect(names([{ ari: null }])).not.toContain('ari');
    expect(names([{ ari: null }, {}])).toContain('ari');
    expect(names([{}])).not.toContain('outlineF1');
  });
});

describe('heat maps', () => {
  it('write the values in, skip empty squares and escape names', () => {
    const { text } = heatMap({
      describe: 'a map',
      rows: ['<a>', 'b'],
      columns: ['c', 'd'],
      rowLabel: 'rows',
      columnLabel: 'columns',
      value: (i, j) => (i === 1 && j === 1 ? Number.NaN : i + 2 * j),
      most: 2,
      text: (value) => `v${value}`,
      title: (i, j) => `${i} ${j}`,
    });
    expect(text.match(/<rect/g)?.length).toBe(3);
    expect(['v0', 'v1', 'v2'].every((value) => text.includes(`>${value}<`))).toBe(true);
    expect(text).not.toContain('<a>');
  });

  it('of nothing are empty, not wrong', () => {
    const none: MarkerCoexpression = {
      cells: 0,
      pairs: 0,
      hard: null,
      soft: null,
      types: ['t', 'b'],
      byTypes: new Float64Array(4).fill(Number.NaN),
    };
    const markers = markersSection([{ name: 'A', markers: none }], null)?.body.text ?? '';
    const types = typesSection([
      { name: 'A', detail: { types: { names: ['t'], confusion: new Uint32Array(2) } } },
    ] as unknown as JudgedInput[])?.body.text;
    for (const text of [markers, types]) expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('of markers show every pair of types and the true cells beside the results', () => {
    const markers: MarkerCoexpression = {
      cells: 50,
      pairs: 4,
      hard: 0.25,
      soft: 0.125,
      types: ['t', 'b'],
      byTypes: Float64Array.of(Number.NaN, 0.25, 0.25, Number.NaN),
    };
    const text = markersSection([{ name: 'A', markers }], { ...markers, hard: 0.01 })?.body.text ?? '';
    expect(text.match(/25\.00 %/g)?.length ?? 0).toBe(4);
    expect(text).toContain('the true cells: 0.0100');
    expect(markersSection([], markers)).toBe(null);
  });
});

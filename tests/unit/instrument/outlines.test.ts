import { isSpatileError } from '@spatile/formats/errors';
import { matchOutlines } from '@spatile/instrument/judge/outlines/match';
import { outlineScores } from '@spatile/instrument/judge/outlines/scores';
import { ShapeIndex } from '@spatile/instrument/judge/outlines/shape-index';
import { measureSpans, ROW_UM, spansContain, spansOf } from '@spatile/instrument/judge/outlines/spans';
import { readTrueShapes } from '@spatile/instrument/judge/outlines/true-shapes';
import { describe, expect, it } from 'vitest';
import { outlinesOf, rectangle } from './truth-fixture.ts';

const areaOf = (polygons: Float64Array[][]) => measureSpans(spansOf(polygons, 'test')).area;
const nowhere = () => false;
/** A ring of `n` corners about a point. */
const ringOf = (n: number, radius: number, x: number, y: number) =>
  Float64Array.from({ length: 2 * n }, (_, i) =>
    i % 2 === 0 ? x + radius * Math.cos((Math.PI * i) / n) : y + radius * Math.sin((Math.PI * (i - 1)) / n),
  );

function sharedOf(a: Float64Array[][], b: Float64Array[][]): number {
  let shared = 0;
  new ShapeIndex([spansOf(a, 'a')]).overlaps(spansOf(b, 'b'), (_, um2) => {
    shared = um2;
  });
  return shared;
}

describe('spans of a shape', () => {
  it('have the area and the centre of a rectangle on rows, and those of a disc closely', () => {
    const { area, x, y } = measureSpans(spansOf(rectangle(10.1, 20, 30.3, 27), 'test'));
    expect(area).toBeCloseTo(20.2 * 7, 4);
    expect([x, y]).toEqual([expect.closeTo(20.2, 5), expect.closeTo(23.5, 9)]);
    const disc = measureSpans(spansOf([[ringOf(400, 8, 100, -50)]], 'test'));
    expect(Math.abs(disc.area / (Math.PI * 64) - 1)).toBeLessThan(0.001);
    expect(disc.x).toBeCloseTo(100, 4);
    expect(disc.y).toBeCloseTo(-50, 4);
  });

  it('leave out holes, join pieces and count overlapping pieces once', () => {
    const [outer, hole] = [rectangle(0, 0, 20, 20)[0][0], rectangle(5, 5, 10, 10)[0][0]];
    expect(areaOf([[outer, hole]])).toBeCloseTo(375, 4);
    expect(areaOf([[outer], [rectangle(30, 0, 40, 10)[0][0]]])).toBeCloseTo(500, 4);
    expect(areaOf([[outer], [rectangle(10, 10, 30, 30)[0][0]]])).toBeCloseTo(700, 4);
    expect(areaOf([[outer, hole], [rectangle(6, 6, 7, 7)[0][0]]])).toBeCloseTo(376, 4);
    expect(areaOf([[rectangle(0, 0, 5, 5)[0][0]], [rectangle(0, 50, 5, 55)[0][0]]])).toBeCloseTo(50, 4);
  });

  it('do not mind how a ring turns, where it starts and whether it is closed', () => {
    const ring = [3, 1, 9, 2, 7, 8, 2, 6];
    const area = areaOf([[Float64Array.from(ring)]]);
    expect(area).toBeGreaterThan(25);
    expect(areaOf([[Float64Array.of(...ring, 3, 1)]])).toBe(area);
    expect(areaOf([[Float64Array.of(2, 6, 7, 8, 9, 2, 3, 1)]])).toBe(area);
    expect(areaOf([[Float64Array.of(7, 8, 2, 6, 3, 1, 9, 2)]])).toBe(area);
  });

  it('are none for what has no area', () => {
    for (const polygons of [[], [[]], [[new Float64Array(0)]], [[Float64Array.of(1, 1, 9, 1)]]]) {
      expect(spansOf(polygons, 'test').x.length).toBe(0);
    }
  });

  it.each([
    ['a coordinate that is no number', [[Float64Array.of(0, 0, Number.NaN, 0, 5, 5)]]],
    ['an infinite one', [[Float64Array.of(0, 0, 9, 0, 5, Number.POSITIVE_INFINITY)]]],
    ['an outline as large as a country', rectangle(0, 0, 1e9, 1e9)],
    ['pieces that lie a world apart', [rectangle(0, 0, 1, 1)[0], rectangle(0, 1e9, 1, 1e9 + 1)[0]]],
    ['rings that lie a world apart', [[rectangle(0, 0, 1, 1)[0][0], rectangle(0, 1e9, 1, 1e9 + 1)[0][0]]]],
  ])('are refused for %s', (_, polygons) => {
    expect(() => spansOf(polygons, 'cells.json')).toThrow(
      expect.toSatisfy((error) => isSpatileError(error) && error.code === 'GEOMETRY_INVALID'),
    );
    expect(() => spansOf(polygons, 'cells.json')).toThrow(/^cells\.json: .*; expected .*; /);
  });
});

describe('the area that two shapes share', () => {
  it('is that of the intersection', () => {
    expect(sharedOf(rectangle(0, 0, 10, 10), rectangle(6, 5, 20, 20))).toBeCloseTo(20, 4);
    expect(sharedOf(rectangle(0, 0, 10, 10), rectangle(10, 0, 20, 10))).toBe(0);
    expect(sharedOf(rectangle(-10, -10, 0, 0), rectangle(-5, -40, 40, -8))).toBeCloseTo(10, 4);
    const holed = [[rectangle(0, 0, 20, 20)[0][0], rectangle(5, 5, 15, 15)[0][0]]];
    expect(sharedOf(holed, rectangle(5, 5, 15, 15))).toBe(0);
    expect(sharedOf(holed, rectangle(0, 0, 10, 10))).toBeCloseTo(75, 4);
  });

  it('is that of a lens for two discs', () => {
    const [r, d] = [10, 8];
    const lens = 2 * r * r * Math.acos(d / (2 * r)) - (d / 2) * Math.sqrt(4 * r * r - d * d);
    const shared = sharedOf([[ringOf(720, r, 50, 50)]], [[ringOf(720, r, 50 + d, 50)]]);
    expect(Math.abs(shared / lens - 1)).toBeLessThan(0.001);
  });

  it('is found for every shape however far they lie and however large the other is', () => {
    const places = Array.from({ length: 300 }, (_, i) => [
      (i % 20) * 97 - 500,
      Math.floor(i / 20) * 53 - 300,
    ]);
    const index = new ShapeIndex(places.map(([x, y]) => spansOf(rectangle(x, y, x + 8, y + 8), 'test')));
    const met = new Map<number, number>();
    index.overlaps(spansOf(rectangle(-1000, -1000, 3000, 3000), 'test'), (shape, um2) => met.set(shape, um2));
    expect(met.size).toBe(300);
    for (const um2 of met.values()) expect(um2).toBeCloseTo(64, 3);
    places.forEach(([x, y], shape) => {
      const found: number[] = [];
      index.overlaps(spansOf(rectangle(x + 1, y + 1, x + 2, y + 2), 'test'), (other) => found.push(other));
      expect(found).toEqual([shape]);
    });
  });
});

describe('outlines matched one to one', () => {
  const three = [rectangle(0, 0, 10, 10), rectangle(20, 0, 30, 10), rectangle(40, 0, 50, 10)];
  const match = async (truth: (Float64Array[][] | null)[], found: Float64Array[][][], isBorder = nowhere) =>
    matchOutlines(await readTrueShapes(outlinesOf(truth), truth.length), outlinesOf(found), {
      trueCells: truth.length,
      name: 'r',
      isBorder,
    });

  it('are all found when drawn alike, whatever their order', async () => {
    const found = await match(three, [...three].reverse());
    expect([...found.match]).toEqual([0, 3, 2, 1]);
    expect(outlineScores(found, 'all')).toEqual({
      outlineRecall: 1,
      outlinePrecision: 1,
      outlineF1: 1,
      outlineIou: 1,
      panopticQuality: 1,
    });
  });

  it('count at an IoU of 0.5 and not below', async () => {
    // 10 x 5 of 10 x 10: an IoU of exactly 0.5; 10 x 4.75 has 0.475; the last is shifted by 2: 80 / 120.
    const found = await match(three, [
      rectangle(0, 0, 10, 5),
      rectangle(20, 0, 30, 4.75),
      rectangle(42, 0, 52, 10),
    ]);
    expect([...found.match]).toEqual([0, 1, 0, 3]);
    expect([...found.bestIou.slice(1)]).toEqual([0.5, 0.475, expect.closeTo(2 / 3, 6)]);
    const scores = outlineScores(found, 'all');
    expect(scores.outlineRecall).toBeCloseTo(2 / 3, 12);
    expect(scores.outlineIou).toBeCloseTo((0.5 + 2 / 3) / 2, 6);
    expect(scores.panopticQuality).toBeCloseTo(((0.5 + 2 / 3) / 2) * (2 / 3), 6);
  });

  it('find none in one outline of everything, nor in outlines cut in quarters', async () => {
    const one = await match(three, [rectangle(0, 0, 50, 10)]);
    expect(outlineScores(one, 'all')).toMatchObject({
      outlineRecall: 0,
      outlineF1: 0,
      outlineIou: null,
      panopticQuality: 0,
    });
    const quarters = await match(three, [
      rectangle(0, 0, 10, 2.5),
      rectangle(0, 2.5, 10, 5),
      rectangle(20, 0, 25, 5),
    ]);
    expect(outlineScores(quarters, 'all')).toMatchObject({
      outlineRecall: 0,
      outlinePrecision: 0,
      outlineF1: 0,
    });
    expect(outlineScores(await match(three, []), 'all')).toMatchObject({
      outlineRecall: 0,
      outlinePrecision: null,
      outlineF1: 0,
    });
  });

  it('give overlapping cells an outline each, as many pairs as can be', async () => {
    // The first outline fits both true cells (0.6 and 1); the second fits the second only (0.6): two pairs, not one.
    const truth = [rectangle(0, 0, 10, 6), rectangle(0, 0, 10, 10)];
    const found = await match(truth, [rectangle(0, 0, 10, 10), rectangle(0, 4, 10, 10)]);
    expect([...found.match]).toEqual([0, 1, 2]);
    expect([...found.iou.slice(1)]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.6, 6)]);
  });

  it('do not judge true cells that were not drawn', async () => {
    const found = await match([three[0], null, three[2]], three);
    expect(outlineScores(found, 'all')).toMatchObject({ outlineRecall: 1, outlinePrecision: 2 / 3 });
  });

  it('are counted near borders and away by where their centres lie', async () => {
    const found = await match(
      three,
      [three[0], rectangle(60, 0, 70, 10)],
      ((x: number) => x > 35) as () => boolean,
    );
    expect(outlineScores(found, 'interior')).toMatchObject({ outlineRecall: 0.5, outlinePrecision: 1 });
    expect(outlineScores(found, 'border')).toMatchObject({
      outlineRecall: 0,
      outlinePrecision: 0,
      outlineF1: 0,
    });
  });
});

describe('the ground that true cells share', () => {
  it('is where two or more lie over each other', async () => {
    const cells = [
      rectangle(0, 0, 10, 10),
      rectangle(8, 0, 18, 10),
      rectangle(9, 5, 12, 40),
      rectangle(50, 0, 60, 9),
    ];
    const ground = (await readTrueShapes(outlinesOf(cells), cells.length)).sharedGround;
    // 2 x 10 of the first two, and from x = 10 to 12 another 2 x 5 of the second and third.
    expect(measureSpans(ground).area).toBeCloseTo(20 + 10, 4);
    for (const [x, y] of [
      [9, 1],
      [8, 9.9],
      [11, 6],
    ])
      expect(spansContain(ground, x, y)).toBe(true);
    for (const [x, y] of [
      [7.9, 1],
      [10.1, 4],
      [11, 11],
      [9, -1],
      [9, 40],
      [55, 5],
    ]) {
      expect(spansContain(ground, x, y)).toBe(false);
    }
  });

  it('is found in long rows too, and is none without overlaps', async () => {
    // 300 pairs in one row, in an order that is not theirs.
    const cells = Array.from({ length: 300 }, (_, i) => 10 * ((i * 77) % 300)).flatMap((x) => [
      rectangle(x, 0, x + 4, 2),
      rectangle(x + 3, 0, x + 7, 2),
    ]);
    const ground = (await readTrueShapes(outlinesOf(cells), cells.length)).sharedGround;
    expect(measureSpans(ground).area).toBeCloseTo(600, 2);
    for (let x = 0; x < 3000; x += 10) {
      expect([spansContain(ground, x + 3.5, 1), spansContain(ground, x + 4.5, 1)]).toEqual([true, false]);
    }
    const apart = (await readTrueShapes(outlinesOf(cells.slice(0, 1)), 1)).sharedGround;
    expect(measureSpans(apart).area).toBe(0);
    expect(spansContain(apart, 0, 0)).toBe(false);
  });
});

it('takes rows of a quarter micron', () => {
  expect(ROW_UM).toBe(0.25);
  expect(outlineScores(null, 'all').outlineF1).toBeNull();
});

import {
  MAX_MARKERS,
  type Marker,
  type MarkerCounts,
  markerCoexpression,
  thinnedCoexpression,
} from '@spatile/instrument/judge/coexpression';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const MARKERS: Marker[] = [
  { gene: 'a', type: 'A' },
  { gene: 'b', type: 'B' },
];

/** Counts of rows such as `[2, 0, 1]`: one entry per marker. */
function countsOf(rows: number[][]): MarkerCounts {
  const entries = rows.map((row) => row.flatMap((count, marker) => (count > 0 ? [{ marker, count }] : [])));
  const start = new Uint32Array(rows.length + 1);
  entries.forEach((row, cell) => {
    start[cell + 1] = start[cell] + row.length;
  });
  return {
    start,
    marker: Uint32Array.from(entries.flat(), ({ marker }) => marker),
    count: Uint32Array.from(entries.flat(), ({ count }) => count),
  };
}

describe('co-expression of exclusive markers', () => {
  it('is both over either: a in 4 of 10 cells, b in 3, both in 1 makes 1/6', () => {
    const rows = [[1, 0], [1, 0], [1, 0], [1, 1], [0, 1], [0, 1], ...new Array(4).fill([0, 0])];
    const found = markerCoexpression(countsOf(rows), MARKERS);
    expect(found).toMatchObject({ cells: 6, pairs: 1, types: ['A', 'B'] });
    expect(found.hard).toBeCloseTo(1 / 6, 14);
    expect([...found.byTypes]).toEqual([Number.NaN, 1 / 6, 1 / 6, Number.NaN]);
  });

  it('weighs counts in the soft form', () => {
    // Sum of min = 1 + 2, sum of max = 5 + 2 + 3.
    const found = markerCoexpression(
      countsOf([
        [5, 1],
        [2, 2],
        [0, 3],
      ]),
      MARKERS,
    );
    expect(found.soft).toBeCloseTo(3 / 10, 14);
    expect(found.hard).toBeCloseTo(2 / 3, 14);
  });

  it('leaves out pairs of one type, of one gene, and of genes that no cell holds', () => {
    const markers = [
      ...MARKERS,
      { gene: 'c', type: 'A' },
      { gene: 'a', type: 'B' },
      { gene: 'd', type: 'C' },
    ];
    const found = markerCoexpression(countsOf([[1, 1, 1, 1, 0]]), markers);
    // a-b, b-c, c-a of B; with d: four pairs of one cell that holds only the other.
    expect(found.pairs).toBe(3 + 4);
    expect(found.hard).toBeCloseTo(3 / 7, 14);
    expect(markerCoexpression(countsOf([[0, 0]]), MARKERS)).toMatchObject({
      hard: null,
      soft: null,
      pairs: 0,
    });
  });

  it('is 0 for cells of one type each and 1 for one cell that holds all', () => {
    expect(
      markerCoexpression(
        countsOf([
          [3, 0],
          [0, 4],
        ]),
        MARKERS,
      ),
    ).toMatchObject({
      hard: 0,
      soft: 0,
    });
    expect(markerCoexpression(countsOf([[3, 3]]), MARKERS)).toMatchObject({ hard: 1, soft: 1 });
  });

  it('refuses more markers than it has room for', () => {
    const many = Array.from({ length: MAX_MARKERS + 1 }, (_, i) => ({ gene: `${i}`, type: `${i % 2}` }));
    expect(() => markerCoexpression(countsOf([[1]]), many)).toThrow(
      /too many \(2049\); expected at most 2048/,
    );
  });
});

describe('thinning', () => {
  const stream = new RandomStream(3, 'thinning');
  const rows = Array.from({ length: 4000 }, () => [stream.poisson(1.5), stream.poisson(2)]);

  it('expects what seeded thinning gives on average', () => {
    const kept = rows.map((row) => row.map((n) => stream.binomial(n, 0.4)));
    const expected = thinnedCoexpression(countsOf(rows), MARKERS, 0.4)!;
    expect(markerCoexpression(countsOf(kept), MARKERS).hard! / expected).toBeCloseTo(1, 1);
  });

  it('changes nothing when all is kept, and falls as more is lost', () => {
    const counts = countsOf(rows);
    const [all, half, tenth] = [1, 0.5, 0.1].map((keep) => thinnedCoexpression(counts, MARKERS, keep)!);
    expect(all).toBeCloseTo(markerCoexpression(counts, MARKERS).hard!, 12);
    expect(half).toBeLessThan(all);
    expect(tenth).toBeLessThan(half);
    expect(thinnedCoexpression(counts, MARKERS, 0)).toBeNull();
  });
});

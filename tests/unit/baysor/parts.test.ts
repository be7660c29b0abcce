import { RandomStream } from '@spatile/random/stream';
import { CellCounts } from '@spatile/worker/assign/baysor/counts';
import { type Graph, moleculeGraph } from '@spatile/worker/assign/baysor/graph';
import { PointGrid } from '@spatile/worker/assign/baysor/nearest';
import { confidences, fitNoise, neighbourDistances } from '@spatile/worker/assign/baysor/noise';
import { LabelRecord } from '@spatile/worker/assign/baysor/record';
import { fittedNormal, roundNormal, shrunkSd } from '@spatile/worker/assign/baysor/shape';
import { keepLargestParts } from '@spatile/worker/assign/baysor/split';
import { describe, expect, it } from 'vitest';

const PRIOR = { scaleUm: 5, scaleSdUm: 1.25, weight: 30 };

function molecules(x: number[], y: number[], z?: number[]) {
  return {
    n: x.length,
    dimensions: z === undefined ? (2 as const) : (3 as const),
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    z: z === undefined ? new Float64Array(x.length) : Float64Array.from(z),
    gene: new Uint32Array(x.length),
    row: Uint32Array.from(x, (_, i) => i),
    at: Uint32Array.from(x, (_, i) => i),
    segment: new Uint32Array(x.length),
  };
}

const degree = ({ start }: Graph, i: number): number => start[i + 1] - start[i];

describe('the spread along an axis', () => {
  it.each([1, 10, 1000])('of the expected scale stays as it is (n = %i)', (n) => {
    expect(shrunkSd(25, n, PRIOR)).toBeCloseTo(5, 12);
  });

  it('moves towards what is seen, by the root of the surprise and by the weight of the prior', () => {
    // sd 10: 5 away, stretched to (sqrt(5 / 1.25 + 1) - 1) 1.25 = 1.5451.
    expect(shrunkSd(100, 30, PRIOR)).toBeCloseTo(5 + (1.25 * (Math.sqrt(5) - 1)) / 2, 12);
    expect(shrunkSd(1, 30, PRIOR)).toBeLessThan(5);
    expect(shrunkSd(0, 1e9, PRIOR)).toBeGreaterThan(0);
  });
});

describe('the normal of a cell', () => {
  it.each([2, 3] as const)('of the expected scale is the round one, in %i dimensions', (dimensions) => {
    const [round, fitted] = [new Float64Array(7), new Float64Array(7)];
    roundNormal(dimensions, 5, round, 0);
    fittedNormal(
      dimensions,
      Float64Array.of(25, 0, 25, 0, 0, dimensions === 3 ? 25 : 0),
      50,
      PRIOR,
      fitted,
      0,
    );
    fitted.forEach((value, k) => {
      expect(value).toBeCloseTo(round[k], 12);
    });
  });

  it('keeps the axes of the sample: the two matrices commute', () => {
    const free = { scaleUm: 1, scaleSdUm: 0.25, weight: 3 };
    const c = Float64Array.of(4, 1, 3, 0.5, -0.7, 2);
    const out = new Float64Array(7);
    fittedNormal(3, c, 10, free, out, 0);
    const precision = [out[0], out[1], out[3], out[1], out[2], out[4], out[3], out[4], out[5]];
    const covariance = [c[0], c[1], c[3], c[1], c[2], c[4], c[3], c[4], c[5]];
    const product = (a: number[], b: number[], i: number, j: number): number =>
      a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ])
      expect(product(precision, covariance, i, j)).toBeCloseTo(product(precision, covariance, j, i), 9);
  });

  it('has its density at the mean', () => {
    const out = new Float64Array(7);
    roundNormal(2, 3, out, 0);
    expect(Math.exp(out[6])).toBeCloseTo(1 / (2 * Math.PI * 9), 12);
    roundNormal(3, 3, out, 0);
    expect(Math.exp(out[6])).toBeCloseTo((2 * Math.PI * 9) ** -1.5, 12);
  });
});

describe('the graph', () => {
  it('of a square with its centre is the four sides and the four spokes', () => {
    const graph = moleculeGraph(molecules([0, 2, 2, 0, 1], [0, 0, 2, 2, 1]));
    expect(graph.neighbour.length).toBe(2 * 8);
    expect(degree(graph, 4)).toBe(4);
    expect([...graph.neighbour.subarray(graph.start[4], graph.start[5])]).toEqual([0, 1, 2, 3]);
    expect(graph.length[graph.start[4]]).toBeCloseTo(Math.SQRT2, 6);
  });

  it('links molecules at one place, and those on a line in their order', () => {
    const doubles = moleculeGraph(molecules([0, 2, 1, 1, 1], [0, 0, 2, 2, 2]));
    for (let i = 0; i < 5; i++) expect(degree(doubles, i)).toBeGreaterThan(0);
    const line = moleculeGraph(molecules([3, 1, 2, 0], [0, 0, 0, 0]));
    expect([0, 1, 2, 3].map((i) => degree(line, i))).toEqual([1, 2, 2, 1]);
  });

  it.each([0, 1, 2])('of %i molecules is made', (n) => {
    const graph = moleculeGraph(molecules(Array(n).fill(1), Array(n).fill(2)));
    expect(graph.start.length).toBe(n + 1);
    expect(graph.neighbour.length).toBe(n === 2 ? 2 : 0);
  });

  it('in three dimensions joins five nearest, either way', () => {
    const stream = new RandomStream(1, 'test.baysor.graph');
    const draw = (): number[] => Array.from({ length: 60 }, () => 10 * stream.uniform());
    const [x, y, z] = [draw(), draw(), draw()];
    const graph = moleculeGraph(molecules(x, y, z));
    for (let i = 0; i < 60; i++) {
      expect(degree(graph, i)).toBeGreaterThanOrEqual(5);
      const nearest = x
        .map((_, j) => ({ j, d: (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2 }))
        .filter(({ j }) => j !== i)
        .sort((a, b) => a.d - b.d)
        .slice(0, 5);
      const found = [...graph.neighbour.subarray(graph.start[i], graph.start[i + 1])];
      expect(found).toEqual(expect.arrayContaining(nearest.map(({ j }) => j)));
    }
  });
});

describe('nearest points', () => {
  it('are those of brute force, also far outside and in crowds', () => {
    const stream = new RandomStream(2, 'test.baysor.nearest');
    const x = Float64Array.from({ length: 300 }, (_, i) =>
      i < 200 ? 3 * stream.uniform() : 100 * stream.uniform(),
    );
    const y = Float64Array.from({ length: 300 }, (_, i) =>
      i < 200 ? 3 * stream.uniform() : 100 * stream.uniform(),
    );
    const grid = new PointGrid(x, y, new Float64Array(300), 4);
    const found = new Uint32Array(9);
    const squared = new Float64Array(9);
    for (let i = 0; i < 300; i += 7) {
      expect(grid.nearest(i, 9, found, squared)).toBe(9);
      const wanted = [...x]
        .map((_, j) => ({ j, d: (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 }))
        .filter(({ j }) => j !== i)
        .sort((a, b) => a.d - b.d || a.j - b.j);
      expect([...found]).toEqual(wanted.slice(0, 9).map(({ j }) => j));
    }
    expect(grid.nearestOf(1000, 1000, 0, 500)).toBe(-1);
    expect(grid.nearestOf(1000, 1000, 0, 5000)).toBeGreaterThanOrEqual(0);
  });
});

describe('the confidence', () => {
  it('separates densities that differ tenfold (AUROC at least 0.99)', () => {
    const stream = new RandomStream(3, 'test.baysor.auroc');
    const x: number[] = [];
    const y: number[] = [];
    for (let i = 0; i < 2000; i++) {
      x.push((i < 1000 ? 0 : 100) + (i < 1000 ? 20 : 63.2) * stream.uniform());
      y.push((i < 1000 ? 20 : 63.2) * stream.uniform());
    }
    const all = molecules(x, y);
    const graph = moleculeGraph(all);
    const distances = neighbourDistances(all, 16);
    const noise = fitNoise(distances, graph, new Float64Array(2000), 0.5, 16);
    const confidence = confidences(distances, all.segment, noise, 0);
    const dense = [...confidence.subarray(0, 1000)].sort((a, b) => a - b);
    let wins = 0;
    for (const c of confidence.subarray(1000)) for (const d of dense) wins += d > c ? 1 : d === c ? 0.5 : 0;
    expect(wins / 1e6).toBeGreaterThanOrEqual(0.99);
  });

  it('has a floor in segments of the prior', () => {
    const noise = {
      mean: [1, 5] as [number, number],
      sd: [0.5, 1] as [number, number],
      weight: [9, 1] as [number, number],
      cutUm: 8,
      k: 5,
    };
    const [free, inSegment] = confidences(Float64Array.of(9, 9), Uint32Array.of(0, 1), noise, 0.5);
    expect(free).toBe(0);
    expect(inSegment).toBe(0.25);
  });
});

describe('counts of a cell', () => {
  it('are those of a map, and leave out what is to be left out', () => {
    const stream = new RandomStream(4, 'test.baysor.counts');
    const n = 2000;
    const label = Int32Array.from({ length: n }, () => stream.integer(8));
    const item = Uint32Array.from({ length: n }, () => stream.integer(2) * 1000 + stream.integer(40));
    const sizes = new Uint32Array(8);
    for (const c of label) sizes[c]++;
    const counts = new CellCounts(n, 7);
    for (let round = 0; round < 2; round++) counts.build(label, item, sizes, 7, 0);
    const wanted = new Map<string, number>();
    label.forEach((c, i) => {
      if (item[i] !== 0) wanted.set(`${c} ${item[i]}`, (wanted.get(`${c} ${item[i]}`) ?? 0) + 1);
    });
    for (let c = 1; c <= 7; c++) {
      let distinct = 0;
      for (let g = 0; g < 1100; g++) {
        expect(counts.get(c, g)).toBe(wanted.get(`${c} ${g}`) ?? 0);
        if (wanted.has(`${c} ${g}`)) distinct++;
      }
      expect(counts.distinct(c)).toBe(distinct);
    }
  });
});

describe('connected parts', () => {
  it('the largest of a cell stays and the others become noise', () => {
    // 0-1-2 and 4-5 of one cell, 3 of another between them.
    const start = Uint32Array.of(0, 1, 3, 5, 7, 9, 10);
    const graph = {
      start,
      neighbour: Uint32Array.of(1, 0, 2, 1, 3, 2, 4, 3, 5, 4),
      length: new Float32Array(10),
    };
    const label = Int32Array.of(1, 1, 1, 2, 1, 1);
    expect(keepLargestParts({ graph, passable: start.slice(1), components: 2 }, label)).toBe(2);
    expect([...label]).toEqual([1, 1, 1, 2, 0, 0]);
  });
});

describe('the record', () => {
  it('gives the most frequent label that is allowed, with its share', () => {
    const record = new LabelRecord(1);
    for (const label of [3, 3, 3, 2, 2, 0]) record.add(Int32Array.of(label));
    expect(record.most(0, () => true)).toEqual({ label: 3, share: 0.5 });
    expect(record.most(0, (label) => label !== 3)).toEqual({ label: 2, share: 2 / 6 });
    expect(record.most(0, () => false).label).toBe(0);
    expect(record.share(0, 2)).toBeCloseTo(1 / 3, 12);
  });

  it('makes room for new labels at the cost of the rarest', () => {
    const record = new LabelRecord(1);
    for (const label of [1, 1, 1, 2, 3, 4, 5, 5, 5, 5]) record.add(Int32Array.of(label));
    expect(record.most(0, () => true)).toEqual({ label: 5, share: 0.4 });
    expect(record.share(0, 1)).toBeCloseTo(0.3, 12);
  });
});

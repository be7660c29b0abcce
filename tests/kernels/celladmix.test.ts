import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BoundCelladmix, bindCelladmix } from '../../worker/kernels/bind-celladmix.ts';
import * as twin from '../../worker/kernels/reference/celladmix.ts';

let bound: BoundCelladmix;
beforeAll(async () => {
  bound = await bindCelladmix();
});

function randomPlaces(n: number, seed: number, step = 0): twin.Places {
  const stream = new RandomStream(seed, 'test.places');
  const value = (): number => (step === 0 ? stream.uniform() * 20 : stream.integer(6) * step);
  const axis = (): Float32Array => Float32Array.from({ length: n }, value);
  return { x: axis(), y: axis(), z: axis() };
}

function kernelNearest(places: twin.Places, m: number): { near: Int32Array; squared: Float64Array } {
  const n = places.x.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => places.x[a] - places.x[b] || a - b,
  );
  const { at, view } = bound.lay({
    ...{ x: ['f32', n], y: ['f32', n], z: ['f32', n], id: ['i32', n] },
    ...{ near: ['i32', n * m], squared: ['f64', n * m] },
  } as const);
  view.id.set(order);
  for (const axis of ['x', 'y', 'z'] as const)
    view[axis].set(Float32Array.from(order, (i) => places[axis][i]));
  bound.kernel.nearest(n, m, at.x, at.y, at.z, at.id, at.near, at.squared);
  return { near: view.near.slice(), squared: view.squared.slice() };
}

describe('neighbours of molecules', () => {
  test.each([
    [2, 1, 0],
    [40, 5, 0],
    [40, 39, 0],
    [150, 10, 0],
  ])('equal those of the twin, %i molecules, %i neighbours', (n, m) => {
    const places = randomPlaces(n, n);
    expect(kernelNearest(places, m)).toEqual(twin.nearest(places, m));
  });

  test('equally far molecules come in order of their number, also at one place', () => {
    const places = randomPlaces(120, 3, 1);
    expect(kernelNearest(places, 12)).toEqual(twin.nearest(places, 12));
  });

  test('links are those within reach, of the others where they are moved to', () => {
    const [places, others] = [randomPlaces(50, 5), randomPlaces(30, 6)];
    const reach = Float64Array.from({ length: 50 }, (_, i) => i / 4);
    const moved = { ...others, x: others.x.map((x) => x + 3), z: others.z.map((z) => z - 1) };
    const { at, view } = bound.lay({
      ...{ x: ['f32', 50], y: ['f32', 50], z: ['f32', 50], reach: ['f64', 50] },
      ...{ ox: ['f32', 30], oy: ['f32', 30], oz: ['f32', 30], out: ['u8', 50] },
    } as const);
    for (const axis of ['x', 'y', 'z'] as const) {
      view[axis].set(places[axis]);
      view[`o${axis}`].set(others[axis]);
    }
    view.reach.set(reach);
    const count = bound.kernel.linked(
      50,
      at.x,
      at.y,
      at.z,
      at.reach,
      30,
      at.ox,
      at.oy,
      at.oz,
      3,
      0,
      -1,
      at.out,
    );
    const expected = twin.linked(places, reach, moved);
    expect(Array.from(view.out, Boolean)).toEqual(expected);
    expect(count).toBe(expected.filter(Boolean).length);
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(45);
  });
});

describe('factors', () => {
  const [rows, columns, k] = [30, 17, 4];
  const stream = new RandomStream(2, 'test.factors');
  const x = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => (stream.integer(3) === 0 ? stream.integer(5) : 0)),
  );
  const weight = Array.from({ length: columns }, () => 0.01 + stream.uniform());
  const startW = Array.from({ length: rows }, () => Array.from({ length: k - 1 }, () => stream.uniform()));
  const startH = Array.from({ length: k - 1 }, () => Array.from({ length: columns }, () => stream.uniform()));

  test('equal those of the weighted formulas on dense matrices; a padding factor stays nothing; loss never rises', () => {
    const root = weight.map(Math.sqrt);
    const entries = x.flatMap((row, i) =>
      row.flatMap((value, g) => (value > 0 ? [[i, g, value * root[g]]] : [])),
    );
    const { at, view } = bound.lay({
      start: ['i32', rows + 1],
      column: ['i32', entries.length],
      value: ['f64', entries.length],
      w: ['f64', rows * k],
      h: ['f64', columns * k],
      scratch: ['f64', (columns + 1 + 2 * k) * k],
    } as const);
    view.start.fill(0);
    for (const [i] of entries) view.start[i + 1]++;
    for (let i = 0; i < rows; i++) view.start[i + 1] += view.start[i];
    entries.forEach(([, g, value], e) => {
      view.column[e] = g;
      view.value[e] = value;
    });
    view.w.fill(0);
    view.h.fill(0);
    for (let f = 0; f < k - 1; f++) {
      for (let i = 0; i < rows; i++) view.w[i * k + f] = startW[i][f];
      for (let g = 0; g < columns; g++) view.h[g * k + f] = startH[f][g] * root[g];
    }
    const squares = entries.reduce((sum, [, , value]) => sum + value * value, 0);
    const [w, h] = [structuredClone(startW), structuredClone(startH)];
    let before = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 20; step++) {
      const loss = bound.kernel.updateFactors(
        rows,
        columns,
        k,
        at.start,
        at.column,
        at.value,
        at.w,
        at.h,
        at.scratch,
        squares,
      );
      const expected = twin.updateFactors(x, w, h, weight);
      expect(loss).toBeCloseTo(expected, 8);
      expect(expected).toBeLessThanOrEqual(before);
      before = expected;
    }
    for (let f = 0; f < k - 1; f++) {
      for (let i = 0; i < rows; i++) expect(view.w[i * k + f]).toBeCloseTo(w[i][f], 8);
      for (let g = 0; g < columns; g++) expect(view.h[g * k + f] / root[g]).toBeCloseTo(h[f][g], 8);
    }
    for (let i = 0; i < rows; i++) expect(view.w[i * k + k - 1]).toBe(0);
  });
});

/** A labelled cell by kernel: labels and the graph. */
function kernelLabels(
  near: Int32Array,
  n: number,
  m: number,
  table: Float32Array,
  gene: Int32Array,
  bond: number,
): { label: Uint8Array; joined: number[][]; isConsistent: boolean } {
  const k = 4;
  const { at, view } = bound.lay({
    ...{ gene: ['i32', n], potential: ['f32', table.length], near: ['i32', n * m], fill: ['i32', n] },
    ...{ start: ['i32', n + 1], edge: ['i32', 2 * n * m], reverse: ['i32', 2 * n * m] },
    ...{ messages: ['f32', 4 * n * m * k], belief: ['f32', n * k], label: ['u8', n] },
  } as const);
  view.gene.set(gene);
  view.potential.set(table);
  view.near.set(near);
  const { kernel } = bound;
  const entries = kernel.joinMolecules(n, m, at.near, at.start, at.edge, at.reverse, at.fill);
  kernel.labelMolecules(
    n,
    k,
    at.gene,
    at.potential,
    at.start,
    at.edge,
    at.reverse,
    at.messages,
    at.belief,
    at.label,
    bond,
    50,
    5,
  );
  const joined = Array.from({ length: n }, (_, i) => [
    ...view.edge.subarray(view.start[i], view.start[i + 1]),
  ]);
  let isConsistent = entries === view.start[n];
  for (let i = 0; i < n; i++)
    for (let e = view.start[i]; e < view.start[i + 1]; e++)
      if (view.edge[view.reverse[e]] !== i || view.reverse[view.reverse[e]] !== e) isConsistent = false;
  return { label: view.label.slice(), joined, isConsistent };
}

function randomTable(genes: number, labels: number, spread: number, seed: number): Float32Array {
  const stream = new RandomStream(seed, 'test.potential');
  return Float32Array.from({ length: genes * 4 }, (_, at) =>
    at % 4 < labels ? -spread * stream.uniform() : -1e30,
  );
}

describe('labels', () => {
  test.each([1, 2, 3, 4, 5])('equal those of the twin to the bit, seed %i', (seed) => {
    const [n, m] = [80, 6];
    const { near } = twin.nearest(randomPlaces(n, seed), m);
    const table = randomTable(12, 3, 6, seed);
    const stream = new RandomStream(seed, 'test.genes');
    const gene = Int32Array.from({ length: n }, () => stream.integer(12));
    const { label, joined, isConsistent } = kernelLabels(near, n, m, table, gene, 0.3);
    expect(isConsistent).toBe(true);
    const expected = twin.joinMolecules(n, m, near);
    expect(joined.map((row) => row.toSorted())).toEqual(expected.map((row) => row.toSorted()));
    const potential = Array.from(gene, (g) => table.slice(4 * g, 4 * g + 4));
    expect(label).toEqual(twin.labelMolecules(potential, joined, Math.fround(0.3), 50, 5));
    expect(new Set(label).size).toBeGreaterThan(1);
  });

  /** The best labelling of a small cell, by trying all. */
  function best(
    potential: readonly Float32Array[],
    joined: readonly number[][],
    labels: number,
    bond: number,
  ) {
    let most = Number.NEGATIVE_INFINITY;
    const label = new Uint8Array(potential.length);
    for (let code = 0; code < labels ** potential.length; code++) {
      let rest = code;
      for (let i = 0; i < label.length; i++) {
        label[i] = rest % labels;
        rest = Math.floor(rest / labels);
      }
      most = Math.max(most, twin.worthOf(potential, joined, bond, label));
    }
    return most;
  }

  test('are the best of all on chains, where messages are exact', () => {
    for (let seed = 0; seed < 30; seed++) {
      const n = 7;
      const near = Int32Array.from({ length: n }, (_, i) => (i === 0 ? 1 : i - 1));
      const table = randomTable(n, 3, 3, 100 + seed);
      const { label, joined } = kernelLabels(
        near,
        n,
        1,
        table,
        Int32Array.from({ length: n }, (_, i) => i),
        1,
      );
      const potential = Array.from({ length: n }, (_, i) => table.slice(4 * i, 4 * i + 4));
      expect(twin.worthOf(potential, joined, 1, label)).toBeCloseTo(best(potential, joined, 3, 1), 4);
    }
  });

  test('are the best of all on almost all small graphs with loops, and never far from it', () => {
    let exact = 0;
    for (let seed = 0; seed < 40; seed++) {
      const [n, m] = [8, 3];
      const { near } = twin.nearest(randomPlaces(n, seed), m);
      const table = randomTable(n, 3, 4, 200 + seed);
      const { label, joined } = kernelLabels(
        near,
        n,
        m,
        table,
        Int32Array.from({ length: n }, (_, i) => i),
        0.7,
      );
      const potential = Array.from({ length: n }, (_, i) => table.slice(4 * i, 4 * i + 4));
      const gap = best(potential, joined, 3, 0.7) - twin.worthOf(potential, joined, 0.7, label);
      if (gap < 1e-4) exact++;
      expect(gap).toBeLessThan(2);
    }
    expect(exact).toBeGreaterThanOrEqual(36);
  });

  test('a crescent of foreign molecules gets its own label, a lone foreign molecule that of its surroundings', () => {
    const places = { x: new Float32Array(101), y: new Float32Array(101), z: new Float32Array(101) };
    const gene = new Int32Array(101);
    const stream = new RandomStream(9, 'test.crescent');
    for (let i = 0; i < 101; i++) {
      const isForeign = i < 20;
      places.x[i] = isForeign ? 9 + stream.uniform() * 2 : i === 100 ? -4 : stream.uniform() * 16 - 8;
      places.y[i] = isForeign ? stream.uniform() * 8 - 4 : i === 100 ? 0 : stream.uniform() * 16 - 8;
      gene[i] = isForeign || i === 100 ? 1 : 0;
    }
    const { near } = twin.nearest(places, 10);
    const table = Float32Array.of(-0.1, -4, -1e30, -1e30, -4, -0.1, -1e30, -1e30);
    const { label } = kernelLabels(near, 101, 10, table, gene, 1.61);
    const labelled = Array.from(label);
    expect(labelled.slice(0, 20).filter((f) => f === 1).length).toBeGreaterThanOrEqual(19);
    expect(labelled.slice(20, 100).filter((f) => f === 1).length).toBeLessThanOrEqual(2);
    expect(labelled[100]).toBe(0);
  });

  test('a single molecule takes its own best label', () => {
    const { label } = kernelLabels(
      new Int32Array(0),
      1,
      0,
      Float32Array.of(-3, -1, -2, -1e30),
      Int32Array.of(0),
      1,
    );
    expect([...label]).toEqual([1]);
  });
});

import { type Part, traceLabel } from '@spatile/worker/outline/trace';
import { labelRuns } from '@spatile/worker/raster/labels';
import type { PixelWindow } from '@spatile/worker/raster/lattice';
import { connectRuns, type Runs } from '@spatile/worker/raster/runs';
import { fillRings } from '@spatile/worker/raster/scanline';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const windowFor = (width: number, height: number): PixelWindow => ({
  originX: 0,
  originY: 0,
  sizeUm: 1,
  column0: -3,
  row0: 40,
  width,
  height,
});

function runsOf(map: Int32Array, window: PixelWindow, label: number): Runs {
  const wanted = new Uint8Array(10).fill(1);
  const { start, y, x, length } = labelRuns(map, window, wanted);
  const cut = (values: Int32Array | Uint32Array): number[] => [
    ...values.subarray(start[label], start[label + 1]),
  ];
  return { y: cut(y), x: cut(x), length: cut(length) };
}

function traceAll(
  map: Int32Array,
  width: number,
  height: number,
): Map<number, { parts: Part[]; runs: Runs }> {
  const window = windowFor(width, height);
  const seen = new Uint8Array(map.length);
  const out = new Map<number, { parts: Part[]; runs: Runs }>();
  for (const label of [...new Set(map)].filter((l) => l > 0).sort()) {
    const runs = runsOf(map, window, label);
    out.set(label, { parts: traceLabel(map, window, label, runs, seen), runs });
  }
  return out;
}

const drawn = (...rows: string[]): { map: Int32Array; width: number; height: number } => ({
  map: Int32Array.from(rows.join(''), (c) => (c === '.' ? 0 : Number(c))),
  width: rows[0].length,
  height: rows.length,
});

const traced = (...rows: string[]): Part[] => {
  const { map, width, height } = drawn(...rows);
  return traceAll(map, width, height).get(1)!.parts;
};

const areas = (parts: Part[]): number[][] => parts.map((part) => part.map((ring) => ring.doubleArea / 2));

/** All unit steps of a ring as lattice points, the closing one left out. */
function steps(vertices: number[]): string[] {
  const out: string[] = [];
  for (let k = 0; k + 3 < vertices.length; k += 2) {
    const [x0, y0, x1, y1] = vertices.slice(k, k + 4);
    const n = Math.abs(x1 - x0) + Math.abs(y1 - y0);
    for (let s = 0; s < n; s++) out.push(`${x0 + ((x1 - x0) * s) / n},${y0 + ((y1 - y0) * s) / n}`);
  }
  return out;
}

/** What OGC simple features asks of a polygon, for rings on a lattice. */
function expectValid(part: Part): void {
  const [exterior, ...holes] = part;
  expect(exterior.doubleArea).toBeGreaterThan(0);
  for (const ring of part) {
    const { vertices } = ring;
    expect(vertices.slice(0, 2)).toEqual(vertices.slice(-2));
    for (let k = 0; k + 3 < vertices.length; k += 2) {
      const [x0, y0, x1, y1] = vertices.slice(k, k + 4);
      expect((x0 === x1) !== (y0 === y1)).toBe(true);
      const [x2, y2] = k + 5 < vertices.length ? vertices.slice(k + 4, k + 6) : vertices.slice(2, 4);
      expect((x0 === x1 && x1 === x2) || (y0 === y1 && y1 === y2)).toBe(false);
    }
    const points = steps(vertices);
    expect(new Set(points).size).toBe(points.length);
  }
  // Holes lie inside the exterior and apart from each other, and together they do not cut the part in two.
  for (const hole of holes) expect(hole.doubleArea).toBeLessThan(0);
  const filled = fillRings(
    part.map((ring) => Float64Array.from(ring.vertices)),
    'test',
  );
  const net = part.reduce((sum, ring) => sum + ring.doubleArea / 2, 0);
  expect(filled.length.reduce((sum, length) => sum + length, 0)).toBe(net);
  expect(new Set(connectRuns(filled, false)).size).toBe(1);
}

describe('traceLabel', () => {
  it('gives one pixel its square, first vertex repeated', () => {
    const [[ring]] = traced('1');
    expect(ring.vertices).toEqual([-2, 40, -2, 41, -3, 41, -3, 40, -2, 40]);
    expect(ring.doubleArea).toBe(2);
  });

  it('merges collinear vertices', () => {
    const [[ring]] = traced('111', '111');
    expect(ring.vertices.length / 2).toBe(5);
  });

  it('makes two parts of pixels that meet at a corner', () => {
    expect(areas(traced('1.', '.1'))).toEqual([[1], [1]]);
  });

  it('keeps a hole as an interior ring', () => {
    expect(areas(traced('111', '1.1', '111'))).toEqual([[9, -1]]);
  });

  it('splits a ring that closes on itself at a corner into exterior and hole', () => {
    const parts = traced('.11', '1.1', '111');
    expect(areas(parts)).toEqual([[8, -1]]);
    expectValid(parts[0]);
  });

  it('splits holes that meet at a corner', () => {
    const parts = traced('1111', '1.11', '11.1', '1111');
    expect(areas(parts)).toEqual([[16, -1, -1]]);
    expectValid(parts[0]);
  });

  it('keeps an island in a hole as a part of its own, also when it touches a corner', () => {
    expect(areas(traced('11111', '1...1', '1.1.1', '1...1', '11111'))).toEqual([[25, -9], [1]]);
    const touching = traced('11111', '11..1', '1.1.1', '1...1', '11111');
    expect(areas(touching)).toEqual([[25, -8], [1]]);
    touching.forEach(expectValid);
  });

  it('gives neighbours the same border', () => {
    const { map, width, height } = drawn('1122', '1122', '1222');
    const all = traceAll(map, width, height);
    const edges = (label: number): Set<string> => {
      const points = steps(all.get(label)!.parts[0][0].vertices);
      return new Set(points.map((p, i) => [p, points[(i + 1) % points.length]].sort().join(' ')));
    };
    const shared = [...edges(1)].filter((edge) => edges(2).has(edge));
    expect(shared.length).toBe(4);
  });

  it('traces any raster into valid polygons that fill exactly its pixels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 14 }),
        fc.infiniteStream(fc.constantFrom(0, 1, 1, 1, 2, 2)),
        (width, height, values) => {
          const map = Int32Array.from([...values.take(width * height)]);
          for (const { parts, runs } of traceAll(map, width, height).values()) {
            parts.forEach(expectValid);
            const rings = parts.flat().map((ring) => Float64Array.from(ring.vertices));
            const area = parts.flat().reduce((sum, ring) => sum + ring.doubleArea / 2, 0);
            expect(area).toBe(runs.length.reduce((sum, length) => sum + length, 0));
            const filled = fillRings(rings, 'test');
            for (const column of ['y', 'x', 'length'] as const) {
              expect(Int32Array.from(filled[column])).toEqual(Int32Array.from(runs[column]));
            }
            expect(parts.length).toBe(new Set(connectRuns(runs, false)).size);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

import { borderDistanceUm } from '@spatile/coordinator/output/border-distance';
import { CountCollector } from '@spatile/coordinator/output/counts';
import { nucleusWkb } from '@spatile/coordinator/output/nuclei';
import { signedRingArea } from '@spatile/formats/geometry/ring';
import { decodeWkb } from '@spatile/formats/geometry/wkb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('counts', () => {
  it('equal a plain tally, whatever the batches', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.array(fc.array(pair, { maxLength: 40 }), { maxLength: 6 }), (batches) => {
        const collector = new CountCollector(7);
        const dense = Array.from({ length: 10 }, () => new Array(7).fill(0));
        for (const batch of batches) {
          collector.add(
            Uint32Array.from(batch, ([cell]) => cell),
            Uint32Array.from(batch, ([, gene]) => gene),
            batch.length,
          );
          for (const [cell, gene] of batch) dense[cell][gene]++;
        }
        const { indptr, indices, data } = collector.takeCsr(10);
        const back = Array.from({ length: 10 }, () => new Array(7).fill(0));
        for (let r = 0; r < 10; r++) {
          for (let i = Number(indptr[r]); i < Number(indptr[r + 1]); i++) {
            expect(i === Number(indptr[r]) || indices[i] > indices[i - 1]).toBe(true);
            back[r][indices[i]] = data[i];
          }
        }
        expect(back).toEqual(dense);
        expect(collector.takeCsr(10).indices).toHaveLength(0);
      }),
    );
  });
});

describe('distance to an inner border', () => {
  const extent = { x0: 0, y0: 0, x1: 200, y1: 100 };
  it('counts only edges shared with another tile', () => {
    expect(borderDistanceUm({ x0: 0, y0: 0, x1: 100, y1: 100 }, extent, 30, 1)).toBe(70);
    expect(borderDistanceUm({ x0: 100, y0: 0, x1: 200, y1: 100 }, extent, 130, 99)).toBe(30);
  });
  it('is the diagonal of a slide of one tile', () => {
    expect(borderDistanceUm(extent, extent, 5, 5)).toBeCloseTo(Math.hypot(200, 100));
  });
});

describe('nucleus polygons', () => {
  const area = (bytes: Uint8Array): number =>
    decodeWkb(bytes).reduce(
      (sum, polygon) =>
        sum + polygon.reduce((a, ring, i) => a + (i === 0 ? 1 : -1) * Math.abs(signedRingArea(ring)), 0),
      0,
    );
  it('joins overlapping nuclei of one cell without counting the overlap twice', () => {
    const square = (x: number): Float64Array => Float64Array.from([x, 0, x + 10, 0, x + 10, 10, x, 10, x, 0]);
    expect(area(nucleusWkb([square(0), square(5)])!)).toBeCloseTo(150);
    expect(decodeWkb(nucleusWkb([square(0), square(50)])!)).toHaveLength(2);
  });
  it('resolves a ring that crosses itself', () => {
    const bow = Float64Array.from([0, 0, 10, 10, 10, 0, 0, 10, 0, 0]);
    expect(area(nucleusWkb([bow])!)).toBeCloseTo(50);
  });
  it('gives null for a ring without area', () => {
    expect(nucleusWkb([Float64Array.from([0, 0, 1, 1, 2, 2, 0, 0])])).toBeNull();
  });
});

import { closeRing, pointInRings, ringBounds, signedRingArea } from '@spatile/formats/geometry/ring';
import { describe, expect, it } from 'vitest';

const square = (x0: number, y0: number, size: number): Float64Array =>
  Float64Array.of(x0, y0, x0 + size, y0, x0 + size, y0 + size, x0, y0 + size, x0, y0);

describe('rings', () => {
  it('closes an open ring and leaves a closed one as it is', () => {
    const open = Float64Array.of(0, 0, 1, 0, 0, 1);
    expect(closeRing(open)).toEqual(Float64Array.of(0, 0, 1, 0, 0, 1, 0, 0));
    const closed = square(0, 0, 1);
    expect(closeRing(closed)).toBe(closed);
    expect(closeRing(new Float64Array(0))).toEqual(new Float64Array(0));
  });

  it('measures signed areas, far from the origin too', () => {
    expect(signedRingArea(square(0, 0, 2))).toBe(4);
    expect(signedRingArea(Float64Array.of(0, 0, 0, 2, 2, 2, 2, 0, 0, 0))).toBe(-4);
    expect(signedRingArea(square(2 ** 30, 2 ** 30, 3))).toBe(9);
  });

  it('tells inside from outside by the even-odd rule', () => {
    const rings = [square(0, 0, 10), square(4, 4, 2)];
    expect(pointInRings(rings, 1, 1)).toBe(true);
    expect(pointInRings(rings, 5, 5)).toBe(false);
    expect(pointInRings(rings, 11, 5)).toBe(false);
  });

  it('gives a border point to one of two squares that share the border', () => {
    const left = [square(0, 0, 10)];
    const right = [square(10, 0, 10)];
    expect(pointInRings(left, 10, 5)).toBe(false);
    expect(pointInRings(right, 10, 5)).toBe(true);
    expect(pointInRings(left, 5, 0)).toBe(true);
    expect(pointInRings(left, 5, 10)).toBe(false);
  });

  it('bounds all rings, and says so when there are none', () => {
    expect(ringBounds([square(1, 2, 3), square(-5, 0, 1)])).toEqual({ x0: -5, y0: 0, x1: 4, y1: 5 });
    expect(ringBounds([])).toBeNull();
  });
});

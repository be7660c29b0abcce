import { nucleusWkb, unionWkb } from '@spatile/coordinator/output/nuclei';
import { simpleRing } from '@spatile/coordinator/output/simple-ring';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const closed = (points: [number, number][]): Float64Array => Float64Array.from([...points, points[0]].flat());

/** A star-shaped ring of 3 to 20 corners, either way round, from any corner. */
const star = fc
  .record({
    radii: fc.array(fc.double({ min: 0.5, max: 8, noNaN: true }), { minLength: 3, maxLength: 20 }),
    centre: fc.tuple(
      fc.double({ min: -50, max: 2000, noNaN: true }),
      fc.double({ min: 0, max: 2000, noNaN: true }),
    ),
    first: fc.nat(),
    reversed: fc.boolean(),
    single: fc.boolean(),
  })
  .map(({ radii, centre, first, reversed, single }) => {
    const points = radii.map((r, i): [number, number] => {
      const angle = (2 * Math.PI * i) / radii.length;
      const at: [number, number] = [centre[0] + r * Math.cos(angle), centre[1] + r * Math.sin(angle)];
      return single ? [Math.fround(at[0]), Math.fround(at[1])] : at;
    });
    const turned = points.map((_, i) => points[(i + first) % points.length]);
    return closed(reversed ? turned.reverse() : turned);
  });

/** Corners anywhere on a small lattice: crossings, touching corners, points in line and repeated points are common. */
const any = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 3,
    maxLength: 8,
  })
  .map(closed);

describe('a nucleus of one ring', () => {
  it('comes out as by the general union, byte for byte', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(star, any), (ring) => {
        if (simpleRing(ring) !== null) plain++;
        expect(nucleusWkb([ring])).toEqual(unionWkb([ring]));
      }),
      { numRuns: 200 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  it('is left to the general union when it has very many corners, with the same outcome', () => {
    const round = (n: number): Float64Array =>
      closed(
        Array.from({ length: n }, (_, i): [number, number] => {
          const angle = (2 * Math.PI * i) / n;
          return [20 + 9 * Math.cos(angle), 20 + 9 * Math.sin(angle)];
        }),
      );
    expect(simpleRing(round(512))).not.toBeNull();
    expect(simpleRing(round(513))).toBeNull();
    expect(nucleusWkb([round(512)])).toEqual(unionWkb([round(512)]));
    expect(nucleusWkb([round(513)])).toEqual(unionWkb([round(513)]));
  });

  it('is left to the general union when it is not plain', () => {
    expect(simpleRing(Float64Array.of(0, 0, 4, 4, 4, 0, 0, 4, 0, 0))).toBeNull();
    expect(simpleRing(Float64Array.of(0, 0, 1, 0, 2, 0, 2, 2, 0, 0))).toBeNull();
    expect(simpleRing(Float64Array.of(0, 0, 2, 0, 2, 2))).toBeNull();
  });
});

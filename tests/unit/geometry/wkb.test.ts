import { decodeWkb, encodePolygonWkb, type Polygon } from '@spatile/formats/geometry/wkb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const ring = fc
  .array(fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })), { minLength: 1, maxLength: 12 })
  .map((points) => Float64Array.from(points.flat()));
const polygon: fc.Arbitrary<Polygon> = fc.array(ring, { minLength: 1, maxLength: 3 });

/** Triangle with z, big endian, with an SRID: what PostGIS writes. */
function ewkbTriangle(): Uint8Array {
  const bytes = Buffer.alloc(1 + 4 + 4 + 4 + 4 + 4 * 24);
  let at = bytes.writeUInt8(0, 0);
  at = bytes.writeUInt32BE((0x80000000 | 0x20000000 | 3) >>> 0, at);
  at = bytes.writeUInt32BE(4326, at);
  at = bytes.writeUInt32BE(1, at);
  at = bytes.writeUInt32BE(4, at);
  for (const value of [0, 0, 9, 2, 0, 9, 0, 2, 9, 0, 0, 9]) at = bytes.writeDoubleBE(value, at);
  return bytes;
}

describe('WKB', () => {
  it('gives back the polygons it was made from', () => {
    fc.assert(
      fc.property(fc.array(polygon, { maxLength: 4 }), (polygons) => {
        expect(decodeWkb(encodePolygonWkb(polygons))).toEqual(polygons);
      }),
    );
  });

  it('writes one polygon as Polygon and several as MultiPolygon', () => {
    const triangle = [Float64Array.of(0, 0, 1, 0, 0, 1, 0, 0)];
    expect(encodePolygonWkb([triangle])[1]).toBe(3);
    expect(encodePolygonWkb([triangle, triangle])[1]).toBe(6);
    expect(encodePolygonWkb([])[1]).toBe(6);
  });

  it('reads big endian EWKB with z and an SRID', () => {
    expect(decodeWkb(ewkbTriangle())).toEqual([[Float64Array.of(0, 0, 2, 0, 0, 2, 0, 0)]]);
  });

  it('reads ISO types with z and m', () => {
    const bytes = Buffer.alloc(13 + 4 * 32);
    bytes.writeUInt8(1, 0);
    bytes.writeUInt32LE(3003, 1);
    bytes.writeUInt32LE(1, 5);
    bytes.writeUInt32LE(4, 9);
    bytes.writeDoubleLE(5, 13 + 32);
    expect(decodeWkb(bytes)[0][0][2]).toBe(5);
  });

  it('refuses points, truncated bytes and counts that the bytes cannot hold', () => {
    const point = Uint8Array.of(1, 1, 0, 0, 0, ...new Uint8Array(16));
    expect(() => decodeWkb(point)).toThrow(/geometry type is 1/);
    expect(() => decodeWkb(Uint8Array.of(1, 3, 0, 0, 0, 255, 255, 255, 255))).toThrow(/count of 4294967295/);
    const whole = encodePolygonWkb([[Float64Array.of(0, 0, 1, 0, 0, 1, 0, 0)]]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeWkb(whole.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'GEOMETRY_INVALID' }) as unknown as Error,
      );
    }
  });

  it('refuses collections that nest without end', () => {
    const nested = Buffer.concat(Array.from({ length: 50 }, () => Buffer.from([1, 7, 0, 0, 0, 1, 0, 0, 0])));
    expect(() => decodeWkb(nested)).toThrow(/nest deeper/);
  });

  it('never throws anything but its own error on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          decodeWkb(bytes);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('GEOMETRY_INVALID');
        }
      }),
    );
  });
});

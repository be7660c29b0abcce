import { pointInRings } from '@spatile/formats/geometry/ring';
import { polygonsOfRings } from '@spatile/instrument/judge/read/rings';
import { RowIndex } from '@spatile/instrument/judge/read/row-index';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const keys = fc.integer({ min: 1, max: 3 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    // Few words, so that keys come often more than once, and large ones, which must not be cut.
    rows: fc.array(
      fc.array(fc.constantFrom(0, 1, 2, 0x7fffffff, 0xffffffff), { minLength: width, maxLength: width }),
      { maxLength: 60 },
    ),
  }),
);

describe('rows by key', () => {
  it('are the first of their key, as a search from the top finds', () => {
    fc.assert(
      fc.property(keys, keys, ({ width, rows }, other) => {
        const index = new RowIndex(Uint32Array.from(rows.flat()), width, rows.length);
        const asked = [...rows, ...other.rows.filter((row) => row.length === width)];
        const words = Uint32Array.from(asked.flat());
        asked.forEach((key, at) => {
          expect(index.rowOf(words, at)).toBe(rows.findIndex((row) => row.join() === key.join()));
        });
      }),
    );
  });

  it('are given once each and in order, then no more', () => {
    fc.assert(
      fc.property(keys, ({ width, rows }) => {
        const words = Uint32Array.from(rows.flat());
        const index = new RowIndex(words, width, rows.length);
        const taken = rows.map((_, at) => index.take(words, at));
        expect(taken).toEqual(rows.map((_, at) => at));
        rows.forEach((_, at) => {
          expect(index.take(words, at)).toBe(-1);
        });
      }),
    );
  });
});

/** Squares that lie within or beside one another and never touch: a path of nested places. */
const squares = fc.uniqueArray(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 3 }), {
  selector: (path) => path.join(),
  minLength: 1,
  maxLength: 8,
});

function square(path: readonly number[]): Float64Array {
  let [x, size] = [0, 81];
  for (const side of path) {
    x += 1 + side * (size / 2);
    size = size / 2 - 2;
  }
  return Float64Array.of(x, 1, x + size, 1, x + size, 1 + size, x, 1 + size, x, 1);
}

describe('polygons of rings', () => {
  it('cover what the even-odd rule covers, and no point twice', () => {
    fc.assert(
      fc.property(
        squares,
        fc.integer({ min: -2, max: 84 }),
        fc.integer({ min: 0, max: 84 }),
        (paths, x, y) => {
          const rings = paths.map((path) => {
            const ring = square(path);
            // Inner squares start lower, so that edges do not touch.
            for (let i = 1; i < ring.length; i += 2) ring[i] += path.length;
            return ring;
          });
          const [px, py] = [x + 0.37, y + 0.41];
          const closed = (ring: Float64Array) => Float64Array.of(...ring, ring[0], ring[1]);
          const covering = polygonsOfRings(rings).filter(
            ([outer, ...holes]) =>
              pointInRings([closed(outer)], px, py) &&
              !holes.some((hole) => pointInRings([closed(hole)], px, py)),
          );
          expect(covering.length).toBe(pointInRings(rings, px, py) ? 1 : 0);
        },
      ),
    );
  });
});

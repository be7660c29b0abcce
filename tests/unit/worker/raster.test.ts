import { pixelHull } from '@spatile/worker/raster/hull';
import { windowOf } from '@spatile/worker/raster/lattice';
import { connectRuns, largestPart, type Runs, runPixels } from '@spatile/worker/raster/runs';
import { fillRings } from '@spatile/worker/raster/scanline';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const pixelsOf = (runs: Runs): string[] =>
  runs.y.flatMap((y, i) => Array.from({ length: runs.length[i] }, (_, k) => `${runs.x[i] + k},${y}`));

const ring = (...points: number[]): Float64Array => Float64Array.from([...points, points[0], points[1]]);

describe('fillRings', () => {
  it('takes the pixels whose centre is inside, half-open on edges through centres', () => {
    expect(pixelsOf(fillRings([ring(0, 0, 2, 0, 2, 2, 0, 2)], 'test'))).toEqual(['0,0', '1,0', '0,1', '1,1']);
    // From centre to centre: the left and upper centres belong to it, the right and lower ones do not.
    expect(pixelsOf(fillRings([ring(0.5, 0.5, 2.5, 0.5, 2.5, 2.5, 0.5, 2.5)], 'test'))).toEqual([
      '0,0',
      '1,0',
      '0,1',
      '1,1',
    ]);
  });

  it('leaves out what an even number of rings covers', () => {
    const runs = fillRings([ring(0, 0, 5, 0, 5, 5, 0, 5), ring(1, 1, 4, 1, 4, 4, 1, 4)], 'test');
    expect(runPixels(runs)).toBe(25 - 9);
  });

  it('shares every pixel between two polygons of a common edge, whatever their direction', () => {
    const point = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(point, point, point, point, (ax, ay, bx, by) => {
        fc.pre(Math.hypot(ax - bx, ay - by) > 0.01);
        const left = fillRings([ring(-50, -60, ax, ay, bx, by)], 'test');
        const right = fillRings([ring(bx, by, ax, ay, 70, 45)], 'test');
        const both = fillRings([ring(-50, -60, ax, ay, bx, by), ring(bx, by, ax, ay, 70, 45)], 'test');
        const [a, b] = [new Set(pixelsOf(left)), new Set(pixelsOf(right))];
        const expected = [...a].filter((p) => !b.has(p)).concat([...b].filter((p) => !a.has(p)));
        expect(new Set(pixelsOf(both))).toEqual(new Set(expected));
      }),
      { numRuns: 100 },
    );
  });

  it('agrees with the even-odd test of every centre', () => {
    const vertex = fc.tuple(fc.integer({ min: -12, max: 12 }), fc.integer({ min: -12, max: 12 }));
    fc.assert(
      fc.property(fc.array(vertex, { minLength: 3, maxLength: 9 }), (points) => {
        // Thirds keep centres off the edges' ends.
        const shape = ring(...points.flat().map((v) => v / 3));
        const filled = new Set(pixelsOf(fillRings([shape], 'test')));
        for (let y = -5; y < 5; y++) {
          for (let x = -5; x < 5; x++) {
            let inside = false;
            let onEdge = false;
            for (let k = 0; k + 3 < shape.length; k += 2) {
              const [x0, y0, x1, y1] = shape.subarray(k, k + 4);
              if (y0 <= y + 0.5 === y1 <= y + 0.5) continue;
              const cross = x0 + ((y + 0.5 - y0) * (x1 - x0)) / (y1 - y0);
              if (Math.abs(cross - (x + 0.5)) < 1e-9) onEdge = true;
              if (cross < x + 0.5) inside = !inside;
            }
            if (!onEdge) expect(filled.has(`${x},${y}`)).toBe(inside);
          }
        }
      }),
    );
  });

  it('refuses coordinates that are no numbers and shapes of another unit', () => {
    expect(() => fillRings([ring(0, 0, Number.NaN, 1, 1, 1)], 'tile t, cell 7')).toThrow(
      expect.objectContaining({ code: 'COORDINATES_INVALID', message: expect.stringContaining('cell 7') }),
    );
    expect(() => fillRings([ring(0, 0, 1, 0, 1, 1e12)], 'tile t, cell 7')).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
  });
});

describe('connected runs', () => {
  const runs: Runs = { y: [0, 0, 1, 2, 2, 3], x: [0, 4, 1, 0, 5, 2], length: [2, 1, 2, 1, 1, 2] };

  it('keeps corners apart or joins them', () => {
    expect([...connectRuns(runs, false)]).toEqual([0, 1, 0, 3, 4, 5]);
    expect([...connectRuns(runs, true)]).toEqual([0, 1, 0, 0, 4, 5]);
  });

  it('joins branches that meet further down', () => {
    const u: Runs = { y: [0, 0, 1, 1, 2], x: [0, 4, 0, 4, 0], length: [1, 1, 1, 1, 5] };
    expect([...connectRuns(u, false)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('keeps the part with most pixels, the first of equals', () => {
    const { runs: kept, parts } = largestPart(runs);
    expect(parts).toBe(4);
    expect(pixelsOf(kept)).toEqual(['0,0', '1,0', '1,1', '2,1', '0,2']);
    expect(pixelsOf(largestPart({ y: [0, 0], x: [0, 5], length: [2, 2] }).runs)).toEqual(['0,0', '1,0']);
  });

  it('groups as flood fill does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }),
        fc.boolean(),
        (bits, diagonal) => {
          const all: Runs = { y: [], x: [], length: [] };
          const runAt = new Int32Array(80).fill(-1);
          for (let i = 0; i < 80; i++) {
            if (!bits[i]) continue;
            if (i % 10 > 0 && bits[i - 1]) all.length[all.length.length - 1]++;
            else {
              all.y.push(Math.floor(i / 10));
              all.x.push(i % 10);
              all.length.push(1);
            }
            runAt[i] = all.y.length - 1;
          }
          const expected = new Int32Array(all.y.length).fill(-1);
          const flood = (i: number, root: number): void => {
            if (expected[runAt[i]] === root && seen[i]) return;
            seen[i] = true;
            expected[runAt[i]] = root;
            for (let dy = -1; dy <= 1; dy++) {
              for (let dx = -1; dx <= 1; dx++) {
                if (!diagonal && dx !== 0 && dy !== 0) continue;
                const [x, y] = [(i % 10) + dx, Math.floor(i / 10) + dy];
                const k = y * 10 + x;
                if (x >= 0 && x < 10 && y >= 0 && y < 8 && bits[k] && !seen[k]) flood(k, root);
              }
            }
          };
          const seen: boolean[] = [];
          for (let i = 0; i < 80; i++) if (bits[i] && !seen[i]) flood(i, runAt[i]);
          expect([...connectRuns(all, diagonal)]).toEqual([...expected]);
        },
      ),
    );
  });
});

describe('pixelHull', () => {
  it('holds its pixels, stays connected and is the pixel itself for one', () => {
    expect(pixelsOf(fillRings([pixelHull([4], [7])], 'test'))).toEqual(['4,7']);
    const pixel = fc.tuple(fc.integer({ min: -15, max: 15 }), fc.integer({ min: -15, max: 15 }));
    fc.assert(
      fc.property(fc.array(pixel, { minLength: 1, maxLength: 12 }), (pixels) => {
        const runs = fillRings(
          [
            pixelHull(
              pixels.map(([x]) => x),
              pixels.map(([, y]) => y),
            ),
          ],
          'test',
        );
        const filled = new Set(pixelsOf(runs));
        for (const [x, y] of pixels) expect(filled).toContain(`${x},${y}`);
        expect(largestPart(runs).parts).toBe(1);
      }),
    );
  });
});

describe('windowOf', () => {
  it('names pixels from the slide origin and covers the rectangle', () => {
    const window = windowOf({ x0: -1.1, y0: 0, x1: 2, y1: 0.6 }, [0.5, -1], 0.5, 'test');
    expect(window).toMatchObject({ column0: -4, row0: 2, width: 7, height: 2 });
  });

  it('refuses a raster no worker could hold before it allocates', () => {
    expect(() => windowOf({ x0: 0, y0: 0, x1: 1e6, y1: 1e6 }, [0, 0], 0.1, 'tile t')).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
    expect(() => windowOf({ x0: 0, y0: 0, x1: 10, y1: 10 }, [0, 0], 0, 'tile t')).toThrow(
      expect.objectContaining({ code: 'RUN_CORRUPT' }),
    );
  });
});

import { pointInRings, signedRingArea } from '@spatile/formats/geometry/ring';
import { appendPixels, clearLine, emptyLine } from '@spatile/formats/prior/mask/runs';
import { LabelSweep, type Piece } from '@spatile/formats/prior/mask/sweep';
import { traceRuns } from '@spatile/formats/prior/mask/trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

interface Image {
  width: number;
  height: number;
  pixels: number[];
}

const image: fc.Arbitrary<Image> = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    labels: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ width, height, labels }) =>
    fc
      .array(fc.integer({ min: 0, max: labels }), { minLength: width * height, maxLength: width * height })
      .map((pixels) => ({ width, height, pixels })),
  );

function piecesOf({ width, height, pixels }: Image, columns: boolean): Piece[] {
  const sweep = new LabelSweep(true, (line, at) => (columns ? at * width + line : line * width + at));
  const pieces: Piece[] = [];
  const line = emptyLine();
  for (let i = 0; i < (columns ? width : height); i++) {
    clearLine(line);
    const values = Array.from({ length: columns ? height : width }, (_, k) =>
      columns ? pixels[k * width + i] : pixels[i * width + k],
    );
    appendPixels(line, values, 0, values.length, 0, 'test');
    pieces.push(...sweep.next(line));
  }
  return [...pieces, ...sweep.finish()];
}

/** Fills rings pixel by pixel, testing centres. */
function fill(rings: Float64Array[], label: number, into: number[], width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pointInRings(rings, x + 0.5, y + 0.5)) {
        expect(into[y * width + x]).toBe(0);
        into[y * width + x] = label;
      }
    }
  }
}

/** Pieces by flooding over eight neighbours: the slow and obvious way. */
function countPiecesSlowly({ width, height, pixels }: Image): number {
  const seen = new Set<number>();
  let pieces = 0;
  for (let start = 0; start < pixels.length; start++) {
    if (pixels[start] === 0 || seen.has(start)) continue;
    pieces++;
    const stack = [start];
    seen.add(start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const x = (at % width) + dx;
          const y = Math.floor(at / width) + dy;
          if (x < 0 || y < 0 || x >= width || y >= height) continue;
          const next = y * width + x;
          if (pixels[next] === pixels[start] && !seen.has(next)) {
            seen.add(next);
            stack.push(next);
          }
        }
      }
    }
  }
  return pieces;
}

describe('outlines of label images', () => {
  it('fill back to the very same pixels', () => {
    fc.assert(
      fc.property(image, fc.boolean(), (given, columns) => {
        const filled = new Array<number>(given.pixels.length).fill(0);
        for (const piece of piecesOf(given, columns)) {
          fill(traceRuns(piece.runs!, columns), piece.label, filled, given.width, given.height);
        }
        expect(filled).toEqual(given.pixels);
      }),
      { numRuns: 400 },
    );
  });

  it('are the same from rows and from columns', () => {
    fc.assert(
      fc.property(image, (given) => {
        const sorted = (pieces: Piece[], columns: boolean) =>
          pieces
            .sort((a, b) => a.firstPixel - b.firstPixel)
            .map((piece) => ({ ...piece, runs: null, rings: traceRuns(piece.runs!, columns) }));
        expect(sorted(piecesOf(given, true), true)).toEqual(sorted(piecesOf(given, false), false));
      }),
      { numRuns: 300 },
    );
  });

  it('come in as many pieces as flooding finds, with the areas of their pixels', () => {
    fc.assert(
      fc.property(image, (given) => {
        const pieces = piecesOf(given, false);
        expect(pieces.length).toBe(countPiecesSlowly(given));
        for (const piece of pieces) {
          const area = traceRuns(piece.runs!).reduce((sum, ring) => sum + signedRingArea(ring), 0);
          expect(area).toBe(piece.areaPx);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('close every ring, turn at every corner and start at the top left', () => {
    fc.assert(
      fc.property(image, (given) => {
        for (const piece of piecesOf(given, false)) {
          for (const ring of traceRuns(piece.runs!)) {
            const n = ring.length;
            expect([ring[n - 2], ring[n - 1]]).toEqual([ring[0], ring[1]]);
            for (let i = 0; i + 3 < n; i += 2) {
              const alongX = ((i / 2) % 2 === 0) === signedRingArea(ring) > 0;
              expect(ring[i] === ring[i + 2]).toBe(!alongX);
              expect(ring[i + 1] === ring[i + 3]).toBe(alongX);
              expect(ring[i + 1] > ring[1] || (ring[i + 1] === ring[1] && ring[i] >= ring[0])).toBe(true);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('trace sets with empty lines between their parts', () => {
    expect(traceRuns([0, 0, 1, 5, 2, 3])).toEqual([
      Float64Array.of(0, 0, 1, 0, 1, 1, 0, 1, 0, 0),
      Float64Array.of(2, 5, 3, 5, 3, 6, 2, 6, 2, 5),
    ]);
  });

  it('keep a hole as a ring of its own', () => {
    const ring = [0, 0, 3, 1, 0, 1, 1, 2, 3, 2, 0, 3];
    expect(traceRuns(ring).map(signedRingArea)).toEqual([9, -1]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleWith, type TileClaims } from '../support/settle.ts';

/** Four 100 um tiles in a square; cell k is owned by tile (k - 1) % 4. */
const CORES = [
  { x0: 0, y0: 0, x1: 100, y1: 100 },
  { x0: 100, y0: 0, x1: 200, y1: 100 },
  { x0: 0, y0: 100, x1: 100, y1: 200 },
  { x0: 100, y0: 100, x1: 200, y1: 200 },
];
const CELLS = 12;
const OWNER = Uint32Array.from({ length: CELLS }, (_, k) => k % 4);

interface Claim {
  row: number;
  cell: number;
  probability: number;
}

function claims(tile: number, list: Claim[]): TileClaims {
  const sorted = [...list].sort((a, b) => a.row - b.row);
  return {
    tile,
    core: CORES[tile],
    claims: {
      row: Uint32Array.from(sorted, ({ row }) => row),
      cell: Uint32Array.from(sorted, ({ cell }) => cell),
      probability: Float32Array.from(sorted, ({ probability }) => probability),
      dx: new Int8Array(sorted.length),
      dy: new Int8Array(sorted.length),
      dl: new Int8Array(sorted.length),
    },
  };
}

/** Rows 0..n-1 lie in tile 0; the other tiles may claim any of them for their own cells. */
const scenes = fc.integer({ min: 1, max: 30 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    own: fc.array(
      fc.record({
        cell: fc.integer({ min: 0, max: CELLS }),
        probability: fc.constantFrom(0.25, 0.5, 0.75, 1),
      }),
      { minLength: n, maxLength: n },
    ),
    others: fc.array(
      fc.uniqueArray(
        fc.record({
          row: fc.integer({ min: 0, max: n + 3 }),
          cell: fc.integer({ min: 0, max: CELLS }),
          probability: fc.constantFrom(0.25, 0.5, 0.75, 1),
        }),
        { selector: ({ row }) => row, maxLength: n },
      ),
      { minLength: 3, maxLength: 3 },
    ),
    x: fc.array(fc.double({ min: 0, max: 99, noNaN: true }), { minLength: n, maxLength: n }),
  }),
);

describe('settling the transcripts of a core', () => {
  it('depends on the set of claims alone, not on the order of results', () => {
    fc.assert(
      fc.property(scenes, ({ n, own, others, x }) => {
        const row = Uint32Array.from({ length: n }, (_, i) => i);
        const xs = Float32Array.from(x);
        const ours = claims(
          0,
          own.map((claim, i) => ({ row: i, ...claim })),
        );
        const theirs = others.map((list, i) => claims(i + 1, list));
        const forward = settleWith(ours, theirs, { row, x: xs, y: xs }, OWNER);
        const backward = settleWith(ours, [...theirs].reverse(), { row, x: xs, y: xs }, OWNER);
        expect(backward).toEqual(forward);
      }),
    );
  });

  it('gives each transcript the best claim of a tile that owns the cell, else background', () => {
    fc.assert(
      fc.property(scenes, ({ n, own, others, x }) => {
        const row = Uint32Array.from({ length: n }, (_, i) => i);
        const xs = Float32Array.from(x);
        const verdicts = settleWith(
          claims(
            0,
            own.map((claim, i) => ({ row: i, ...claim })),
          ),
          others.map((list, i) => claims(i + 1, list)),
          { row, x: xs, y: xs },
          OWNER,
        );
        for (let i = 0; i < n; i++) {
          const valid = [
            { tile: 0, ...own[i] },
            ...others.flatMap((list, t) =>
              list.filter((claim) => claim.row === i).map((claim) => ({ tile: t + 1, ...claim })),
            ),
          ].filter(({ tile, cell }) => cell !== 0 && OWNER[cell - 1] === tile);
          if (valid.length === 0) {
            expect(verdicts.cell[i]).toBe(0);
            continue;
          }
          const best = Math.max(...valid.map(({ probability }) => probability));
          expect(verdicts.probability[i]).toBe(best);
          expect(valid.filter(({ probability }) => probability === best).map(({ cell }) => cell)).toContain(
            verdicts.cell[i],
          );
        }
      }),
    );
  });

  it('refuses a result that does not name every row of its core once', () => {
    const row = Uint32Array.from([0, 1, 2]);
    const at = new Float32Array(3);
    const lacking = claims(0, [
      { row: 0, cell: 0, probability: 1 },
      { row: 2, cell: 0, probability: 1 },
    ]);
    expect(() => settleWith(lacking, [], { row, x: at, y: at }, OWNER)).toThrow(/input row 1/);
  });
});

import type { RectUm } from '@spatile/formats/space';
import { type AssignResult, assignResultFrom, assignTileFrame } from '@spatile/formats/tile/assign';
import type { ExpandSettings, NucleusSettings } from '@spatile/formats/tile/geometric';
import { assignExpand, limitSquared } from '@spatile/worker/assign/expand/compute';
import { assignNucleus } from '@spatile/worker/assign/nucleus/compute';
import { describe, expect, it } from 'vitest';
import { context, everyPixel, type LittleSlide, square, tileOf } from './little-slide.ts';

const CORE: RectUm = { x0: 0, y0: 0, x1: 60, y1: 30 };

async function nucleus(slide: LittleSlide, settings: Partial<NucleusSettings> = {}, core = CORE, halo = 4) {
  const meta = { settings: { by: 'outline', pixelSizeUm: 1, ...settings } };
  return assignResultFrom(await assignNucleus(assignTileFrame(tileOf(slide, core, halo), { meta }), context));
}

async function expand(slide: LittleSlide, settings: Partial<ExpandSettings> = {}, core = CORE, halo = 20) {
  const meta = { settings: { distanceUm: 3, pixelSizeUm: 1, ...settings } };
  return assignResultFrom(await assignExpand(assignTileFrame(tileOf(slide, core, halo), { meta }), context));
}

const pixels = (result: AssignResult, cell: number): number =>
  result.runs.length.reduce((sum, length, i) => sum + (result.runs.cell[i] === cell ? length : 0), 0);

const twoSquares: LittleSlide = {
  cells: [
    { nuclei: [square(15, 10, 25, 20)], seed: [20, 15] },
    { nuclei: [square(33, 10, 43, 20)], seed: [38, 15] },
  ],
  transcripts: everyPixel(CORE, 1),
};

describe('assign.nucleus', () => {
  it('gives a transcript to the nucleus of its half-open pixel', async () => {
    const slide: LittleSlide = {
      cells: twoSquares.cells,
      transcripts: [
        { x: 15, y: 10 },
        { x: 24.99, y: 19.99 },
        { x: 25, y: 15 },
        { x: 20, y: 20 },
        { x: 14.99, y: 12 },
        { x: 33, y: 10 },
      ],
    };
    const { claims } = await nucleus(slide);
    expect([...claims.cell]).toEqual([1, 1, 0, 0, 0, 2]);
    expect([...claims.probability]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('reports owned cells as runs on the slide-wide lattice, in order', async () => {
    const { runs, cells, meta } = await nucleus(twoSquares);
    expect([...cells.cell]).toEqual([1, 2]);
    expect(runs.cell.length).toBe(20);
    expect([runs.cell[0], runs.y[0], runs.x[0], runs.length[0]]).toEqual([1, 10, 15, 10]);
    expect([runs.cell[19], runs.y[19], runs.x[19], runs.length[19]]).toEqual([2, 19, 33, 10]);
    expect(meta).toMatchObject({ method: 'nucleus', voxelUm: 1, layers: 1 });
  });

  it('claims core transcripts only, and reports cells seeded in the core only', async () => {
    const left = await nucleus(twoSquares, {}, { x0: 0, y0: 0, x1: 30, y1: 30 }, 10);
    expect(left.claims.row.length).toBe(30 * 30);
    expect([...left.cells.cell]).toEqual([1]);
  });

  it('uses the cell outline of a cell without nucleus, and lets nuclei come first', async () => {
    const slide: LittleSlide = {
      cells: [
        { outline: [square(10, 10, 30, 20)], seed: [12, 15] },
        { nuclei: [square(25, 10, 35, 20)], outline: [square(0, 0, 60, 30)], seed: [30, 15] },
      ],
      transcripts: [
        { x: 12, y: 15 },
        { x: 27, y: 15 },
        { x: 50, y: 5 },
      ],
    };
    const result = await nucleus(slide);
    expect([...result.claims.cell]).toEqual([1, 2, 0]);
    expect([pixels(result, 1), pixels(result, 2)]).toEqual([150, 100]);
  });

  it('keeps the largest part of a nucleus that falls apart and counts it, or all parts when told so', async () => {
    const slide: LittleSlide = {
      cells: [{ nuclei: [square(5, 5, 9, 9), square(20, 5, 30, 15)], seed: [25, 10] }],
      transcripts: [
        { x: 6, y: 6 },
        { x: 25, y: 10 },
      ],
    };
    const largest = await nucleus(slide);
    expect([...largest.claims.cell]).toEqual([0, 1]);
    expect(largest.meta.diagnostics).toMatchObject({ disconnectedNuclei: 1, droppedPixels: 16 });
    const all = await nucleus(slide, { parts: 'all' });
    expect([...all.claims.cell]).toEqual([1, 1]);
    expect(pixels(all, 1)).toBe(116);
  });

  it('keeps every part of a cell outline that stands in for a nucleus', async () => {
    const slide: LittleSlide = {
      cells: [{ outline: [square(5, 5, 9, 9), square(20, 5, 30, 15)], seed: [25, 10] }],
      transcripts: [{ x: 6, y: 6 }],
    };
    const { claims, meta } = await nucleus(slide);
    expect([...claims.cell]).toEqual([1]);
    expect(meta.diagnostics.disconnectedNuclei).toBe(0);
  });

  it('gives a nucleus too small for a pixel centre the pixel of its seed', async () => {
    const slide: LittleSlide = {
      cells: [{ nuclei: [square(7.6, 7.6, 7.9, 7.9)], seed: [7.75, 7.75] }],
      transcripts: [{ x: 7.1, y: 7.2 }],
    };
    const result = await nucleus(slide);
    expect([...result.claims.cell]).toEqual([1]);
    expect(pixels(result, 1)).toBe(1);
  });

  const flagged: LittleSlide = {
    cells: [{ nuclei: [square(15, 10, 25, 20)], seed: [20, 15] }, { seed: [40, 15] }],
    transcripts: [
      { x: 20, y: 15, prior: 1, nuclear: 1 },
      { x: 20, y: 15, prior: 1, nuclear: 0 },
      { x: 50, y: 5, prior: 1, nuclear: 1 },
      { x: 38, y: 12, prior: 2, nuclear: 1 },
      { x: 44, y: 18, prior: 2, nuclear: 1 },
      { x: 41, y: 15, prior: 2, nuclear: 0 },
      { x: 1, y: 1 },
    ],
  };

  it('by flag takes the prior id of nuclear transcripts, wherever they lie', async () => {
    const { claims, runs } = await nucleus(flagged, { by: 'flag' });
    expect([...claims.cell]).toEqual([1, 0, 1, 2, 2, 0, 0]);
    expect(runs.cell).toContain(2);
  });

  it('by flag takes every prior id when no transcript of the slide is nuclear', async () => {
    const { claims } = await nucleus(flagged, { by: 'flag', anyNuclear: false });
    expect([...claims.cell]).toEqual([1, 1, 1, 2, 2, 2, 0]);
  });

  it('by outline still uses the flag for a cell that has no ring', async () => {
    const { claims } = await nucleus(flagged);
    expect([...claims.cell]).toEqual([1, 1, 0, 2, 2, 0, 0]);
  });

  it('refuses a ring of a cell the tile does not list', async () => {
    const tile = tileOf(twoSquares, CORE, 4);
    tile.rings.cell[1] = 9;
    const meta = { settings: { by: 'outline', pixelSizeUm: 1 } };
    await expect(assignNucleus(assignTileFrame(tile, { meta }), context)).rejects.toMatchObject({
      code: 'RUN_CORRUPT',
    });
  });
});

describe('assign.expand', () => {
  const rowAt = (result: AssignResult, y: number): number[] => [
    ...result.claims.cell.subarray(y * 60, (y + 1) * 60),
  ];

  it('fills 3 + 3 of a gap of 8 and leaves 2; at 10 puts the border midway', async () => {
    expect(rowAt(await expand(twoSquares), 15).slice(25, 33)).toEqual([1, 1, 1, 0, 0, 2, 2, 2]);
    expect(rowAt(await expand(twoSquares, { distanceUm: 10 }), 15).slice(25, 33)).toEqual([
      1, 1, 1, 1, 2, 2, 2, 2,
    ]);
  });

  it('claims and runs say the same', async () => {
    const result = await expand(twoSquares, { distanceUm: 4.2 });
    for (const cell of [1, 2]) {
      expect(pixels(result, cell)).toBe(result.claims.cell.filter((c) => c === cell).length);
    }
    expect(pixels(result, 1)).toBeGreaterThan(100 + 4 * 40);
  });

  it('is nucleus-only at distance 0', async () => {
    expect((await expand(twoSquares, { distanceUm: 0 })).claims).toEqual((await nucleus(twoSquares)).claims);
  });

  it('leaves a cell without nucleus as it is, and grows nothing over it', async () => {
    const slide: LittleSlide = {
      cells: [
        { nuclei: [square(10, 10, 20, 20)], seed: [15, 15] },
        { outline: [square(22, 10, 24, 20)], seed: [23, 15] },
      ],
      transcripts: everyPixel(CORE, 1),
    };
    const row = rowAt(await expand(slide, { distanceUm: 6 }), 15);
    expect(row.slice(19, 28)).toEqual([1, 1, 1, 2, 2, 1, 1, 0, 0]);
  });

  it('grows cells without rings from the hull of their nuclear transcripts', async () => {
    const slide: LittleSlide = {
      cells: [{ seed: [30, 15] }],
      transcripts: [
        ...everyPixel(CORE, 1),
        { x: 28.5, y: 12.5, prior: 1, nuclear: 1 },
        { x: 32.5, y: 12.5, prior: 1, nuclear: 1 },
        { x: 32.5, y: 16.5, prior: 1, nuclear: 1 },
        { x: 50.5, y: 16.5, prior: 1, nuclear: 0 },
      ],
    };
    const row = rowAt(await expand(slide, { distanceUm: 2 }), 12);
    expect(row.slice(25, 36)).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it('counts pixels exactly for decimal lengths', () => {
    expect(limitSquared(5, 0.25)).toBe(400);
    expect(limitSquared(3 * 0.2125, 0.2125)).toBe(9);
    expect(limitSquared(0.3, 0.1)).toBe(9);
    expect(limitSquared(0.99 * 3, 1)).toBe(8);
    expect(limitSquared(0, 0.25)).toBe(0);
  });

  it('gives the same bytes again', async () => {
    expect(await expand(twoSquares)).toEqual(await expand(twoSquares));
  });
});

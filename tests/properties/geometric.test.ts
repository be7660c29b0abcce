import { type RectUm, rectContains } from '@spatile/formats/space';
import { type AssignResult, assignResultFrom, assignTileFrame } from '@spatile/formats/tile/assign';
import { assignExpand } from '@spatile/worker/assign/expand/compute';
import { growLabels } from '@spatile/worker/raster/distance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  context,
  everyPixel,
  type LittleCell,
  type LittleSlide,
  tileOf,
} from '../unit/worker/little-slide.ts';

const SIZE = 48;
const WHOLE: RectUm = { x0: 0, y0: 0, x1: SIZE, y1: SIZE };

/** Nuclei are irregular polygons about their seed, free to overlap; cells are numbered in seed order, as on a slide. */
const nucleus = fc
  .record({
    x: fc.double({ min: 1, max: SIZE - 1, noNaN: true }),
    y: fc.double({ min: 1, max: SIZE - 1, noNaN: true }),
    radii: fc.array(fc.double({ min: 0.2, max: 6, noNaN: true }), { minLength: 5, maxLength: 9 }),
    whole: fc.boolean(),
  })
  .map(({ x, y, radii, whole }): LittleCell => {
    const ring = radii.map((r, k): [number, number] => {
      const angle = (2 * Math.PI * k) / radii.length;
      return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
    });
    ring.push(ring[0]);
    return whole && radii.length === 5 ? { outline: [ring], seed: [x, y] } : { nuclei: [ring], seed: [x, y] };
  });

const slides = fc.array(nucleus, { minLength: 1, maxLength: 14 }).map(
  (cells): LittleSlide => ({
    cells: cells.sort((a, b) => a.seed[1] - b.seed[1] || a.seed[0] - b.seed[0]),
    transcripts: everyPixel(WHOLE, 1),
    originUm: [-0.25, 0.5],
  }),
);

const pixelSizes = fc.constantFrom(1, 0.75, 0.6);

async function expand(
  slide: LittleSlide,
  core: RectUm,
  haloUm: number,
  distanceUm: number,
  pixelSizeUm: number,
) {
  const tile = assignTileFrame(tileOf(slide, core, haloUm), {
    meta: { settings: { distanceUm, pixelSizeUm } },
  });
  return assignResultFrom(await assignExpand(tile, context));
}

/** Cores that cover the slide once: cuts at whole microns. */
const cuts = fc.uniqueArray(fc.integer({ min: 4, max: SIZE - 4 }), { maxLength: 3 });
const grids = fc.record({ xs: cuts, ys: cuts }).map(({ xs, ys }) => {
  const edges = (inner: number[]): number[] => [0, ...inner.sort((a, b) => a - b), SIZE];
  const [ex, ey] = [edges(xs), edges(ys)];
  return ey
    .slice(1)
    .flatMap((y1, j) => ex.slice(1).map((x1, i): RectUm => ({ x0: ex[i], y0: ey[j], x1, y1 })));
});

const verdicts = (results: AssignResult[]): Map<number, number> => {
  const out = new Map<number, number>();
  for (const { claims } of results) {
    claims.row.forEach((row, i) => {
      if (out.has(row)) throw new Error(`two tiles claim row ${row}`);
      out.set(row, claims.cell[i]);
    });
  }
  return out;
};

const runRows = (results: AssignResult[]): string[] =>
  results
    .flatMap(({ runs }) =>
      [...runs.cell].map((cell, i) => `${cell} ${runs.y[i]} ${runs.x[i]} ${runs.length[i]}`),
    )
    .sort();

describe('expand', () => {
  it('gives the verdicts of the untiled slide with a halo of its distance + 1 pixel', async () => {
    await fc.assert(
      fc.asyncProperty(
        slides,
        grids,
        pixelSizes,
        fc.double({ min: 0, max: 9, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        async (slide, cores, pixel, distance, spare) => {
          const whole = await expand(slide, WHOLE, 20, distance, pixel);
          const halo = distance + pixel + spare;
          const tiles = await Promise.all(cores.map((core) => expand(slide, core, halo, distance, pixel)));
          const merged = verdicts(tiles);
          expect(merged.size).toBe(SIZE * SIZE);
          expect(Uint32Array.from(whole.claims.row, (row) => merged.get(row)!)).toEqual(whole.claims.cell);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the voxels of the untiled slide with the longer halo of its docstring', async () => {
    await fc.assert(
      fc.asyncProperty(slides, grids, pixelSizes, async (slide, cores, pixel) => {
        const distance = 3;
        const halo = 6 + 2 * distance + 2 * pixel;
        const inside = { ...slide, cells: slide.cells.filter((c) => rectContains(WHOLE, ...c.seed)) };
        const whole = await expand(inside, WHOLE, 30, distance, pixel);
        const tiles = await Promise.all(cores.map((core) => expand(inside, core, halo, distance, pixel)));
        expect(runRows(tiles)).toEqual(runRows([whole]));
      }),
      { numRuns: 40 },
    );
  });

  it('differs from the untiled slide with a halo 2 pixels below its distance', async () => {
    const square = (x: number): LittleCell => ({
      nuclei: [
        [
          [x, 10],
          [x + 4, 10],
          [x + 4, 14],
          [x, 14],
          [x, 10],
        ],
      ],
      seed: [x + 2, 12],
    });
    // The nucleus begins one pixel within reach of the core's last column.
    const slide: LittleSlide = { cells: [square(28)], transcripts: everyPixel(WHOLE, 1) };
    const core: RectUm = { x0: 0, y0: 0, x1: 24, y1: SIZE };
    const verdict = async (halo: number): Promise<number[]> => [
      ...(await expand(slide, core, halo, 5, 1)).claims.cell,
    ];
    const exact = await verdict(6);
    expect(exact.filter((cell) => cell === 1).length).toBeGreaterThan(0);
    expect(await verdict(20)).toEqual(exact);
    expect(await verdict(3)).not.toEqual(exact);
  });

  it('only adds as the distance grows, and never changes the set of nuclei', async () => {
    await fc.assert(
      fc.asyncProperty(
        slides,
        fc.double({ min: 0, max: 6, noNaN: true }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        async (slide, a, b) => {
          const less = await expand(slide, WHOLE, 10, Math.min(a, b), 1);
          const more = await expand(slide, WHOLE, 10, Math.max(a, b), 1);
          less.claims.cell.forEach((cell, i) => {
            if (cell !== 0) expect(more.claims.cell[i]).toBe(cell);
          });
          expect(more.cells.cell).toEqual(less.cells.cell);
        },
      ),
      { numRuns: 40 },
    );
  });
});

const W = 23;
const rasters = fc.array(fc.tuple(fc.nat(W * W - 1), fc.integer({ min: 1, max: 6 })), {
  minLength: 1,
  maxLength: 12,
});

/** Quarter turn and mirror of a square raster. */
const turned = (labels: Int32Array): Int32Array =>
  labels.map((_, i) => labels[(i % W) * W + (W - 1 - Math.floor(i / W))]);
const mirrored = (labels: Int32Array): Int32Array =>
  labels.map((_, i) => labels[i - (i % W) + (W - 1 - (i % W))]);

describe('the distance transform', () => {
  it('turns and mirrors with its input, ties included since they are decided by label', () => {
    fc.assert(
      fc.property(rasters, fc.integer({ min: 0, max: 300 }), (pixels, limitSq) => {
        const labels = new Int32Array(W * W);
        for (const [i, label] of pixels) labels[i] = label;
        const grown = growLabels(labels, W, W, limitSq);
        expect(growLabels(turned(labels), W, W, limitSq)).toEqual(turned(grown));
        expect(growLabels(mirrored(labels), W, W, limitSq)).toEqual(mirrored(grown));
      }),
    );
  });
});

import { OwnerGrid } from '@spatile/coordinator/plan/owner';
import { quadtree } from '@spatile/coordinator/plan/quadtree';
import { borderUnits, sharedEdges } from '@spatile/coordinator/seams/border';
import type { RectUm } from '@spatile/formats/space';
import { rectContains, rectsIntersect } from '@spatile/formats/space';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const LATTICE = 16;

const slides = fc.record({
  x0: fc.integer({ min: -200, max: 200 }),
  y0: fc.integer({ min: -200, max: 200 }),
  columns: fc.integer({ min: 1, max: 120 }),
  rows: fc.integer({ min: 1, max: 120 }),
  maxEdge: fc.integer({ min: 4, max: 60 }),
  minEdge: fc.integer({ min: 2, max: 8 }),
  heavyX: fc.integer({ min: 0, max: 120 }),
  heavyY: fc.integer({ min: 0, max: 120 }),
});

function planOf(slide: {
  x0: number;
  y0: number;
  columns: number;
  rows: number;
  maxEdge: number;
  minEdge: number;
  heavyX: number;
  heavyY: number;
}) {
  const extent: RectUm = {
    x0: slide.x0 * LATTICE,
    y0: slide.y0 * LATTICE,
    x1: (slide.x0 + slide.columns) * LATTICE,
    y1: (slide.y0 + slide.rows) * LATTICE,
  };
  const heavy = { x: (slide.x0 + slide.heavyX) * LATTICE, y: (slide.y0 + slide.heavyY) * LATTICE };
  const cores = quadtree(extent, {
    latticeUm: LATTICE,
    maxEdgeUm: slide.maxEdge * LATTICE,
    minEdgeUm: slide.minEdge * LATTICE,
    tooHeavy: (core) => rectContains(core, heavy.x, heavy.y) && core.x1 - core.x0 > 4 * LATTICE,
  });
  return { extent, cores };
}

const tilesOf = (cores: RectUm[]) =>
  cores.map((core, i) => ({ id: `t${i}`, core, transcripts: 1, cells: 1, memoryBytes: 0 }));

describe('cores', () => {
  it('cover the slide once, on the lattice', () => {
    fc.assert(
      fc.property(slides, (slide) => {
        const { extent, cores } = planOf(slide);
        const area = (r: RectUm): number => (r.x1 - r.x0) * (r.y1 - r.y0);
        expect(cores.reduce((sum, core) => sum + area(core), 0)).toBe(area(extent));
        for (const core of cores) {
          for (const edge of [core.x0, core.y0, core.x1, core.y1])
            expect(edge % LATTICE).toBe(edge < 0 ? -0 : 0);
          expect(
            core.x0 >= extent.x0 && core.x1 <= extent.x1 && core.y0 >= extent.y0 && core.y1 <= extent.y1,
          ).toBe(true);
        }
        for (let i = 0; i < cores.length; i++)
          for (let j = i + 1; j < cores.length; j++) expect(rectsIntersect(cores[i], cores[j])).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('name exactly one owner for every point, edges and corners included', () => {
    fc.assert(
      fc.property(
        slides,
        fc.array(
          fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
          { maxLength: 30 },
        ),
        (slide, points) => {
          const { extent, cores } = planOf(slide);
          const owner = new OwnerGrid(extent, LATTICE, cores);
          const corners = cores.flatMap((core) => [
            [core.x0, core.y0],
            [core.x0, core.y1 - 0.001],
            [core.x1 - 0.001, core.y0],
          ]);
          const inside = points.map(([u, v]) => [
            extent.x0 + u * (extent.x1 - extent.x0 - 0.001),
            extent.y0 + v * (extent.y1 - extent.y0 - 0.001),
          ]);
          for (const [x, y] of [...corners, ...inside]) {
            const holding = cores.flatMap((core, i) => (rectContains(core, x, y) ? [i] : []));
            expect(holding).toEqual([owner.ownerOf(x, y)]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('border units', () => {
  it('cover every inner edge, and units of one phase never see one another', () => {
    fc.assert(
      fc.property(slides, (slide) => {
        const { extent, cores } = planOf(slide);
        const tiles = tilesOf(cores);
        const units = borderUnits(tiles, 48, 48, extent);
        for (const edge of sharedEdges(tiles)) {
          const x = (edge.x0 + edge.x1) / 2;
          const y = (edge.y0 + edge.y1) / 2;
          expect(
            units.some(({ strip }) => x >= strip.x0 && x <= strip.x1 && y >= strip.y0 && y <= strip.y1),
          ).toBe(true);
        }
        for (const a of units) {
          for (const b of units) {
            if (a === b || a.phase !== b.phase) continue;
            expect(rectsIntersect(a.region, b.region)).toBe(false);
          }
        }
        expect(new Set(units.map(({ phase, id }) => `${phase} ${id}`)).size).toBe(units.length);
      }),
      { numRuns: 40 },
    );
  });

  it('cover all that lies no farther from an inner edge than half a strip, whether edges are short or long', () => {
    const place = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(
        slides,
        fc.constantFrom([48, 32] as const, [20, 12] as const),
        fc.array(place, { minLength: 2, maxLength: 6 }),
        (slide, [halfWidthUm, contextUm], places) => {
          const { extent, cores } = planOf(slide);
          const tiles = tilesOf(cores);
          const units = borderUnits(tiles, halfWidthUm, contextUm, extent);
          const missed = sharedEdges(tiles).flatMap(({ x0, y0, x1, y1 }) =>
            places
              .map(([along, off]) => ({
                x: x0 + along * (x1 - x0) + (x0 === x1 ? off * halfWidthUm : 0),
                y: y0 + along * (y1 - y0) + (y0 === y1 ? off * halfWidthUm : 0),
              }))
              .filter(({ x, y }) => x >= extent.x0 && x <= extent.x1 && y >= extent.y0 && y <= extent.y1)
              .filter(
                ({ x, y }) =>
                  !units.some(
                    ({ strip }) => x >= strip.x0 && x <= strip.x1 && y >= strip.y0 && y <= strip.y1,
                  ),
              ),
          );
          expect(missed).toEqual([]);
          const bound = units.filter((a, i) =>
            units.slice(0, i).some((b) => a.phase === b.phase && rectsIntersect(a.region, b.region)),
          );
          expect(bound).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('leave little for the last where four large tiles meet', () => {
    const extent = { x0: 0, y0: 0, x1: 960, y1: 960 };
    const cores = quadtree(extent, {
      latticeUm: LATTICE,
      maxEdgeUm: 480,
      minEdgeUm: 120,
      tooHeavy: () => false,
    });
    expect(
      borderUnits(tilesOf(cores), 50, 32, extent).map(({ strip: { x0, y0, x1, y1 }, phase }) => [
        phase,
        [x0, y0, x1, y1],
      ]),
    ).toEqual([
      [1, [430, 0, 530, 448]],
      [1, [430, 512, 530, 960]],
      [2, [0, 430, 430, 530]],
      [2, [530, 430, 960, 530]],
      [3, [430, 448, 530, 512]],
    ]);
  });

  it('are those strips on which two tiles that hold something meet, in the order and with the freedom of all', () => {
    fc.assert(
      fc.property(slides, fc.infiniteStream(fc.boolean()), (slide, stream) => {
        const { extent, cores } = planOf(slide);
        const tiles = tilesOf(cores);
        const holds = tiles.map(() => stream.next().value as boolean);
        const units = borderUnits(tiles, 48, 48, extent, (tile) => holds[tile]);
        const met = (strip: RectUm): number =>
          cores.filter((core, i) => holds[i] && rectsIntersect(core, strip)).length;
        const wanted = borderUnits(tiles, 48, 48, extent).filter(({ strip }) => met(strip) > 1);
        expect(units.map(({ strip }) => strip)).toEqual(wanted.map(({ strip }) => strip));
        for (const a of units)
          for (const b of units)
            if (a !== b && a.phase === b.phase) expect(rectsIntersect(a.region, b.region)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});

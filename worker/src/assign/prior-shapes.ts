import { SpatileError } from '@spatile/formats/errors';
import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import { indexOfCell } from '../index-of-cell.ts';
import { pixelHull } from '../raster/hull.ts';
import { columnOf, type PixelWindow, rowOf } from '../raster/lattice.ts';

/** Kinds of rings. */
export type RingKind = 'nucleus' | 'cell';
/** Where the shape of a cell comes from. */
export type ShapeSource = RingKind | 'transcripts' | 'none';

const CODE: Record<RingKind, number> = { nucleus: OUTLINE_NUCLEUS, cell: OUTLINE_CELL };

/** The prior outline of one cell in pixels of the lattice (interleaved x, y, closed, even-odd). */
export interface PriorShape {
  source: ShapeSource;
  rings: Float64Array[];
}

/**
 * The outline each cell of a tile starts from, in the order of `tile.cells`: its rings of the first of `kinds` it has; without
 * any the convex hull of the pixels that hold its nuclear transcripts (`anyNuclear` false: all its prior ones).
 *
 * Errors: `RUN_CORRUPT` for rings that point outside the vertices or to a cell the tile does not list.
 */
export function priorShapes(
  tile: AssignTile,
  window: PixelWindow,
  anyNuclear: boolean,
  kinds: readonly RingKind[] = ['nucleus', 'cell'],
): PriorShape[] {
  const shapes: PriorShape[] = Array.from(tile.cells.cell, () => ({ source: 'none', rings: [] }));
  for (const kind of kinds) takeRings(tile, window, shapes, kind);
  if (shapes.some((shape) => shape.source === 'none')) takeHulls(tile, window, shapes, anyNuclear);
  return shapes;
}

function takeRings(tile: AssignTile, window: PixelWindow, shapes: PriorShape[], source: RingKind): void {
  const { rings, vertices, cells, meta } = tile;
  for (let r = 0; r < rings.cell.length; r++) {
    if (rings.kind[r] !== CODE[source]) continue;
    const index = indexOfCell(cells.cell, rings.cell[r]);
    const end = rings.start[r] + rings.count[r];
    if (index < 0 || end > vertices.x.length) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `tile ${meta.tile}: ring ${r} does not fit its tables (cell ${rings.cell[r]}, vertices to ${end} of ${vertices.x.length}); delete the run directory and start again`,
      );
    }
    const shape = shapes[index];
    if (shape.source !== 'none' && shape.source !== source) continue;
    shape.source = source;
    shape.rings.push(pixelRing(tile, window, rings.start[r], end));
  }
}

function pixelRing({ vertices }: AssignTile, window: PixelWindow, start: number, end: number): Float64Array {
  const ring = new Float64Array(2 * (end - start));
  for (let v = start, k = 0; v < end; v++) {
    ring[k++] = (vertices.x[v] - window.originX) / window.sizeUm;
    ring[k++] = (vertices.y[v] - window.originY) / window.sizeUm;
  }
  return ring;
}

function takeHulls(tile: AssignTile, window: PixelWindow, shapes: PriorShape[], anyNuclear: boolean): void {
  const { prior, nuclear, x, y } = tile.transcripts;
  const pixels = new Map<number, { columns: number[]; rows: number[] }>();
  for (let i = 0; i < prior.length; i++) {
    if (prior[i] === 0 || (anyNuclear && nuclear[i] !== 1)) continue;
    const index = indexOfCell(tile.cells.cell, prior[i]);
    if (index < 0 || shapes[index].source !== 'none') continue;
    const found = pixels.get(index) ?? { columns: [], rows: [] };
    pixels.set(index, found);
    found.columns.push(columnOf(window, x[i]));
    found.rows.push(rowOf(window, y[i]));
  }
  for (const [index, { columns, rows }] of pixels) {
    shapes[index] = { source: 'transcripts', rings: [pixelHull(columns, rows)] };
  }
}

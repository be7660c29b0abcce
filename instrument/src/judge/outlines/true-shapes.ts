import type { CellOutline } from '../read/result.ts';
import { ShapeIndex } from './shape-index.ts';
import { intersectSpans, measureSpans, type Spans, spansOf, unionOfSpans } from './spans.ts';

/** The outlines of the true cells. Memory: about 1 kB per cell. */
export interface TrueShapes {
  shapes: Spans[];
  /** Of each shape: its cell, its area in um2 and its centre of gravity. */
  cell: number[];
  area: number[];
  centre: { x: number; y: number }[];
  index: ShapeIndex;
}

/** Reads the outlines of true cells 1..`cells`; of a cell that comes twice the first counts. Errors: those of the reader, `GEOMETRY_INVALID`. */
export async function readTrueShapes(
  outlines: AsyncIterable<CellOutline>,
  cells: number,
): Promise<TrueShapes> {
  const shapes: Spans[] = [];
  const [cellOf, areas]: [number[], number[]] = [[], []];
  const centre: { x: number; y: number }[] = [];
  const isRead = new Uint8Array(cells + 1);
  for await (const { cell, polygons } of outlines) {
    if (!(cell >= 1 && cell <= cells) || isRead[cell] === 1) continue;
    isRead[cell] = 1;
    const spans = spansOf(polygons, 'the truth');
    const { area, x, y } = measureSpans(spans);
    shapes.push(spans);
    cellOf.push(cell);
    areas.push(area);
    centre.push({ x, y });
  }
  return { shapes, cell: cellOf, area: areas, centre, index: new ShapeIndex(shapes) };
}

/** The ground that two or more cells share: they lie over each other in z. */
export function sharedGround({ shapes, index }: TrueShapes): Spans {
  const parts: Spans[] = [];
  shapes.forEach((spans, i) => {
    index.overlaps(spans, (j) => {
      if (j > i) parts.push(intersectSpans(spans, shapes[j]));
    });
  });
  return unionOfSpans(parts, 'the truth');
}

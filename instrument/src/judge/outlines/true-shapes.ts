import type { CellOutline } from '../read/result.ts';
import type { Truth } from '../truth.ts';
import { ShapeIndex } from './shape-index.ts';
import { intersectSpans, measureSpans, type Spans, spansContain, spansOf, unionOfSpans } from './spans.ts';

/** The outlines of the true cells. Memory: about 1 kB per cell. */
export interface TrueShapes {
  shapes: Spans[];
  /** Of each shape: its cell, its area in um2 and its centre of gravity. */
  cell: number[];
  area: number[];
  centre: { x: number; y: number }[];
  index: ShapeIndex;
  /** The ground that two or more cells share: they lie over each other in z. */
  sharedGround: Spans;
}

/** What the outlines of a truth say, the same for all results. */
export interface TrueGround extends TrueShapes {
  /** 1 by row of the truth: born on shared ground. */
  isShared: Uint8Array;
}

const READ = new WeakMap<Truth, Promise<TrueGround>>();

/**
 * The shapes of a truth's cells, made once for all results judged against it; null when it has none. Memory beside the
 * shapes: 1 byte per transcript. Errors: see `readTrueShapes`.
 */
export async function trueGroundOf(truth: Truth): Promise<TrueGround | null> {
  if (truth.outlines === null) return null;
  const read = READ.get(truth) ?? readGround(truth, truth.outlines());
  READ.set(truth, read);
  return read;
}

async function readGround(truth: Truth, outlines: AsyncIterable<CellOutline>): Promise<TrueGround> {
  const shapes = await readTrueShapes(outlines, truth.cells);
  const { x, y } = truth;
  const isShared = new Uint8Array(x.length);
  for (let row = 0; row < isShared.length; row++)
    isShared[row] = spansContain(shapes.sharedGround, x[row], y[row]) ? 1 : 0;
  return { ...shapes, isShared };
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
  const index = new ShapeIndex(shapes);
  return { shapes, cell: cellOf, area: areas, centre, index, sharedGround: sharedGround(shapes, index) };
}

function sharedGround(shapes: readonly Spans[], index: ShapeIndex): Spans {
  const parts: Spans[] = [];
  shapes.forEach((spans, i) => {
    index.overlaps(spans, (j) => {
      if (j > i) parts.push(intersectSpans(spans, shapes[j]));
    });
  });
  return unionOfSpans(parts, 'the truth');
}

import { join } from 'node:path';
import { ringBounds } from '@spatile/formats/geometry/ring';
import { decodeWkb, type Polygon } from '@spatile/formats/geometry/wkb';
import { checkGeometryColumns, geometryRows, openGeometryTable } from '@spatile/formats/prior/geometry-table';
import { type RectUm, rectsIntersect } from '@spatile/formats/space';
import type { CellOutline } from '@spatile/instrument/judge/read/result';

/** An outline of a cell; `cell` is its number in the truth, or in the result. */
export interface DrawnOutline {
  cell: number;
  polygons: readonly Polygon[];
}

/** The outlines that reach into each of the frames. Memory grows with the frames. */
export async function outlinesIn(
  frames: readonly RectUm[],
  outlines: AsyncIterable<DrawnOutline | CellOutline>,
): Promise<DrawnOutline[][]> {
  const found: DrawnOutline[][] = frames.map(() => []);
  for await (const outline of outlines) {
    const boxes = outline.polygons.flatMap(([ring]) => ringBounds([ring]) ?? []);
    frames.forEach((frame, k) => {
      if (boxes.some((box) => rectsIntersect(box, frame))) found[k].push(outline);
    });
  }
  return found;
}

/** The true outlines of a simulated slide. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `COLUMN_MISSING`, `GEOMETRY_INVALID`. */
export async function* trueOutlines(truth: string): AsyncGenerator<DrawnOutline> {
  const table = await openGeometryTable(join(truth, 'cell_polygons.parquet'));
  const columns = { geometry: 'geometry', id: 'cell', plane: null };
  checkGeometryColumns(
    table,
    columns,
    'expected the truth that spatile simulate wrote; simulate the slide again',
  );
  for await (const { id, wkb } of geometryRows(table, columns))
    if (wkb !== null) yield { cell: Number(id), polygons: decodeWkb(wkb) };
}

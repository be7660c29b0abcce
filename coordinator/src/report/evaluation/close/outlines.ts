import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ringBounds } from '@spatile/formats/geometry/ring';
import { type RectUm, rectsIntersect } from '@spatile/formats/space';
import { fileOutlines } from '@spatile/instrument/judge/read/outlines';
import type { CellOutline } from '@spatile/instrument/judge/read/result';

/** The outlines that reach into each of the frames. Memory grows with the frames. */
export async function outlinesIn(
  frames: readonly RectUm[],
  outlines: AsyncIterable<CellOutline>,
): Promise<CellOutline[][]> {
  const found: CellOutline[][] = frames.map(() => []);
  for await (const outline of outlines) {
    const boxes = outline.polygons.flatMap(([ring]) => ringBounds([ring]) ?? []);
    frames.forEach((frame, k) => {
      if (boxes.some((box) => rectsIntersect(box, frame))) found[k].push(outline);
    });
  }
  return found;
}

/** The true outlines of a simulated slide; none where the truth has no such file. Errors: those of `fileOutlines`. */
export async function* trueOutlines(truth: string): AsyncGenerator<CellOutline> {
  const file = join(truth, 'cell_polygons.parquet');
  if (existsSync(file)) yield* fileOutlines(file, Number);
}

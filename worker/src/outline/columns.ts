import { boxOf } from '@spatile/formats/tile/runs';
import type { TileState } from '@spatile/formats/tile/state';

/** Columns in which a span of runs has a voxel in any layer. Memory: a byte for each column of their bounding box. */
export function columnsOf(runs: TileState['runs'], span: [number, number]): number {
  const [x0, y0, x1, y1] = boxOf(runs, span);
  const width = x1 - x0;
  const occupied = new Uint8Array(width * (y1 - y0));
  let columns = 0;
  for (let i = span[0]; i < span[1]; i++) {
    const first = (runs.y[i] - y0) * width + runs.x[i] - x0;
    for (let at = first; at < first + runs.length[i]; at++) {
      columns += 1 - occupied[at];
      occupied[at] = 1;
    }
  }
  return columns;
}

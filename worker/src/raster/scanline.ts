import { SpatileError } from '@spatile/formats/errors';
import { noRuns, type Runs } from './runs.ts';

/** Tallest shape in pixels; a cell is hundreds of pixels, a prior in the wrong unit is millions. */
const MAX_ROWS = 1 << 20;

/**
 * Pixels whose centre lies inside the even-odd union of closed rings. An edge is computed from its lower to its upper end
 * whichever way it runs, and centres on an edge belong to the right (below): shapes that share an edge share no pixel
 * and leave none out.
 *
 * `rings`: interleaved x, y per ring in pixels of the lattice (pixel i covers [i, i+1)), first point = last.
 * Errors: `COORDINATES_INVALID` for coordinates that are no numbers, `MEMORY_LIMIT` for a shape taller than 2^20 pixels.
 */
export function fillRings(rings: readonly Float64Array[], where: string): Runs {
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let finite = true;
  for (const ring of rings) {
    for (let k = 0; k < ring.length; k += 2) {
      if (!Number.isFinite(ring[k]) || !Number.isFinite(ring[k + 1])) finite = false;
      if (ring[k + 1] < top) top = ring[k + 1];
      if (ring[k + 1] > bottom) bottom = ring[k + 1];
    }
  }
  if (!finite || bottom - top > MAX_ROWS) {
    throw new SpatileError(
      finite ? 'MEMORY_LIMIT' : 'COORDINATES_INVALID',
      `${where}: the outline makes no raster (${finite ? `${bottom - top} pixels high` : 'coordinates are not finite'}); expected a cell-sized polygon in microns; check the unit of the prior segmentation`,
    );
  }
  const first = Math.ceil(top - 0.5);
  const rows = Math.max(0, Math.ceil(bottom - 0.5) - first);
  return rows > 0 ? pairCrossings(crossings(rings, first, rows), first) : noRuns();
}

interface Crossings {
  /** Crossings of row r (counted from the first) are `x[start[r]]` to `x[start[r+1] - 1]`. */
  start: Int32Array;
  x: Float64Array;
}

function crossings(rings: readonly Float64Array[], first: number, rows: number): Crossings {
  const start = new Int32Array(rows + 1);
  eachEdge(rings, (_x0, y0, _x1, y1) => {
    const end = Math.ceil(y1 - 0.5) - first;
    for (let r = Math.ceil(y0 - 0.5) - first; r < end; r++) start[r + 1]++;
  });
  for (let r = 0; r < rows; r++) start[r + 1] += start[r];
  const x = new Float64Array(start[rows]);
  const at = start.slice(0, rows);
  eachEdge(rings, (x0, y0, x1, y1) => {
    const slope = (x1 - x0) / (y1 - y0);
    const end = Math.ceil(y1 - 0.5) - first;
    for (let r = Math.ceil(y0 - 0.5) - first; r < end; r++) x[at[r]++] = x0 + (first + r + 0.5 - y0) * slope;
  });
  return { start, x };
}

function eachEdge(
  rings: readonly Float64Array[],
  visit: (x0: number, y0: number, x1: number, y1: number) => void,
): void {
  for (const ring of rings) {
    for (let k = 0; k + 3 < ring.length; k += 2) {
      if (ring[k + 1] < ring[k + 3]) visit(ring[k], ring[k + 1], ring[k + 2], ring[k + 3]);
      else if (ring[k + 1] > ring[k + 3]) visit(ring[k + 2], ring[k + 3], ring[k], ring[k + 1]);
    }
  }
}

function pairCrossings({ start, x }: Crossings, first: number): Runs {
  const runs = noRuns();
  for (let r = 0; r + 1 < start.length; r++) {
    const row = x.subarray(start[r], start[r + 1]).sort();
    let previousEnd = Number.NEGATIVE_INFINITY;
    for (let k = 0; k + 1 < row.length; k += 2) {
      const from = Math.ceil(row[k] - 0.5);
      const to = Math.ceil(row[k + 1] - 0.5);
      if (to <= from) continue;
      if (from === previousEnd) {
        runs.length[runs.length.length - 1] += to - from;
      } else {
        runs.y.push(first + r);
        runs.x.push(from);
        runs.length.push(to - from);
      }
      previousEnd = to;
    }
  }
  return runs;
}

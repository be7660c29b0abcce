/**
 * Area in pixels of the convex hull of whole pixels (Andrew, Inf Process Lett 9:216, 1979), from the first and last column
 * of each row: `extents` interleaved, one pair per row; a row without pixels has first > last. 0 without rows.
 */
export function hullArea(extents: Int32Array): number {
  const rows = extents.length / 2;
  const left = boundary(extents, rows, 0);
  const right = boundary(extents, rows, 1);
  // Both chains go down from the first to the last row; the hull lies between them.
  return areaUnder(right) - areaUnder(left);
}

/** Outermost corners of one side from top to bottom, as (x, y); the hull's left chain for `side` 0, the right one for 1. */
function boundary(extents: Int32Array, rows: number, side: number): number[] {
  const chain: number[] = [];
  const outwards = side === 0 ? 1 : -1;
  for (let y = 0; y <= rows; y++) {
    // A corner lies between two rows and belongs to the one that reaches farther.
    let x = Number.NaN;
    for (const row of [y - 1, y]) {
      if (row < 0 || row >= rows || extents[2 * row] > extents[2 * row + 1]) continue;
      const here = extents[2 * row + side] + side;
      if (!((here - x) * outwards >= 0)) x = here;
    }
    if (Number.isNaN(x)) continue;
    while (chain.length >= 4) {
      const at = chain.length;
      const [ax, ay, bx, by] = [chain[at - 4], chain[at - 3], chain[at - 2], chain[at - 1]];
      if (((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * outwards < 0) break;
      chain.length = at - 2;
    }
    chain.push(x, y);
  }
  return chain;
}

/** Integral of x over y along a chain. */
function areaUnder(chain: readonly number[]): number {
  let twice = 0;
  for (let k = 0; k + 3 < chain.length; k += 2)
    twice += (chain[k] + chain[k + 2]) * (chain[k + 3] - chain[k + 1]);
  return twice / 2;
}

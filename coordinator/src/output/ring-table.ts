import type { OutlineResult } from '@spatile/formats/tile/outline';

/** Per cell its polygons, each an exterior ring followed by its holes, of the rings from..to of a table. */
export function ringsByCell(
  rings: OutlineResult['rings'],
  vertices: OutlineResult['vertices'],
  from = 0,
  to = rings.cell.length,
): Map<number, Float64Array[][]> {
  const out = new Map<number, Float64Array[][]>();
  for (let r = from; r < to; r++) {
    const ring = new Float64Array(rings.count[r] * 2);
    for (let v = 0; v < rings.count[r]; v++) {
      ring[2 * v] = vertices.x[rings.start[r] + v];
      ring[2 * v + 1] = vertices.y[rings.start[r] + v];
    }
    const polygons = out.get(rings.cell[r]) ?? [];
    if (rings.hole[r] === 0) polygons.push([ring]);
    else polygons[polygons.length - 1].push(ring);
    out.set(rings.cell[r], polygons);
  }
  return out;
}

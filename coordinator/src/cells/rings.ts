/**
 * Area-weighted centroid of closed rings (each ring weighs by its absolute area); the mean of the vertices when all areas
 * vanish. Coordinates are taken relative to the first vertex, so that far-off slides lose no digits.
 */
export function ringsCentroid(rings: Float64Array[]): { x: number; y: number } {
  const originX = rings[0][0];
  const originY = rings[0][1];
  let weight = 0;
  let momentX = 0;
  let momentY = 0;
  let vertices = 0;
  let sumX = 0;
  let sumY = 0;
  for (const ring of rings) {
    let twiceArea = 0;
    let mx = 0;
    let my = 0;
    for (let v = 0; v + 3 < ring.length; v += 2) {
      const ax = ring[v] - originX;
      const ay = ring[v + 1] - originY;
      const bx = ring[v + 2] - originX;
      const by = ring[v + 3] - originY;
      const cross = ax * by - bx * ay;
      twiceArea += cross;
      mx += (ax + bx) * cross;
      my += (ay + by) * cross;
      sumX += ax;
      sumY += ay;
      vertices++;
    }
    const sign = twiceArea < 0 ? -1 : 1;
    weight += (sign * twiceArea) / 2;
    momentX += (sign * mx) / 6;
    momentY += (sign * my) / 6;
  }
  if (weight > 1e-9) return { x: originX + momentX / weight, y: originY + momentY / weight };
  return { x: originX + sumX / vertices, y: originY + sumY / vertices };
}

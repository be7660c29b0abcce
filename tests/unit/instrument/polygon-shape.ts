import { convexHull } from '@spatile/instrument/simulate/hull';
import { polygonArea } from '@spatile/instrument/simulate/star-ring';

/** Length over width of a polygon of x, y pairs by its second moments, and the direction of its length in radians. */
export function elongationOf(ring: Float64Array): { aspect: number; angle: number } {
  const n = ring.length;
  let [area, cx, cy] = [0, 0, 0];
  const edges = Array.from({ length: n / 2 }, (_, k) => {
    const next = (2 * k + 2) % n;
    return [ring[2 * k], ring[2 * k + 1], ring[next], ring[next + 1]];
  });
  for (const [ax, ay, bx, by] of edges) {
    const cross = ax * by - bx * ay;
    area += cross / 2;
    cx += ((ax + bx) * cross) / 6;
    cy += ((ay + by) * cross) / 6;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (const edge of edges) {
    const [ax, ay, bx, by] = edge.map((v, i) => v - (i % 2 === 0 ? cx : cy) / area);
    const cross = ax * by - bx * ay;
    xx += (cross * (ax * ax + ax * bx + bx * bx)) / 12;
    yy += (cross * (ay * ay + ay * by + by * by)) / 12;
    xy += (cross * (ax * by + 2 * ax * ay + 2 * bx * by + bx * ay)) / 24;
  }
  const mean = (xx + yy) / 2;
  const spread = Math.hypot((xx - yy) / 2, xy);
  return { aspect: Math.sqrt((mean + spread) / (mean - spread)), angle: Math.atan2(2 * xy, xx - yy) / 2 };
}

/** Area of a polygon over that of its convex hull: 1 = convex. */
export function solidityOf(ring: Float64Array): number {
  return polygonArea(ring) / polygonArea(convexHull([ring]));
}

/** Whether no two edges of a polygon cross. */
export function isSimple(ring: Float64Array): boolean {
  const n = ring.length / 2;
  const side = (a: number, b: number, c: number): boolean =>
    (ring[2 * b] - ring[2 * a]) * (ring[2 * c + 1] - ring[2 * a + 1]) >
    (ring[2 * b + 1] - ring[2 * a + 1]) * (ring[2 * c] - ring[2 * a]);
  for (let i = 0; i < n; i++) {
    const i1 = (i + 1) % n;
    for (let j = i + 2; j < n; j++) {
      const j1 = (j + 1) % n;
      if (j1 === i) continue;
      if (side(i, i1, j) !== side(i, i1, j1) && side(j, j1, i) !== side(j, j1, i1)) return false;
    }
  }
  return true;
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];
}

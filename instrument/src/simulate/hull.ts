/** Convex hull of all vertices of some rings of x, y pairs, counter-clockwise in a frame with y up (Andrew's monotone chain, 1979). */
export function convexHull(rings: readonly Float64Array[]): Float64Array {
  const points: [number, number][] = [];
  for (const ring of rings) for (let k = 0; k < ring.length; k += 2) points.push([ring[k], ring[k + 1]]);
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const lower = chain(points);
  const upper = chain(points.reverse());
  return Float64Array.from([...lower, ...upper].flat());
}

/** One half of the hull, without its last point. */
function chain(points: readonly [number, number][]): [number, number][] {
  const hull: [number, number][] = [];
  for (const p of points) {
    while (hull.length > 1 && turn(hull[hull.length - 2], hull[hull.length - 1], p) <= 0) hull.pop();
    hull.push(p);
  }
  return hull.slice(0, -1);
}

function turn(a: [number, number], b: [number, number], c: [number, number]): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/**
 * The slow, obvious twin of `stardist.kernel.ts`: star polygons as fans of triangles, intersected pair by pair, and
 * suppression of everything against everything.
 */

export interface Stars {
  rays: number;
  /** Row and column per star, in pixels. */
  place: ArrayLike<number>;
  /** Stars x rays. */
  dist: ArrayLike<number>;
}

type Point = readonly [x: number, y: number];

/** Area of the intersection of stars `a` and `b` in px^2. */
export function starOverlap(stars: Stars, a: number, b: number): number {
  let sum = 0;
  const others = fan(stars, b);
  for (const triangle of fan(stars, a)) for (const other of others) sum += area(clip(triangle, other));
  return sum;
}

/** 1 for each star that stays when stars come in rank order and one suppresses those it shares too much with. */
export function suppressStars(stars: Stars, threshold: number): Uint8Array {
  const count = stars.place.length / 2;
  const state = new Uint8Array(count).fill(1);
  const areas = Array.from({ length: count }, (_, i) => fan(stars, i).reduce((sum, t) => sum + area(t), 0));
  for (let i = 0; i < count; i++) {
    if (state[i] === 0) continue;
    for (let j = i + 1; j < count; j++) {
      if (state[j] === 1 && starOverlap(stars, i, j) > threshold * Math.min(areas[i], areas[j])) state[j] = 0;
    }
  }
  return state;
}

function fan({ rays, place, dist }: Stars, i: number): Point[][] {
  const corner = (k: number): Point => {
    const phi = (2 * Math.PI * (k % rays)) / rays;
    const d = dist[i * rays + (k % rays)];
    return [place[2 * i + 1] + d * Math.cos(phi), place[2 * i] + d * Math.sin(phi)];
  };
  const centre: Point = [place[2 * i + 1], place[2 * i]];
  return Array.from({ length: rays }, (_, k) => [centre, corner(k), corner(k + 1)]);
}

/** Sutherland and Hodgman: what of a convex ring lies inside another, both counter-clockwise. */
function clip(ring: readonly Point[], window: readonly Point[]): Point[] {
  let left = [...ring];
  for (const [k, from] of window.entries()) {
    const to = window[(k + 1) % window.length];
    const side = (p: Point) => (to[0] - from[0]) * (p[1] - from[1]) - (to[1] - from[1]) * (p[0] - from[0]);
    const kept: Point[] = [];
    for (const [n, p] of left.entries()) {
      const q = left[(n + 1) % left.length];
      const [sp, sq] = [side(p), side(q)];
      if (sp >= 0) kept.push(p);
      if (sp >= 0 !== sq >= 0) {
        const t = sp / (sp - sq);
        kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      }
    }
    left = kept;
  }
  return left;
}

function area(ring: readonly Point[]): number {
  return (
    ring.reduce((sum, [x, y], k) => {
      const [nextX, nextY] = ring[(k + 1) % ring.length];
      return sum + x * nextY - nextX * y;
    }, 0) / 2
  );
}

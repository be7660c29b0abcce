import { exp } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';
import type { CellType } from './cell-types.ts';
import type { Settings } from './options.ts';
import { directions, rayToRing, type StarRing, starRing } from './star-ring.ts';

/** Vertices of a cell and of a nucleus. */
export const CELL_RAYS = 48;
export const NUCLEUS_RAYS = 24;
const MAX_RADIUS_UM = 20;

/**
 * What a cell would look like alone: `radius * (1 + sum over k = 2..4 of a_k cos k t + b_k sin k t)` at angle t, with the
 * second harmonic for elongation and the others for irregularity; not convex when they are strong.
 */
export interface Outline {
  x: number;
  y: number;
  radiusUm: number;
  /** a2, b2, a3, b3, a4, b4. */
  harmonics: Float64Array;
  reachUm: number;
}

export function drawOutline(
  stream: RandomStream,
  x: number,
  y: number,
  type: CellType,
  settings: Settings,
): Outline {
  const radiusUm = Math.min(
    MAX_RADIUS_UM / 1.6,
    settings.radiusUm * type.size * exp(settings.radiusSd * stream.normal()),
  );
  const elongation = Math.min(0.5, Math.abs(type.elongation + 0.05 * stream.normal()));
  const angle = 2 * Math.PI * stream.uniform();
  const harmonics = new Float64Array(6);
  harmonics[0] = elongation * Math.cos(angle);
  harmonics[1] = elongation * Math.sin(angle);
  for (let k = 2; k < 6; k++) harmonics[k] = 0.07 * stream.normal();
  let sum = 0;
  for (const h of harmonics) sum += Math.abs(h);
  return { x, y, radiusUm, harmonics, reachUm: Math.min(MAX_RADIUS_UM, radiusUm * (1 + sum)) };
}

/** Radius of an outline in the direction (c, s), a unit vector. */
function radiusAt(outline: Outline, c: number, s: number): number {
  const h = outline.harmonics;
  const c2 = c * c - s * s;
  const s2 = 2 * s * c;
  const c3 = c2 * c - s2 * s;
  const s3 = s2 * c + c2 * s;
  const c4 = c2 * c2 - s2 * s2;
  const s4 = 2 * s2 * c2;
  const shape = 1 + h[0] * c2 + h[1] * s2 + h[2] * c3 + h[3] * s3 + h[4] * c4 + h[5] * s4;
  return Math.min(outline.reachUm, outline.radiusUm * Math.max(0.35, shape));
}

/** How far a point is from a cell's seed in units of the cell's own radius in that direction. */
function relativeDistance(outline: Outline, x: number, y: number): number {
  const dx = x - outline.x;
  const dy = y - outline.y;
  const d = Math.sqrt(dx * dx + dy * dy);
  return d === 0 ? 0 : d / radiusAt(outline, dx / d, dy / d);
}

/**
 * The cell among its neighbours: the outline cut where a neighbour is relatively nearer (a Voronoi region whose metric is
 * each cell's own shape, so borders are curved and the weaker cell is indented).
 */
export function cellRing(outline: Outline, neighbours: readonly Outline[]): StarRing {
  const { cos, sin } = directions(CELL_RAYS);
  const radii = new Float64Array(CELL_RAYS);
  for (let k = 0; k < CELL_RAYS; k++) {
    const full = radiusAt(outline, cos[k], sin[k]);
    let radius = full;
    for (const neighbour of neighbours) radius = cutRay(outline, cos[k], sin[k], full, radius, neighbour);
    radii[k] = radius;
  }
  return starRing(outline.x, outline.y, radii);
}

/** Shortens a ray from the seed in direction (c, s) to where the neighbour takes over. */
function cutRay(
  outline: Outline,
  c: number,
  s: number,
  full: number,
  radius: number,
  other: Outline,
): number {
  const dx = other.x - outline.x;
  const dy = other.y - outline.y;
  // Where the ray passes nearest to the neighbour's seed, the neighbour is strongest.
  const closest = Math.min(radius, Math.max(0, dx * c + dy * s));
  const missX = dx - closest * c;
  const missY = dy - closest * s;
  if (missX * missX + missY * missY > other.reachUm * other.reachUm) return radius;
  const isMine = (r: number): boolean =>
    r / full <= relativeDistance(other, outline.x + r * c, outline.y + r * s);
  let low = 0;
  let high = closest;
  if (isMine(closest)) {
    if (isMine(radius)) return radius;
    low = closest;
    high = radius;
  }
  for (let step = 0; step < 8; step++) {
    const middle = (low + high) / 2;
    if (isMine(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Nucleus inside a cell: off-centre, its own shape, and never beyond nine tenths of the way to the cell's border. */
export function nucleusRing(stream: RandomStream, cell: StarRing, type: CellType): StarRing {
  const k = stream.integer(CELL_RAYS);
  const pull = 0.3 * stream.uniform();
  const x = cell.centreX + pull * (cell.vertices[2 * k] - cell.centreX);
  const y = cell.centreY + pull * (cell.vertices[2 * k + 1] - cell.centreY);
  const mean = type.nucleus * Math.sqrt(cell.area / Math.PI) * exp(0.1 * stream.normal());
  const stretch = Math.min(0.35, Math.abs(0.5 * type.elongation + 0.08 * stream.normal()));
  const angle = 2 * Math.PI * stream.uniform();
  const dent = 0.04 * stream.normal();
  const { cos, sin } = directions(NUCLEUS_RAYS);
  const radii = new Float64Array(NUCLEUS_RAYS);
  const limits = new Float64Array(NUCLEUS_RAYS);
  let scale = 1;
  for (let i = 0; i < NUCLEUS_RAYS; i++) {
    const t = (2 * Math.PI * i) / NUCLEUS_RAYS;
    radii[i] = mean * (1 + stretch * Math.cos(2 * t - angle) + dent * Math.cos(3 * t + angle));
    limits[i] = 0.9 * rayToRing(cell.vertices, x, y, cos[i], sin[i]);
    scale = Math.min(scale, limits[i] / radii[i]);
  }
  // A nucleus that does not fit is smaller first and dented only then.
  const shrunk = Math.max(0.7, scale);
  return starRing(
    x,
    y,
    radii.map((radius, i) => Math.min(shrunk * radius, limits[i])),
  );
}

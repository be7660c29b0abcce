import { cos, exp, sin } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';
import type { CellType } from './cell-types.ts';
import type { FibreField } from './fibres.ts';
import type { Settings } from './options.ts';
import { directions, type Frame, type StarRing, starRing } from './star-ring.ts';

/** Vertices of a cell. */
export const CELL_RAYS = 32;
/** No part of a cell is farther from its seed. */
export const MAX_REACH_UM = 25;
/** Length over width of the slimmest cell. */
const MAX_ASPECT = 5;
/** Sd of the angle between a cell and the fibres around it, radians. */
const ASTRAY = 0.25;
/** Half the distance over which a cell sees the fibres turn. */
const LOOK_UM = 5;
/** No outline is dented deeper than to this share of its radius. */
const DEEPEST = 0.35;
/** Borders between cells are looked for at this step, and then halved this often. */
const STEP_UM = 1.5;
const HALVINGS = 4;

/**
 * What a cell would look like alone: a bent ellipse of irregular outline. In the frame's coordinates the border lies at
 * (length * r cos t, width * r sin t) with `r = 1 + sum over k = 2..4 of a_k cos k t + b_k sin k t`.
 */
export interface Outline {
  frame: Frame;
  /** Half-axes in microns. */
  length: number;
  width: number;
  /** a2, b2, a3, b3, a4, b4, and the largest r they allow. */
  harmonics: Float64Array;
  largest: number;
  reachUm: number;
}

/** Outline of a cell seeded at (x, y), `size` times as large as usual, which runs along the fibres there and bends with them. */
export function drawOutline(
  stream: RandomStream,
  x: number,
  y: number,
  size: number,
  type: CellType,
  settings: Settings,
  fibres: FibreField,
): Outline {
  const radiusUm = settings.radiusUm * size * type.size * exp(settings.radiusSd * stream.normal());
  const slimness = settings.aspect * type.aspect * exp(0.12 * stream.normal());
  const aspect = Math.sqrt(Math.min(MAX_ASPECT, Math.max(1, slimness)));
  const angle = fibres.angleAt(x, y) + ASTRAY * stream.normal();
  const axis = { cos: cos(angle), sin: sin(angle) };
  const ahead = fibres.angleAt(x + LOOK_UM * axis.cos, y + LOOK_UM * axis.sin);
  const behind = fibres.angleAt(x - LOOK_UM * axis.cos, y - LOOK_UM * axis.sin);
  const own = settings.bend * Math.min(2, Math.max(-2, stream.normal()));
  const harmonics = new Float64Array(6);
  let largest = 1;
  for (let k = 0; k < 6; k += 2) {
    harmonics[k] = settings.irregularity * stream.normal();
    harmonics[k + 1] = settings.irregularity * stream.normal();
    largest += Math.sqrt(harmonics[k] * harmonics[k] + harmonics[k + 1] * harmonics[k + 1]);
  }
  const length = radiusUm * aspect;
  const width = radiusUm / aspect;
  // The axis turns by 2 bend per micron.
  const bend = (ahead - behind) / (4 * LOOK_UM) + (own * width) / (length * length);
  const halfLength = length * largest;
  const halfWidth = width * largest + Math.abs(bend) * halfLength * halfLength;
  const reachUm = Math.sqrt(halfLength * halfLength + halfWidth * halfWidth);
  const fit = Math.min(1, MAX_REACH_UM / reachUm);
  return {
    frame: { x, y, ...axis, bend: bend / fit },
    length: fit * length,
    width: fit * width,
    harmonics,
    largest,
    reachUm: fit * reachUm,
  };
}

/** Border of an outline in the direction (c, s), a unit vector, as a share of the half-axes. */
function shareAt(harmonics: Float64Array, c: number, s: number): number {
  const h = harmonics;
  const c2 = c * c - s * s;
  const s2 = 2 * s * c;
  const c3 = c2 * c - s2 * s;
  const s3 = s2 * c + c2 * s;
  const c4 = c2 * c2 - s2 * s2;
  const s4 = 2 * s2 * c2;
  const share = 1 + h[0] * c2 + h[1] * s2 + h[2] * c3 + h[3] * s3 + h[4] * c4 + h[5] * s4;
  return Math.max(DEEPEST, share);
}

/**
 * The cell among its neighbours: the outline cut where a neighbour is relatively nearer (a Voronoi region whose metric is
 * each cell's own shape, so borders are curved and the weaker cell is indented). Neighbours come nearest first.
 */
export function cellRing(outline: Outline, neighbours: readonly Outline[]): StarRing {
  const { frame, length, width, harmonics } = outline;
  const steps = directions(CELL_RAYS);
  const radii = new Float64Array(CELL_RAYS);
  for (let k = 0; k < CELL_RAYS; k++) {
    const full = shareAt(harmonics, steps.cos[k], steps.sin[k]);
    const ray = { frame, u: length * steps.cos[k], w: width * steps.sin[k], full };
    let radius = full;
    for (const neighbour of neighbours) {
      if (comesNear(ray, radius, neighbour)) radius = cutRay(ray, radius, neighbour);
    }
    radii[k] = radius;
  }
  return starRing(frame, 0, 0, length, width, radii);
}

/** Places r * (u, w) of a frame, of which those up to `full` are the cell's own when it is alone. */
interface Ray {
  frame: Frame;
  u: number;
  w: number;
  full: number;
}

/** Whether a ray up to `radius` may enter a neighbour's outline. */
function comesNear({ frame, u, w }: Ray, radius: number, other: Outline): boolean {
  const along = radius * u;
  const sag = frame.bend * along * along;
  const endX = frame.cos * along - frame.sin * (radius * w + sag);
  const endY = frame.sin * along + frame.cos * (radius * w + sag);
  const dx = other.frame.x - frame.x;
  const dy = other.frame.y - frame.y;
  // A bent ray leaves its chord by a quarter of the sag.
  const reach = other.reachUm + Math.abs(sag) / 4;
  const spare = dx * dx + dy * dy - reach * reach;
  const ahead = dx * endX + dy * endY;
  if (ahead <= 0) return spare < 0;
  const squared = endX * endX + endY * endY;
  if (ahead >= squared) return spare < 2 * ahead - squared;
  return spare * squared < ahead * ahead;
}

/** The first place along a ray, up to `radius`, where the neighbour takes over. */
function cutRay(ray: Ray, radius: number, other: Outline): number {
  const { frame, u, w, full } = ray;
  const perShare = Math.sqrt(u * u + w * w) + Math.abs(frame.bend) * u * u * radius;
  const dx = other.frame.x - frame.x;
  const dy = other.frame.y - frame.y;
  // No place is relatively nearer to a seed than its distance over the outline's reach.
  let low = Math.sqrt(dx * dx + dy * dy) / (perShare + other.reachUm / full);
  if (low >= radius) return radius;
  const count = Math.ceil(((radius - low) * perShare) / STEP_UM);
  const step = (radius - low) / count;
  const start = low;
  for (let i = 1; i <= count; i++) {
    let high = i === count ? radius : start + i * step;
    if (isOwn(ray, high, other)) {
      low = high;
      continue;
    }
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (isOwn(ray, middle, other)) low = middle;
      else high = middle;
    }
    return low;
  }
  return radius;
}

/** Whether the place at share r of a ray is relatively nearer to the ray's seed than to another, each in units of its own border. */
function isOwn({ frame, u, w, full }: Ray, r: number, other: Outline): boolean {
  const along = r * u;
  const across = r * w + frame.bend * along * along;
  const { frame: its, length, width, harmonics, largest } = other;
  const dx = frame.x + frame.cos * along - frame.sin * across - its.x;
  const dy = frame.y + frame.sin * along + frame.cos * across - its.y;
  const itsU = its.cos * dx + its.sin * dy;
  const p = itsU / length;
  const q = (its.cos * dy - its.sin * dx - its.bend * itsU * itsU) / width;
  const squared = p * p + q * q;
  const mine = r / full;
  if (squared >= mine * mine * largest * largest) return true;
  if (squared === 0) return false;
  const d = Math.sqrt(squared);
  return mine * shareAt(harmonics, p / d, q / d) <= d;
}

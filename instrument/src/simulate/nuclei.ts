import { exp } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';
import type { CellType } from './cell-types.ts';
import type { Settings } from './options.ts';
import { directions, distanceToRim, isInRing, rayToRing, type StarRing, starRing } from './star-ring.ts';

/** Vertices of a nucleus. */
export const NUCLEUS_RAYS = 24;
/** A nucleus ends at this share of the way to the cell's border, or to the middle between two nuclei. */
const ROOM = 0.9;
/** Farthest centre of a nucleus, as a share of the way from the cell's seed to its border. */
const FARTHEST = 0.5;
/** Radius of each of two nuclei in one cell, as a share of a single one's. */
const TWIN_SIZE = 0.8;
/** What is left of a nucleus below this is not in the section. */
const LEAST_AREA_UM2 = 4;

/**
 * The nuclei of a cell: none, one or two by the settings' shares; off-centre, rounder than the cell, bent with it, inside
 * it and apart from each other.
 */
export function drawNuclei(
  stream: RandomStream,
  cell: StarRing,
  type: CellType,
  settings: Settings,
): StarRing[] {
  const luck = stream.uniform();
  if (luck < settings.anucleateShare) return [];
  const { cos, sin } = directions(NUCLEUS_RAYS);
  const { radii, steps } = cell.fan;
  // In units of the cell's half-axes, in which the cell is a star around 0.
  const border = new Float64Array(2 * radii.length);
  for (let k = 0; k < radii.length; k++) {
    border[2 * k] = radii[k] * steps.cos[k];
    border[2 * k + 1] = radii[k] * steps.sin[k];
  }
  const isDouble = luck < settings.anucleateShare + settings.binucleateShare;
  const centres = isDouble ? twinCentres(stream, border) : [centreOf(stream, border)];
  return centres
    .map(([x, y], i) => {
      const rays = nucleusShape(stream, cell, type, isDouble ? TWIN_SIZE : 1);
      const other = isDouble ? centres[1 - i] : null;
      const limits = new Float64Array(NUCLEUS_RAYS).fill(Number.POSITIVE_INFINITY);
      const free = other ? 0 : ROOM * distanceToRim(border, x, y);
      let fit = 1;
      for (let k = 0; k < NUCLEUS_RAYS; k++) {
        if (rays[k] < free) continue;
        const toBorder = rayToRing(border, x, y, cos[k], sin[k]);
        const toOther = other ? toMiddle(x, y, other, cos[k], sin[k]) : toBorder;
        limits[k] = ROOM * Math.min(toBorder, toOther);
        fit = Math.min(fit, limits[k] / rays[k]);
      }
      // A nucleus that does not fit is smaller first and dented only then.
      const shrunk = Math.max(0.8, fit);
      for (let k = 0; k < NUCLEUS_RAYS; k++) rays[k] = Math.min(shrunk * rays[k], limits[k]);
      return inside(cell, x, y, rays);
    })
    .filter(({ area }) => area >= LEAST_AREA_UM2);
}

/**
 * The ring of some rays around a place, all in units of the cell's half-axes. Bent borders are drawn with straight edges,
 * so that a nucleus close to one may stick out by some hundredths of a micron: then it is smaller.
 */
function inside(cell: StarRing, x: number, y: number, rays: Float64Array): StarRing {
  const { frame, length, width } = cell.fan;
  for (;;) {
    const ring = starRing(frame, length * x, width * y, length, width, rays);
    let isInside = true;
    for (let k = 0; k < 2 * NUCLEUS_RAYS && isInside; k += 2) {
      isInside = isInRing(cell, ring.vertices[k], ring.vertices[k + 1]);
    }
    if (isInside || ring.area < LEAST_AREA_UM2) return ring;
    for (let k = 0; k < NUCLEUS_RAYS; k++) rays[k] *= 0.9;
  }
}

/** Rays of a nucleus in units of the cell's half-axes. */
function nucleusShape(stream: RandomStream, cell: StarRing, type: CellType, size: number): Float64Array {
  const { length, width } = cell.fan;
  const { cos, sin } = directions(NUCLEUS_RAYS);
  const radiusUm = size * type.nucleus * Math.sqrt(cell.area / Math.PI) * exp(0.12 * stream.normal());
  const aspect = Math.max(0.8, Math.sqrt(length / width) * (1 + 0.08 * stream.normal()));
  const a = (radiusUm * Math.sqrt(aspect)) / length;
  const b = radiusUm / Math.sqrt(aspect) / width;
  const [dent3, turn3] = [0.04 * stream.normal(), 0.04 * stream.normal()];
  const rays = new Float64Array(NUCLEUS_RAYS);
  for (let k = 0; k < NUCLEUS_RAYS; k++) {
    const [c, s] = [cos[k], sin[k]];
    const dents = dent3 * c * (4 * c * c - 3) + turn3 * s * (3 - 4 * s * s);
    rays[k] = (1 + dents) / Math.sqrt((c / a) * (c / a) + (s / b) * (s / b));
  }
  return rays;
}

function centreOf(stream: RandomStream, border: Float64Array): [number, number] {
  const k = stream.integer(border.length / 2);
  const pull = FARTHEST * stream.uniform();
  return [pull * border[2 * k], pull * border[2 * k + 1]];
}

/** Two places on opposite sides of the seed, along the cell's axis. */
function twinCentres(stream: RandomStream, border: Float64Array): [number, number][] {
  const n = border.length / 2;
  const k = (n + stream.integer(7) - 3) % n;
  const opposite = (k + n / 2) % n;
  const pull = 0.4 + 0.15 * stream.uniform();
  return [k, opposite].map((at) => [pull * border[2 * at], pull * border[2 * at + 1]]);
}

/** Distance along the direction (c, s) from (x, y) to the line that is as far from it as from another place. */
function toMiddle(x: number, y: number, other: readonly [number, number], c: number, s: number): number {
  const dx = other[0] - x;
  const dy = other[1] - y;
  const towards = dx * c + dy * s;
  return towards > 0 ? (dx * dx + dy * dy) / (2 * towards) : Number.POSITIVE_INFINITY;
}

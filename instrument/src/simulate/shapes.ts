import { cos, exp, sin } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';
import { SimulateKernel } from '../../kernels/bind.ts';
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

/** An outline as the kernel reads it: frame, half-axes, harmonics, the largest r they allow, reach. */
const OUTLINE_NUMBERS = 15;
const RADII_BYTES = 8 * CELL_RAYS;
/** The kernel that cuts, its addresses and its views, with room for so many outlines. */
interface Cutter {
  kernel: SimulateKernel;
  stepsAt: number;
  radiiAt: number;
  outlinesAt: number;
  radii: Float64Array<ArrayBuffer>;
  outlines: Float64Array<ArrayBuffer>;
  room: number;
}
let cutter: Cutter | undefined;

function cutterFor(outlines: number): Cutter {
  if (cutter && cutter.room >= outlines) return cutter;
  const kernel = new SimulateKernel();
  const stepsAt = kernel.lay(2 * RADII_BYTES);
  const radiiAt = kernel.lay(RADII_BYTES);
  const room = Math.max(256, 2 * outlines);
  const outlinesAt = kernel.lay(8 * OUTLINE_NUMBERS * room);
  const { cos, sin } = directions(CELL_RAYS);
  kernel.f64(stepsAt, CELL_RAYS).set(cos);
  kernel.f64(stepsAt + RADII_BYTES, CELL_RAYS).set(sin);
  const [radii, numbers] = [kernel.f64(radiiAt, CELL_RAYS), kernel.f64(outlinesAt, OUTLINE_NUMBERS * room)];
  cutter = { kernel, stepsAt, radiiAt, outlinesAt, radii, outlines: numbers, room };
  return cutter;
}

/**
 * The cell among its neighbours: the outline cut where a neighbour is relatively nearer (a Voronoi region whose metric is
 * each cell's own shape, so borders are curved and the weaker cell is indented). Neighbours come nearest first.
 */
export function cellRing(outline: Outline, neighbours: readonly Outline[]): StarRing {
  const { kernel, stepsAt, radiiAt, outlinesAt, radii, outlines } = cutterFor(neighbours.length + 1);
  writeOutline(outlines, 0, outline);
  for (let k = 0; k < neighbours.length; k++)
    writeOutline(outlines, OUTLINE_NUMBERS * (k + 1), neighbours[k]);
  kernel.calls.cutRadii(outlinesAt, neighbours.length, stepsAt, CELL_RAYS, radiiAt);
  const { frame, length, width } = outline;
  return starRing(frame, 0, 0, length, width, radii.slice());
}

function writeOutline(to: Float64Array, at: number, outline: Outline): void {
  const { frame, harmonics } = outline;
  to[at] = frame.x;
  to[at + 1] = frame.y;
  to[at + 2] = frame.cos;
  to[at + 3] = frame.sin;
  to[at + 4] = frame.bend;
  to[at + 5] = outline.length;
  to[at + 6] = outline.width;
  for (let k = 0; k < 6; k++) to[at + 7 + k] = harmonics[k];
  to[at + 13] = outline.largest;
  to[at + 14] = outline.reachUm;
}

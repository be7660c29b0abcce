import type { RandomStream } from '@spatile/random/stream';
import type { StarRing } from './star-ring.ts';

/** Height of the section in microns. */
export const SECTION_UM = 10;

/** The plane under a cell of the upper layer: where another cell lies below it, the ground above belongs to it. */
export interface Floor {
  x: number;
  y: number;
  /** Microns above the section's bottom at (x, y), and rise per micron along x and y. */
  height: number;
  slopeX: number;
  slopeY: number;
}

/** A cell of the other layer that may share ground with a cell, and the plane between the two. */
export interface Cover {
  body: StarRing;
  floor: Floor;
  /** Whether the other one lies above. */
  isAbove: boolean;
}

/** The floor never comes nearer to the top or the bottom of the section. */
const LEAST_UM = 1.5;

export function drawFloor(stream: RandomStream, x: number, y: number): Floor {
  const height = SECTION_UM * (0.25 + 0.5 * stream.uniform());
  return { x, y, height, slopeX: 0.2 * stream.normal(), slopeY: 0.2 * stream.normal() };
}

/** Height of a floor at a place, in [1.5, 8.5] microns. */
export function floorAt(floor: Floor, x: number, y: number): number {
  const height = floor.height + floor.slopeX * (x - floor.x) + floor.slopeY * (y - floor.y);
  return Math.min(SECTION_UM - LEAST_UM, Math.max(LEAST_UM, height));
}

interface Layered {
  layer: 0 | 1;
  body: StarRing;
  floor: Floor | null;
}

/** What another cell is to a cell: a cover when it is of the other layer and their ground may meet; else null. */
export function coverOf(cell: Layered, other: Layered): Cover | null {
  const floor = cell.floor ?? other.floor;
  if (cell.layer === other.layer || !floor) return null;
  const dx = other.body.centreX - cell.body.centreX;
  const dy = other.body.centreY - cell.body.centreY;
  const reach = cell.body.reachUm + other.body.reachUm;
  return dx * dx + dy * dy < reach * reach ? { body: other.body, floor, isAbove: other.layer === 1 } : null;
}

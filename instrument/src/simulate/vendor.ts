import { cos, sin } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { type BlockGrid, BlockMemo, blockIndex, MAX_CELLS_PER_BLOCK } from './blocks.ts';
import { convexHull } from './hull.ts';
import { SmoothField } from './smooth-field.ts';
import { distanceToRim, isInside, polygonArea } from './star-ring.ts';
import type { Tissue } from './tissue.ts';
import { type Blob, fatesOf } from './vendor-fates.ts';

/** Relative sd of the size of the vendor's outlines. */
const SCALE_SD = 0.06;
/** Share of the variance of the outlines' shift that neighbours have in common, and over what distance it changes. */
const COMMON_SHIFT = 0.4;
const SHIFT_SCALE_UM = 300;
/** Sd of a smooth field's value at a random place. */
const FIELD_SD = 0.215;
/** Ids per block: two nuclei in a cell, each split, give four. */
const MAX_PER_BLOCK = 4 * MAX_CELLS_PER_BLOCK;

/** One nucleus as the vendor sees it, which makes one vendor cell. */
export interface VendorNucleus {
  /** Unique over the slide, in Xenium's text form. */
  id: string;
  block: number;
  /** Place in its block's list. */
  place: number;
  /** x, y pairs in microns, float32 values, not closed. */
  ring: Float64Array;
  centreX: number;
  centreY: number;
  /** Farthest vertex from the centre, and radius of a disc around the centre that lies inside; microns. */
  reachUm: number;
  innerUm: number;
  area: number;
  /** Of each edge: its start, its vector and one over its squared length. */
  edges: Float64Array;
  /** 1 or -1 for a convex ring that turns left or right (y up) at every vertex, else 0. */
  turn: number;
}

/** Xenium's text form of a cell id: 32 bits as eight letters a to p, then a suffix. */
export function vendorCellId(prefix: number): string {
  let letters = '';
  for (let shift = 28; shift >= 0; shift -= 4) letters += String.fromCharCode(97 + ((prefix >>> shift) & 15));
  return `${letters}-1`;
}

/**
 * The vendor's nuclei, block by block: the true ones shifted and rescaled, as far as a segmentation of a flat image tells
 * them apart (`fatesOf`). What becomes of a cell depends on its neighbours only, so blocks stay independent.
 */
export class Vendor {
  readonly #tissue: Tissue;
  readonly #grid: BlockGrid;
  readonly #memo: BlockMemo<VendorNucleus[]>;
  readonly #shiftX: SmoothField;
  readonly #shiftY: SmoothField;

  constructor(tissue: Tissue) {
    this.#tissue = tissue;
    this.#grid = tissue.grid;
    const { seed } = tissue.settings;
    this.#shiftX = new SmoothField(seed, 'vendor-shift-x', SHIFT_SCALE_UM);
    this.#shiftY = new SmoothField(seed, 'vendor-shift-y', SHIFT_SCALE_UM);
    this.#memo = new BlockMemo(4 * (tissue.grid.columns + 4), (column, row) => this.#segment(column, row));
  }

  block(column: number, row: number): VendorNucleus[] {
    return this.#memo.get(column, row);
  }

  /** The nuclei of a block and its eight neighbours, row by row. */
  around(column: number, row: number): VendorNucleus[] {
    return this.#memo.around(column, row).flat();
  }

  #segment(column: number, row: number): VendorNucleus[] {
    const block = blockIndex(this.#grid, column, row);
    if (block < 0) return [];
    const stream = new RandomStream(this.#tissue.settings.seed, 'vendor', column, row);
    const found: VendorNucleus[] = [];
    const add = (ring: Float64Array): void => {
      const id = vendorCellId(block * MAX_PER_BLOCK + found.length + 1);
      const nucleus = describe(ring, id, block, found.length);
      if (nucleus.area > 0) found.push(nucleus);
    };
    for (const { blob, fate, partners } of fatesOf(this.#tissue, column, row)) {
      const ring = this.#distort(stream, blob, partners);
      const angle = Math.PI * stream.uniform();
      if (fate === 'split') for (const side of [1, -1]) add(halfOf(ring, angle, side));
      else if (fate === 'seen') add(ring);
    }
    return found;
  }

  /** Outline of a nucleus and those taken for one with it, moved and rescaled. */
  #distort(stream: RandomStream, { x, y, ring }: Blob, partners: readonly Blob[]): Float64Array {
    const sd = this.#tissue.settings.vendorShiftUm;
    const own = sd * Math.sqrt(1 - COMMON_SHIFT);
    const common = (sd * Math.sqrt(COMMON_SHIFT)) / FIELD_SD;
    const dx = own * stream.normal() + common * (this.#shiftX.at(x, y) - 0.5);
    const dy = own * stream.normal() + common * (this.#shiftY.at(x, y) - 0.5);
    const scale = Math.max(0.7, 1 + SCALE_SD * stream.normal());
    const outline = coarse(ring);
    const whole =
      partners.length === 0 ? outline : convexHull([outline, ...partners.map((other) => coarse(other.ring))]);
    return whole.map((v, i) => (i % 2 === 0 ? x + dx + scale * (v - x) : y + dy + scale * (v - y)));
  }
}

/** Every second vertex: the instrument's outlines have twelve. */
function coarse(ring: Float64Array): Float64Array {
  const kept = new Float64Array(ring.length / 2);
  for (let k = 0; k < kept.length; k += 2) {
    kept[k] = ring[2 * k];
    kept[k + 1] = ring[2 * k + 1];
  }
  return kept;
}

/** The part of a ring on one side of a line through its centre, leaving a gap of 0.3 microns between the halves. */
function halfOf(ring: Float64Array, angle: number, side: number): Float64Array {
  const points: [number, number][] = [];
  for (let k = 0; k < ring.length; k += 2) points.push([ring[k], ring[k + 1]]);
  const cx = points.reduce((sum, p) => sum + p[0], 0) / points.length;
  const cy = points.reduce((sum, p) => sum + p[1], 0) / points.length;
  const nx = side * cos(angle);
  const ny = side * sin(angle);
  const height = (p: [number, number]): number => nx * (p[0] - cx) + ny * (p[1] - cy) - 0.15;
  const kept: number[] = [];
  points.forEach((p, k) => {
    const q = points[(k + 1) % points.length];
    const a = height(p);
    const b = height(q);
    if (a > 0) kept.push(p[0], p[1]);
    if (a > 0 !== b > 0)
      kept.push(p[0] + (a / (a - b)) * (q[0] - p[0]), p[1] + (a / (a - b)) * (q[1] - p[1]));
  });
  return Float64Array.from(kept);
}

function describe(ring: Float64Array, id: string, block: number, place: number): VendorNucleus {
  const rounded = ring.map(Math.fround);
  const n = rounded.length / 2;
  const edges = new Float64Array(5 * n);
  let centreX = 0;
  let centreY = 0;
  for (let k = 0; k < n; k++) {
    const next = k + 1 === n ? 0 : k + 1;
    const ex = rounded[2 * next] - rounded[2 * k];
    const ey = rounded[2 * next + 1] - rounded[2 * k + 1];
    const squared = ex * ex + ey * ey;
    edges.set([rounded[2 * k], rounded[2 * k + 1], ex, ey, squared === 0 ? 0 : 1 / squared], 5 * k);
    centreX += rounded[2 * k] / n;
    centreY += rounded[2 * k + 1] / n;
  }
  let farthest = 0;
  for (let k = 0; k < n; k++) {
    const dx = rounded[2 * k] - centreX;
    const dy = rounded[2 * k + 1] - centreY;
    farthest = Math.max(farthest, dx * dx + dy * dy);
  }
  const innerUm = isInside(rounded, centreX, centreY) ? distanceToRim(rounded, centreX, centreY) : 0;
  const area = n < 3 ? 0 : polygonArea(rounded);
  return {
    id,
    block,
    place,
    ring: rounded,
    centreX,
    centreY,
    reachUm: Math.sqrt(farthest),
    innerUm,
    area,
    edges,
    turn: turnOf(edges),
  };
}

/** See `VendorNucleus.turn`. */
function turnOf(edges: Float64Array): number {
  let left = 0;
  let right = 0;
  for (let k = 0, before = edges.length - 5; k < edges.length; before = k, k += 5) {
    const cross = edges[before + 2] * edges[k + 3] - edges[before + 3] * edges[k + 2];
    if (cross >= 0) left++;
    if (cross <= 0) right++;
  }
  if (left > 0 && right > 0) return 0;
  return left > 0 ? 1 : -1;
}

import { RandomStream } from '@spatile/random/stream';
import { type BlockGrid, BlockMemo, blockIndex, MAX_CELLS_PER_BLOCK } from './blocks.ts';
import { distanceToRim, isInside, polygonArea } from './star-ring.ts';
import type { Cell, Tissue } from './tissue.ts';

/** How often the vendor's nucleus segmentation errs, and how far its outlines are off. */
const MISSED = 0.05;
const MERGED = 0.03;
const SPLIT = 0.03;
const SHIFT_SD_UM = 0.5;
const SCALE_SD = 0.06;
/** Ids per block: a split cell gives two. */
const MAX_PER_BLOCK = 2 * MAX_CELLS_PER_BLOCK;

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
}

/** Xenium's text form of a cell id: 32 bits as eight letters a to p, then a suffix. */
export function vendorCellId(prefix: number): string {
  let letters = '';
  for (let shift = 28; shift >= 0; shift -= 4) letters += String.fromCharCode(97 + ((prefix >>> shift) & 15));
  return `${letters}-1`;
}

/**
 * The vendor's nuclei, block by block: the true ones shifted and rescaled, some missed, some merged with their nearest
 * neighbour, some split in two. What becomes of a cell depends on its neighbours only, so blocks stay independent.
 */
export class Vendor {
  readonly #tissue: Tissue;
  readonly #grid: BlockGrid;
  readonly #memo: BlockMemo<VendorNucleus[]>;

  constructor(tissue: Tissue) {
    this.#tissue = tissue;
    this.#grid = tissue.grid;
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
    const around: Cell[] = [];
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) around.push(...this.#tissue.block(column + dx, row + dy));
    const claims = claimsOf(around);
    const found: VendorNucleus[] = [];
    const add = (ring: Float64Array): void => {
      const nucleus = describe(
        ring,
        vendorCellId(block * MAX_PER_BLOCK + found.length + 1),
        block,
        found.length,
      );
      if (nucleus.area > 0) found.push(nucleus);
    };
    for (const cell of this.#tissue.block(column, row)) {
      const own = distort(stream, cell);
      const angle = Math.PI * stream.uniform();
      if (cell.vendorLuck < MISSED || claims.taken.has(cell.key)) continue;
      const partner = claims.partners.get(cell.key);
      if (partner) add(convexHull([...pairs(own), ...pairs(partner.nuclei[0].vertices)]));
      else if (isSplit(cell)) for (const side of [1, -1]) add(halfOf(own, angle, side));
      else add(own);
    }
    return found;
  }
}

const isLeader = (cell: Cell): boolean => cell.vendorLuck >= MISSED && cell.vendorLuck < MISSED + MERGED;
const isSplit = (cell: Cell): boolean =>
  cell.vendorLuck >= MISSED + MERGED && cell.vendorLuck < MISSED + MERGED + SPLIT;
const isPlain = (cell: Cell): boolean => cell.vendorLuck >= MISSED + MERGED + SPLIT;

function nearest(cell: Cell, around: readonly Cell[]): Cell | null {
  let best: Cell | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const other of around) {
    const dx = other.nuclei[0].centreX - cell.nuclei[0].centreX;
    const dy = other.nuclei[0].centreY - cell.nuclei[0].centreY;
    const d2 = dx * dx + dy * dy;
    if (other.key !== cell.key && (d2 < least || (d2 === least && other.key < best!.key))) {
      least = d2;
      best = other;
    }
  }
  // Farther nuclei are never taken for one; it also keeps the decision within the neighbouring blocks.
  return least < 20 * 20 ? best : null;
}

/**
 * Which leader merges with which neighbour: its nearest, when that one is plain and no leader of a lower key wants it too.
 * Right for cells within 20 microns of the block in the middle; farther out neighbours are not all known.
 */
function claimsOf(around: readonly Cell[]): { partners: Map<number, Cell>; taken: Set<number> } {
  const partners = new Map<number, Cell>();
  const taken = new Set<number>();
  for (const leader of around.filter(isLeader).sort((a, b) => a.key - b.key)) {
    const partner = nearest(leader, around);
    if (!partner || !isPlain(partner) || taken.has(partner.key)) continue;
    taken.add(partner.key);
    partners.set(leader.key, partner);
  }
  return { partners, taken };
}

function distort(stream: RandomStream, cell: Cell): Float64Array {
  const { centreX, centreY, vertices } = cell.nuclei[0];
  const dx = SHIFT_SD_UM * stream.normal();
  const dy = SHIFT_SD_UM * stream.normal();
  const scale = Math.max(0.7, 1 + SCALE_SD * stream.normal());
  return vertices.map((v, i) =>
    i % 2 === 0 ? centreX + dx + scale * (v - centreX) : centreY + dy + scale * (v - centreY),
  );
}

function pairs(vertices: Float64Array): [number, number][] {
  return Array.from({ length: vertices.length / 2 }, (_, k) => [vertices[2 * k], vertices[2 * k + 1]]);
}

/** Andrew's monotone chain. */
function convexHull(points: [number, number][]): Float64Array {
  const sorted = points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (list: [number, number][]): [number, number][] => {
    const hull: [number, number][] = [];
    for (const p of list) {
      while (hull.length > 1 && turn(hull[hull.length - 2], hull[hull.length - 1], p) <= 0) hull.pop();
      hull.push(p);
    }
    return hull.slice(0, -1);
  };
  return Float64Array.from([...chain(sorted), ...chain(sorted.toReversed())].flat());
}

function turn(a: [number, number], b: [number, number], c: [number, number]): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** The part of a ring on one side of a line through its centre, leaving a gap of 0.3 microns between the halves. */
function halfOf(ring: Float64Array, angle: number, side: number): Float64Array {
  const points = pairs(ring);
  const cx = points.reduce((sum, p) => sum + p[0], 0) / points.length;
  const cy = points.reduce((sum, p) => sum + p[1], 0) / points.length;
  const nx = side * Math.cos(angle);
  const ny = side * Math.sin(angle);
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
  let centreX = 0;
  let centreY = 0;
  for (let k = 0; k < rounded.length; k += 2) {
    centreX += (2 * rounded[k]) / rounded.length;
    centreY += (2 * rounded[k + 1]) / rounded.length;
  }
  let reachUm = 0;
  for (let k = 0; k < rounded.length; k += 2) {
    reachUm = Math.max(reachUm, Math.hypot(rounded[k] - centreX, rounded[k + 1] - centreY));
  }
  const innerUm = isInside(rounded, centreX, centreY) ? distanceToRim(rounded, centreX, centreY) : 0;
  const area = rounded.length < 6 ? 0 : polygonArea(rounded);
  return { id, block, place, ring: rounded, centreX, centreY, reachUm, innerUm, area };
}

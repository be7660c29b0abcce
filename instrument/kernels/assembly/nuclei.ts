const BIN_UM: f64 = 2.5;
/** Half a bin's diagonal, rounded up. */
const HALF_DIAGONAL_UM: f64 = 0.7072 * 2.5;
/** Nuclei farther than this are not looked for. */
const FARTHEST_UM: f64 = 15;
/** The vendor's cells: nuclei grown by this much, halfway between neighbours. */
const EXPANSION_UM: f64 = 5;
/** How often the way from the nucleus to the farthest border is halved to find a vertex. */
const HALVINGS = 5;
/** Far more than rounding moves a distance. */
const SLACK_UM: f64 = 1e-6;
/** A disc is 2^5 bytes: x and y of a nucleus' centre, farthest vertex, radius of the disc inside. */
const DISC_SHIFT: usize = 5;
/** An edge: its start, its vector and one over its squared length. */
const EDGE_BYTES: usize = 40;

/** Addresses that `VendorMap` lays out, in this order, and sizes. */
@unmanaged
export class Map {
  discs: usize;
  /** u32[nuclei + 1] first edge of each nucleus. */
  firstEdge: usize;
  edges: usize;
  /** i32[nuclei], see `VendorNucleus.turn`. */
  turn: usize;
  /** u32[nuclei] 0, 1, 2, ... */
  everyone: usize;
  /** f64[bins], u32[bins + 1] twice, and the nuclei of the bins. */
  bounds: usize;
  start: usize;
  fill: usize;
  list: usize;
  nuclei: u32;
  columns: i32;
  rows: i32;
}

let map: Map = changetype<Map>(0);
let left: f64 = 0;
let top: f64 = 0;
let right: f64 = 0;
let bottom: f64 = 0;
/** Found last: the next place is likely to be near it. */
let last = -1;
/** Of the place looked at: the bin's candidates as addresses. */
let from: usize = 0;
let to: usize = 0;
/** Distance of the last `locate`. */
let found: f64 = 0;

// @ts-ignore: decorator
@inline
function discOf(index: u32): usize {
  return map.discs + (<usize>index << DISC_SHIFT);
}

/** Sorts the nuclei into bins, but for the list itself, whose length this gives. */
export function beginMap(header: Map, x0: f64, y0: f64, x1: f64, y1: f64): u32 {
  map = header;
  left = x0;
  top = y0;
  right = x1;
  bottom = y1;
  last = -1;
  const bins = <usize>(map.columns * map.rows);
  findBounds(bins);
  memory.fill(map.start, 0, (bins + 1) << 2);
  enlist(map.start + 4, false);
  for (let b: usize = 0; b < bins; b++) {
    const at = map.start + (b << 2);
    store<u32>(at, load<u32>(at, 4) + load<u32>(at), 4);
  }
  return load<u32>(map.start + (bins << 2));
}

/** Fills the list. */
export function fillMap(): void {
  memory.copy(map.fill, map.start, <usize>(map.columns * map.rows + 1) << 2);
  enlist(map.fill, true);
}

let firstRow = 0;
let lastRow = 0;
let firstColumn = 0;
let lastColumn = 0;

/** Finds the bins that may lie within `reach` of a place. */
function binsNear(x: f64, y: f64, reach: f64): void {
  firstRow = <i32>max<f64>(0, floor<f64>((y - reach - top) / BIN_UM));
  lastRow = <i32>min<f64>(<f64>(map.rows - 1), floor<f64>((y + reach - top) / BIN_UM));
  firstColumn = <i32>max<f64>(0, floor<f64>((x - reach - left) / BIN_UM));
  lastColumn = <i32>min<f64>(<f64>(map.columns - 1), floor<f64>((x + reach - left) / BIN_UM));
}

/** Whether any bin may lie within `FARTHEST_UM` of a nucleus. */
function isClose(disc: usize): bool {
  const x = load<f64>(disc);
  const y = load<f64>(disc, 8);
  const reach = load<f64>(disc, 16) + FARTHEST_UM + 2 * BIN_UM;
  return x > left - reach && y > top - reach && x < right + reach && y < bottom + reach;
}

/** By bin: no point of it is farther than this from the nucleus nearest to it. */
function findBounds(bins: usize): void {
  for (let b: usize = 0; b < bins; b++) store<f64>(map.bounds + (b << 3), FARTHEST_UM);
  for (let index: u32 = 0; index < map.nuclei; index++) {
    const disc = discOf(index);
    if (!isClose(disc)) continue;
    const centreX = load<f64>(disc);
    const centreY = load<f64>(disc, 8);
    const inner = load<f64>(disc, 24);
    const spare = HALF_DIAGONAL_UM - inner;
    binsNear(centreX, centreY, inner + FARTHEST_UM);
    for (let row = firstRow; row <= lastRow; row++) {
      const dy = top + (<f64>row + 0.5) * BIN_UM - centreY;
      for (let column = firstColumn; column <= lastColumn; column++) {
        const dx = left + (<f64>column + 0.5) * BIN_UM - centreX;
        const at = map.bounds + (<usize>(row * map.columns + column) << 3);
        const least = load<f64>(at) - spare;
        const squared = dx * dx + dy * dy;
        if (least > 0 && squared < least * least) store<f64>(at, sqrt<f64>(squared) + spare);
      }
    }
  }
}

/** Advances `at` (u32) of each bin by the nuclei that can be nearest to a place in it, and lists them there when asked to. */
function enlist(at: usize, isListing: bool): void {
  for (let index: u32 = 0; index < map.nuclei; index++) {
    const disc = discOf(index);
    if (!isClose(disc)) continue;
    const centreX = load<f64>(disc);
    const centreY = load<f64>(disc, 8);
    const reach = load<f64>(disc, 16);
    binsNear(centreX, centreY, reach + FARTHEST_UM + BIN_UM);
    for (let row = firstRow; row <= lastRow; row++) {
      const dy = top + (<f64>row + 0.5) * BIN_UM - centreY;
      for (let column = firstColumn; column <= lastColumn; column++) {
        const dx = left + (<f64>column + 0.5) * BIN_UM - centreX;
        const b = <usize>(row * map.columns + column);
        const most = load<f64>(map.bounds + (b << 3)) + HALF_DIAGONAL_UM + reach;
        if (dx * dx + dy * dy > most * most) continue;
        const next = load<u32>(at + (b << 2));
        if (isListing) store<u32>(map.list + (<usize>next << 2), index);
        store<u32>(at + (b << 2), next + 1);
      }
    }
  }
}

/** Finds the candidates of a place; the few places beyond the bins are compared with every nucleus. */
// @ts-ignore: decorator
@inline
function lookUp(x: f64, y: f64): void {
  const column = floor<f64>((x - left) / BIN_UM);
  const row = floor<f64>((y - top) / BIN_UM);
  if (column >= 0 && row >= 0 && column < <f64>map.columns && row < <f64>map.rows) {
    const bin = map.start + (<usize>(<i32>row * map.columns + <i32>column) << 2);
    from = map.list + (<usize>load<u32>(bin) << 2);
    to = map.list + (<usize>load<u32>(bin, 4) << 2);
  } else {
    from = map.everyone;
    to = map.everyone + (<usize>map.nuclei << 2);
  }
}

/** Index of the nearest nucleus (ties: the earlier one), or -1 when none is within `FARTHEST_UM`. */
export function locate(x: f64, y: f64): i32 {
  lookUp(x, y);
  let best = -1;
  let least = FARTHEST_UM;
  if (last >= 0) {
    const distance = distanceBelow(last, least, x, y);
    if (distance < least) {
      least = distance;
      best = last;
    }
  }
  for (let at = from; at < to; at += 4) {
    const index = load<i32>(at);
    if (least == 0 && index > best) break;
    if (index == last) continue;
    const distance = distanceBelow(index, least, x, y);
    if (distance < least || (distance == least && index < best)) {
      least = distance;
      best = index;
    }
  }
  found = least;
  if (best >= 0) last = best;
  return best;
}

/** Of the last `locate`: distance to the nearest nucleus in microns, 0 inside. */
export function foundDistance(): f64 {
  return found;
}

/** For `n` places (f32) the vendor cells they lie in (i32, -1 for none) and the distances to the nearest nucleus (f32). */
export function locateAll(n: i32, x: usize, y: usize, cells: usize, distances: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = i << 2;
    const nearest = locate(<f64>load<f32>(x + at), <f64>load<f32>(y + at));
    store<i32>(cells + at, found > EXPANSION_UM ? -1 : nearest);
    store<f32>(distances + at, <f32>found);
  }
}

/** Distance in microns to a nucleus, 0 inside; Infinity where the disc around it is not nearer than `least`. */
// @ts-ignore: decorator
@inline
function distanceBelow(index: i32, least: f64, x: f64, y: f64): f64 {
  const disc = discOf(index);
  const fromX = x - load<f64>(disc);
  const fromY = y - load<f64>(disc, 8);
  const far = load<f64>(disc, 16) + least;
  return fromX * fromX + fromY * fromY >= far * far ? Infinity : distanceTo(index, x, y);
}

function distanceTo(index: u32, x: f64, y: f64): f64 {
  const disc = discOf(index);
  const fromX = x - load<f64>(disc);
  const fromY = y - load<f64>(disc, 8);
  const inner = load<f64>(disc, 24);
  if (fromX * fromX + fromY * fromY < inner * inner) return 0;
  const firstEdge = map.firstEdge + (<usize>index << 2);
  const edge = map.edges + <usize>load<u32>(firstEdge) * EDGE_BYTES;
  const end = map.edges + <usize>load<u32>(firstEdge, 4) * EDGE_BYTES;
  const turn = load<i32>(map.turn + (<usize>index << 2));
  return turn == 0 ? distanceToAny(edge, end, x, y) : distanceToConvex(edge, end, <f64>turn, x, y);
}

/** Squared distance from a place, relative to an edge's start, to the edge. */
// @ts-ignore: decorator
@inline
function squaredTo(edge: usize, px: f64, py: f64): f64 {
  const ex = load<f64>(edge, 16);
  const ey = load<f64>(edge, 24);
  const along = (px * ex + py * ey) * load<f64>(edge, 32);
  const t = along < 0 ? 0 : along > 1 ? 1 : along;
  const dx = px - t * ex;
  const dy = py - t * ey;
  return dx * dx + dy * dy;
}

/** Only edges seen from outside count, and a place that sees none is inside. */
function distanceToConvex(edge: usize, end: usize, turn: f64, x: f64, y: f64): f64 {
  let nearest: f64 = Infinity;
  for (; edge < end; edge += EDGE_BYTES) {
    const px = x - load<f64>(edge);
    const py = y - load<f64>(edge, 8);
    if (turn * (px * load<f64>(edge, 24) - py * load<f64>(edge, 16)) <= 0) continue;
    const squared = squaredTo(edge, px, py);
    if (squared < nearest) nearest = squared;
  }
  return nearest == Infinity ? 0 : sqrt<f64>(nearest);
}

function distanceToAny(edge: usize, end: usize, x: f64, y: f64): f64 {
  let nearest: f64 = Infinity;
  let isInside = false;
  for (; edge < end; edge += EDGE_BYTES) {
    const px = x - load<f64>(edge);
    const py = y - load<f64>(edge, 8);
    const ex = load<f64>(edge, 16);
    const ey = load<f64>(edge, 24);
    const squared = squaredTo(edge, px, py);
    if (squared < nearest) nearest = squared;
    // A ray along x crosses the edge when its ends lie above and below, and the place left of it.
    if (py < 0 != py < ey && px * ey < py * ex == ey > 0) isInside = !isInside;
  }
  return isInside ? 0 : sqrt<f64>(nearest);
}

/**
 * The vendor cell around a nucleus, f64 x, y pairs of float32 values: rays from its centre, cut where the cell ends;
 * `steps`: cosines, then sines of the rays.
 */
export function cellRing(index: u32, steps: usize, rays: i32, ring: usize): void {
  const disc = discOf(index);
  const centreX = load<f64>(disc);
  const centreY = load<f64>(disc, 8);
  for (let k = 0; k < rays; k++) {
    const cos = load<f64>(steps + (<usize>k << 3));
    const sin = load<f64>(steps + (<usize>(rays + k) << 3));
    let low = load<f64>(disc, 24);
    let high = load<f64>(disc, 16) + EXPANSION_UM;
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (isOwn(index, middle, centreX + middle * cos, centreY + middle * sin)) low = middle;
      else high = middle;
    }
    const at = ring + (<usize>k << 4);
    store<f64>(at, <f64>(<f32>(centreX + low * cos)));
    store<f64>(at, <f64>(<f32>(centreY + low * sin)), 8);
  }
}

/**
 * Whether a place `radius` from a nucleus' centre belongs to its cell: within reach of the expansion and nearer than to
 * any other. A place inside the nucleus is left to any earlier one that the place's bin lists.
 */
function isOwn(index: u32, radius: f64, x: f64, y: f64): bool {
  lookUp(x, y);
  // The discs around and inside the nuclei settle most places.
  const own = discOf(index);
  const most = radius - load<f64>(own, 24) + SLACK_UM;
  const least = radius - load<f64>(own, 16) - SLACK_UM;
  let isClear = most < EXPANSION_UM;
  for (let at = from; at < to; at += 4) {
    const other = load<u32>(at);
    if (other == index) continue;
    if (other < index && least <= 0) isClear = false;
    const disc = discOf(other);
    const fromX = x - load<f64>(disc);
    const fromY = y - load<f64>(disc, 8);
    const centre = fromX * fromX + fromY * fromY;
    const near = load<f64>(disc, 24) + least;
    if (least > 0 && centre < near * near) return false;
    const far = load<f64>(disc, 16) + most;
    if (centre < far * far) isClear = false;
  }
  return isClear || isNearest(index, x, y);
}

function isNearest(index: u32, x: f64, y: f64): bool {
  const own = distanceTo(index, x, y);
  if (own >= EXPANSION_UM) return false;
  for (let at = from; at < to; at += 4) {
    const other = load<u32>(at);
    if (other == index) continue;
    if (own == 0 && other < index) return false;
    if (distanceBelow(other, own, x, y) < own) return false;
  }
  return true;
}

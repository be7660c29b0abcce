import { ln } from './math';
import { isBoundary, labelAt, markBoundary, rowBits } from './pairs';
import { fourth, philox4, unit } from './philox';
import { keptRateOf, lnInt, rateOf } from './rates';
import { KIND_LABEL, LOCKED, OUTSIDE, Tile } from './tile';
import { countWork, LABEL_PROPOSALS, LABEL_TERMS, LABELS_ACCEPTED, LABELS_WEIGHED } from './work';

/** ln(9.43 * 4 pi): corrects the 8-neighbour perimeter to length, then compares with a disc. */
const COMPACT_OFFSET: f64 = 4.774920343614657;

// @ts-ignore: decorator
@inline
function squaredQ(t: Tile, perimeter: i32, n: i32): f64 {
  if (n == 0) return 0.0;
  const q = 2.0 * lnInt(t, perimeter) - lnInt(t, n) - COMPACT_OFFSET;
  return q > 0.0 ? q * q : 0.0;
}

/** Change of the log density of a cell's volume and shape in one layer when it goes from (n, nl, p) to (n + step, nl + step, p2). */
// @ts-ignore: decorator
@inline
function shapeChange(t: Tile, cell: u32, layer: i32, step: i32, p2: i32, lnU: f64): f64 {
  const n = load<i32>(t.size + (<usize>cell << 2));
  const slot = (<usize>cell * <usize>t.layers + layer) << 2;
  const nl = load<i32>(t.layerSize + slot);
  const p = load<i32>(t.perimeter + slot);
  const z = <usize>load<u16>(t.component + (<usize>cell << 1));
  const mu = load<f64>(t.mu + (z << 3));
  const sigma2 = load<f64>(t.sigma2 + (z << 3));
  const before = lnU + lnInt(t, n);
  const after = lnU + lnInt(t, n + step);
  const db = before - mu;
  const da = after - mu;
  return (db * db - da * da) / (2.0 * sigma2) + before - after
    - t.compactnessScale * (squaredQ(t, p2, nl + step) - squaredQ(t, p, nl));
}

/** A log ratio so low that a uniform number hardly ever falls below it, and its exponential. */
const HOPELESS: f64 = 16.0;
const EXP_HOPELESS: f64 = 1.1253517471925912e-7;

/** Likelihood ratios beyond this go to the sum of logarithms, so that the running product stays a normal number. */
const FAR_RATIO: f64 = 1e100;

/** Log likelihood ratio of the transcripts of voxel q when its label goes from a to b, up to the logarithm of `ratio`. */
function likelihoodChange(t: Tile, q: i32, a: u32, b: u32): f64 {
  ratio = 1.0;
  let at = load<u32>(t.bucketStart + (<usize>q << 2));
  const end = load<u32>(t.bucketStart + (<usize>(q + 1) << 2));
  if (at == end) return 0.0;
  countWork(LABEL_TERMS, end - at);
  let logs: f64 = 0.0;
  for (; at < end; at++) {
    const i = <usize>load<u32>(t.bucketItem + (<usize>at << 2));
    const g = <u32>load<u16>(t.gene + (i << 1));
    const beta = f64(load<f32>(t.background + (i << 2)));
    ratio *= (f64(rateOf(t, b, g)) + beta) / (f64(keptRateOf(t, i, a, g)) + beta);
    if (ratio > FAR_RATIO || ratio < 1.0 / FAR_RATIO) {
      logs += ln(max<f64>(ratio, 1e-300));
      ratio = 1.0;
    }
  }
  return logs;
}

let ratio: f64 = 1.0;

/** Whether the voxels of `label` around q (26 neighbours) fall apart without q. */
export function separates(t: Tile, q: i32, layer: i32, label: u32): bool {
  let mask: u32 = 0;
  for (let dz = -1; dz <= 1; dz++) {
    if (layer + dz < 0 || layer + dz >= t.layers) continue;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const bit = (dz + 1) * 9 + (dy + 1) * 3 + dx + 1;
        if (bit != 13 && labelAt(t, q + dz * t.plane + dy * t.stride + dx) == label) mask |= 1 << bit;
      }
    }
  }
  let reached = mask & (0 - mask);
  let grown = reached;
  do {
    reached = grown;
    for (let bit = 0; bit < 27; bit++) {
      if (mask & (1 << bit) && !(grown & (1 << bit)) && around(bit) & grown) grown |= 1 << bit;
    }
  } while (grown != reached);
  return reached != mask;
}

/** Bits of the 3x3x3 block that touch `bit`. */
function around(bit: i32): u32 {
  const z = bit / 9;
  const y = (bit / 3) % 3;
  const x = bit % 3;
  let mask: u32 = 0;
  for (let k = max(z - 1, 0); k <= min(z + 1, 2); k++)
    for (let j = max(y - 1, 0); j <= min(y + 1, 2); j++)
      for (let i = max(x - 1, 0); i <= min(x + 1, 2); i++) mask |= 1 << (k * 9 + j * 3 + i);
  return mask;
}

/** Classes of voxels that a sweep tells apart: no two of one class touch, so what one does changes no proposal of another. */
const CLASSES: i32 = 5;
/** Every fifth bit of a word. */
const OF_CLASS: u64 = 0x1084210842108421;

/**
 * Label moves (1.5 of the method notes) at one temperature: the next `sweeps` sweeps, numbered by `sweep` of the header. A sweep
 * visits the voxels of one class in scan order; one with neighbours of another label takes the label of one of these, or with
 * probability `bubble` the background. Five sweeps on end visit every voxel once. Returns how many moves were accepted; `proposed`
 * of the header says of how many. Needs `recount` and `bucketTranscripts`; keeps labels, boundary, sizes, perimeters and the number
 * of pairs consistent.
 */
export function moveLabels(t: Tile, iteration: u32, sweeps: i32, temperature: f64): i32 {
  const lnU = ln(t.voxelVolume);
  let accepted = 0;
  proposed = 0;
  weighed = 0;
  const end = t.sweep + sweeps;
  for (; t.sweep < end; t.sweep++) {
    let waiting = 0;
    for (let l = 0; l < t.layers; l++) {
      for (let j = 0; j < t.height; j++) {
        const v = l * t.plane + (j + 1) * t.stride + 1;
        const row = (l * t.height + j) * rowBits(t);
        const from = 2 * j + l + 2 * (t.sweep % CLASSES);
        for (let i = 0; i < t.width; i += 64) {
          let bits = load<u64>(t.boundary + <usize>((row + i) >> 3)) & (OF_CLASS << <u64>((4 * (from + i)) % CLASSES));
          for (; bits != 0; bits &= bits - 1) {
            const k = i + <i32>ctz(bits);
            wait(waiting, v + k, row + k, l);
            if (++waiting < 4) continue;
            accepted += proposeWaiting(t, waiting, iteration, temperature, lnU);
            waiting = 0;
          }
        }
      }
    }
    accepted += proposeWaiting(t, waiting, iteration, temperature, lnU);
  }
  t.proposed = proposed;
  countWork(LABEL_PROPOSALS, proposed);
  countWork(LABELS_WEIGHED, weighed);
  countWork(LABELS_ACCEPTED, accepted);
  return accepted;
}

let proposed: i32 = 0;
let weighed: i32 = 0;

/** Voxels found that have not proposed yet, up to four, so that their random numbers are made together: voxel, bit, layer. */
const WAITING: usize = memory.data(48, 16);

// @ts-ignore: decorator
@inline
function wait(slot: usize, voxel: i32, bit: i32, layer: i32): void {
  const at = WAITING + (slot << 2);
  store<i32>(at, voxel);
  store<i32>(at, bit, 16);
  store<i32>(at, layer, 32);
}

/** Proposals of the first `count` waiting voxels, in order; how many were accepted. */
function proposeWaiting(t: Tile, count: i32, iteration: u32, temperature: f64, lnU: f64): i32 {
  if (count == 0) return 0;
  philox4(t.tileKey0, t.tileKey1, iteration, KIND_LABEL, WAITING, t.sweep);
  let accepted = 0;
  for (let k = 0; k < count; k++) accepted += i32(propose(t, k, temperature, lnU));
  return accepted;
}

/** The n-th set bit of a mask. */
// @ts-ignore: decorator
@inline
function pick(mask: i32, n: i32): i32 {
  for (; n > 0; n--) mask &= mask - 1;
  return ctz(mask);
}

/** The proposal of a waiting voxel; whether its label changed. */
function propose(t: Tile, lane: usize, temperature: f64, lnU: f64): bool {
  const q = load<i32>(WAITING + (lane << 2));
  const bit = load<i32>(WAITING + (lane << 2), 16);
  const layer = load<i32>(WAITING + (lane << 2), 32);
  const stride = t.stride;
  const plane = t.plane;
  const b = t.bubble;
  const A = labelAt(t, q);
  const west = labelAt(t, q - 1);
  const east = labelAt(t, q + 1);
  const north = labelAt(t, q - stride);
  const south = labelAt(t, q + stride);
  const up = layer > 0 ? labelAt(t, q - plane) : OUTSIDE;
  const down = layer + 1 < t.layers ? labelAt(t, q + plane) : OUTSIDE;
  const inside = i32(west != OUTSIDE) | (i32(east != OUTSIDE) << 1) | (i32(north != OUTSIDE) << 2)
    | (i32(south != OUTSIDE) << 3) | (i32(up != OUTSIDE) << 4) | (i32(down != OUTSIDE) << 5);
  const same = i32(west == A) | (i32(east == A) << 1) | (i32(north == A) << 2)
    | (i32(south == A) << 3) | (i32(up == A) << 4) | (i32(down == A) << 5);
  const others = inside & ~same;
  proposed++;
  const othersA = popcnt(others);
  const side = pick(others, <i32>((<u64>fourth(0, lane) * <u64>othersA) >> 32));
  let B = side < 2 ? (side == 0 ? west : east) : side < 4 ? (side == 2 ? north : south) : side == 4 ? up : down;
  if (B != 0 && <u64>fourth(1, lane) < <u64>(b * 4294967296.0)) B = 0;
  if (A == B || load<u8>(t.frozen + A) || load<u8>(t.frozen + B)) return false;
  const column = q - layer * plane;
  const trust = <u32>load<u8>(t.priorClass + column);
  if (trust == LOCKED) return false;
  const slotA = (<usize>A * <usize>t.layers + layer) << 2;
  const slotB = (<usize>B * <usize>t.layers + layer) << 2;
  if (A != 0 && load<i32>(t.size + (<usize>A << 2)) == 1) return false;

  const kA = popcnt(same);
  const sideA = popcnt(same & 15);
  const sideB = i32(west == B) + i32(east == B) + i32(north == B) + i32(south == B);
  const kB = sideB + i32(up == B) + i32(down == B);
  const othersB = popcnt(inside) - kB;
  const reverse = (1.0 - b) * f64(kA) + (A == 0 ? b * f64(othersB) : 0.0);
  if (temperature == 1.0 && reverse == 0.0) return false;
  if (t.connectivity && ((A != 0 && separates(t, q, layer, A)) || (B != 0 && separates(t, q, layer, B)))) return false;

  const nw = labelAt(t, q - stride - 1);
  const ne = labelAt(t, q - stride + 1);
  const sw = labelAt(t, q + stride - 1);
  const se = labelAt(t, q + stride + 1);
  const pA = load<i32>(t.perimeter + slotA) - 8 + 2 * (sideA + i32(nw == A) + i32(ne == A) + i32(sw == A) + i32(se == A));
  const pB = load<i32>(t.perimeter + slotB) + 8 - 2 * (sideB + i32(nw == B) + i32(ne == B) + i32(sw == B) + i32(se == B));
  weighed++;
  const accept = unit(fourth(3, lane));
  let delta = likelihoodChange(t, q, A, B);
  if (A != 0) delta += t.voxelVolume * load<f64>(t.totalRate + (<usize>A << 3)) + shapeChange(t, A, layer, -1, pA, lnU);
  if (B != 0) delta += shapeChange(t, B, layer, 1, pB, lnU) - t.voxelVolume * load<f64>(t.totalRate + (<usize>B << 3));
  if (trust != 0) {
    const preferred = <u32>load<u16>(t.priorLabel + (<usize>column << 1));
    const table = t.priorLog + (<usize>trust << 4);
    if (B == preferred) delta += load<f64>(table) - load<f64>(table + 8);
    else if (A == preferred) delta += load<f64>(table + 8) - load<f64>(table);
  }
  if (temperature == 1.0) {
    const forward = (1.0 - b) * f64(kB) + (B == 0 ? b * f64(othersA) : 0.0);
    const left = accept * forward * f64(othersB);
    const right = reverse * f64(othersA) * ratio;
    // Most proposals are hopeless: no need of a logarithm.
    if (delta < -HOPELESS && left > right * EXP_HOPELESS) return false;
    if (!(ln(left / right) < delta)) return false;
  } else if (!(temperature * ln(accept) < delta + ln(ratio))) return false;

  store<u16>(t.label + (<usize>q << 1), <u16>B);
  t.pairCount += kA - kB;
  const row = rowBits(t);
  const layerBits = row * t.height;
  if (othersB == 0) markBoundary(t, bit, false);
  remark(t, west, A, B, q - 1, bit - 1, layer);
  remark(t, east, A, B, q + 1, bit + 1, layer);
  remark(t, north, A, B, q - stride, bit - row, layer);
  remark(t, south, A, B, q + stride, bit + row, layer);
  remark(t, up, A, B, q - plane, bit - layerBits, layer - 1);
  remark(t, down, A, B, q + plane, bit + layerBits, layer + 1);
  if (A != 0) settle(t, A, slotA, -1, pA);
  if (B != 0) settle(t, B, slotB, 1, pB);
  return true;
}

/** Marks a neighbour v of a voxel that went from A to B: one of A now differs from it, one of B may have lost its only difference. */
// @ts-ignore: decorator
@inline
function remark(t: Tile, label: u32, A: u32, B: u32, v: i32, bit: i32, layer: i32): void {
  if (label == A) markBoundary(t, bit, true);
  else if (label == B) markBoundary(t, bit, isBoundary(t, v, layer));
}

// @ts-ignore: decorator
@inline
function settle(t: Tile, cell: u32, slot: usize, step: i32, perimeter: i32): void {
  const at = t.size + (<usize>cell << 2);
  store<i32>(at, load<i32>(at) + step);
  store<i32>(t.layerSize + slot, load<i32>(t.layerSize + slot) + step);
  store<i32>(t.perimeter + slot, perimeter);
}

import { ln } from './math';
import { insertPair, labelAt, removePair } from './pairs';
import { philox, unit, w0, w1, w2, w3 } from './philox';
import { lnInt, rateOf } from './rates';
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

/** Log likelihood ratio of the transcripts in voxel q when its label goes from a to b: a product, and a log only when it runs off. */
function likelihoodChange(t: Tile, q: i32, a: u32, b: u32): f64 {
  let at = load<u32>(t.bucketStart + (<usize>q << 2));
  const end = load<u32>(t.bucketStart + (<usize>(q + 1) << 2));
  if (at == end) return 0.0;
  countWork(LABEL_TERMS, end - at);
  let logs: f64 = 0.0;
  let product: f64 = 1.0;
  for (; at < end; at++) {
    const i = <usize>load<u32>(t.bucketItem + (<usize>at << 2));
    const g = <u32>load<u16>(t.gene + (i << 1));
    const beta = f64(load<f32>(t.background + (i << 2)));
    product *= (f64(rateOf(t, b, g)) + beta) / (f64(rateOf(t, a, g)) + beta);
    if (product > 1e100 || product < 1e-100) {
      logs += ln(max<f64>(product, 1e-300));
      product = 1.0;
    }
  }
  return logs + ln(product);
}

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

/**
 * `proposals` label moves (1.5 of the method notes) at one temperature. Returns how many were accepted.
 * Needs `recount` and `bucketTranscripts`; keeps labels, pairs, sizes and perimeters consistent.
 */
export function moveLabels(t: Tile, iteration: u32, proposals: i32, temperature: f64): i32 {
  const stride = t.stride;
  const plane = t.plane;
  const b = t.bubble;
  const lnU = ln(t.voxelVolume);
  const bubbleWords = <u64>(b * 4294967296.0);
  let accepted = 0;
  let weighed = 0;
  let p = 0;
  for (; p < proposals && t.pairCount > 0; p++) {
    philox(t.tileKey0, t.tileKey1, iteration, KIND_LABEL, p, 0);
    const pairs = t.pairCount;
    const id = load<u32>(t.pairList + (<usize>((<u64>w0 * <u64>pairs) >> 32) << 2));
    const v = <i32>(id / 3);
    const axis = id - 3 * v;
    const other = v + (axis == 0 ? 1 : axis == 1 ? stride : plane);
    const q = w1 >> 31 ? v : other;
    const A = labelAt(t, q);
    let B = labelAt(t, q == v ? other : v);
    if (B != 0 && <u64>w2 < bubbleWords) B = 0;
    if (A == B || load<u8>(t.frozen + A) || load<u8>(t.frozen + B)) continue;
    const layer = q / plane;
    const column = q - layer * plane;
    const trust = <u32>load<u8>(t.priorClass + column);
    if (trust == LOCKED) continue;
    if (A != 0 && load<i32>(t.size + (<usize>A << 2)) == 1) continue;

    const west = labelAt(t, q - 1);
    const east = labelAt(t, q + 1);
    const north = labelAt(t, q - stride);
    const south = labelAt(t, q + stride);
    const up = layer > 0 ? labelAt(t, q - plane) : OUTSIDE;
    const down = layer + 1 < t.layers ? labelAt(t, q + plane) : OUTSIDE;
    const sideA = i32(west == A) + i32(east == A) + i32(north == A) + i32(south == A);
    const sideB = i32(west == B) + i32(east == B) + i32(north == B) + i32(south == B);
    const valid = i32(west != OUTSIDE) + i32(east != OUTSIDE) + i32(north != OUTSIDE) + i32(south != OUTSIDE)
      + i32(up != OUTSIDE) + i32(down != OUTSIDE);
    const kA = sideA + i32(up == A) + i32(down == A);
    const kB = sideB + i32(up == B) + i32(down == B);
    const reverse = (1.0 - b) * f64(kA) + (A == 0 ? b * f64(valid - kB) : 0.0);
    if (temperature == 1.0 && reverse == 0.0) continue;
    if (t.connectivity && ((A != 0 && separates(t, q, layer, A)) || (B != 0 && separates(t, q, layer, B)))) continue;

    const nw = labelAt(t, q - stride - 1);
    const ne = labelAt(t, q - stride + 1);
    const sw = labelAt(t, q + stride - 1);
    const se = labelAt(t, q + stride + 1);
    const mA = sideA + i32(nw == A) + i32(ne == A) + i32(sw == A) + i32(se == A);
    const mB = sideB + i32(nw == B) + i32(ne == B) + i32(sw == B) + i32(se == B);

    const slotA = (<usize>A * <usize>t.layers + layer) << 2;
    const slotB = (<usize>B * <usize>t.layers + layer) << 2;
    const pA = load<i32>(t.perimeter + slotA) + 2 * mA - 8;
    const pB = load<i32>(t.perimeter + slotB) + 8 - 2 * mB;
    weighed++;
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
      const forward = (1.0 - b) * f64(kB) + (B == 0 ? b * f64(valid - kA) : 0.0);
      delta += ln((reverse * f64(pairs)) / (forward * f64(pairs + kA - kB)));
    } else delta /= temperature;
    if (!(ln(unit(w3)) < delta)) continue;

    accepted++;
    store<u16>(t.label + (<usize>q << 1), <u16>B);
    updatePair(t, 3 * (q - 1), west, A, B);
    updatePair(t, 3 * q, east, A, B);
    updatePair(t, 3 * (q - stride) + 1, north, A, B);
    updatePair(t, 3 * q + 1, south, A, B);
    updatePair(t, 3 * (q - plane) + 2, up, A, B);
    updatePair(t, 3 * q + 2, down, A, B);
    if (A != 0) settle(t, A, slotA, -1, pA);
    if (B != 0) settle(t, B, slotB, 1, pB);
  }
  countWork(LABEL_PROPOSALS, p);
  countWork(LABELS_WEIGHED, weighed);
  countWork(LABELS_ACCEPTED, accepted);
  return accepted;
}

// @ts-ignore: decorator
@inline
function updatePair(t: Tile, id: i32, neighbour: u32, A: u32, B: u32): void {
  if (neighbour == OUTSIDE) return;
  if (neighbour == B) removePair(t, id);
  else if (neighbour == A) insertPair(t, id);
}

// @ts-ignore: decorator
@inline
function settle(t: Tile, cell: u32, slot: usize, step: i32, perimeter: i32): void {
  const at = t.size + (<usize>cell << 2);
  store<i32>(at, load<i32>(at) + step);
  store<i32>(t.layerSize + slot, load<i32>(t.layerSize + slot) + step);
  store<i32>(t.perimeter + slot, perimeter);
}

import { OUTSIDE, Tile } from './tile';
import { countWork, TRANSCRIPTS_SORTED, VOXELS_SCANNED } from './work';

// @ts-ignore: decorator
@inline
export function labelAt(t: Tile, v: i32): u32 {
  return load<u16>(t.label + (<usize>v << 1));
}

/** Bits of the boundary map in a row; rows are padded to whole words. */
// @ts-ignore: decorator
@inline
export function rowBits(t: Tile): i32 {
  return (t.width + 63) & ~63;
}

// @ts-ignore: decorator
@inline
export function markBoundary(t: Tile, bit: i32, is: bool): void {
  const at = t.boundary + <usize>(bit >> 3);
  const mask = 1 << (bit & 7);
  store<u8>(at, is ? load<u8>(at) | mask : load<u8>(at) & ~mask);
}

// @ts-ignore: decorator
@inline
function differs(label: u32, a: u32): bool {
  return label != a && label != OUTSIDE;
}

/** Whether a voxel has a face neighbour of another label. */
export function isBoundary(t: Tile, v: i32, layer: i32): bool {
  const a = labelAt(t, v);
  return differs(labelAt(t, v - 1), a) || differs(labelAt(t, v + 1), a) || differs(labelAt(t, v - t.stride), a)
    || differs(labelAt(t, v + t.stride), a) || (layer > 0 && labelAt(t, v - t.plane) != a)
    || (layer + 1 < t.layers && labelAt(t, v + t.plane) != a);
}

/** Counts pairs of face neighbours with different labels, sizes and perimeters from the labels, and maps the boundary. */
export function recount(t: Tile): void {
  const L = t.layers;
  countWork(VOXELS_SCANNED, t.voxels);
  memory.fill(t.size, 0, <usize>t.cells << 2);
  memory.fill(t.layerSize, 0, (<usize>t.cells * <usize>L) << 2);
  memory.fill(t.perimeter, 0, (<usize>t.cells * <usize>L) << 2);
  memory.fill(t.boundary, 0, <usize>(rowBits(t) >> 3) * <usize>(t.height * L));
  t.pairCount = 0;
  for (let l = 0; l < L; l++) {
    for (let j = 1; j <= t.height; j++) {
      let v = l * t.plane + j * t.stride + 1;
      const row = (l * t.height + j - 1) * rowBits(t);
      for (let i = 0; i < t.width; i++, v++) {
        recountVoxel(t, v, l);
        if (isBoundary(t, v, l)) markBoundary(t, row + i, true);
      }
    }
  }
}

function recountVoxel(t: Tile, v: i32, l: i32): void {
  const a = labelAt(t, v);
  const right = labelAt(t, v + 1);
  const below = labelAt(t, v + t.stride);
  t.pairCount += i32(right != a && right != OUTSIDE) + i32(below != a && below != OUTSIDE)
    + i32(l + 1 < t.layers && labelAt(t, v + t.plane) != a);
  if (a == 0) return;
  const slot = (<usize>a * <usize>t.layers + l) << 2;
  const s = t.stride;
  let edges = 0;
  if (labelAt(t, v - s - 1) != a) edges++;
  if (labelAt(t, v - s) != a) edges++;
  if (labelAt(t, v - s + 1) != a) edges++;
  if (labelAt(t, v - 1) != a) edges++;
  if (right != a) edges++;
  if (labelAt(t, v + s - 1) != a) edges++;
  if (below != a) edges++;
  if (labelAt(t, v + s + 1) != a) edges++;
  store<i32>(t.size + (<usize>a << 2), load<i32>(t.size + (<usize>a << 2)) + 1);
  store<i32>(t.layerSize + slot, load<i32>(t.layerSize + slot) + 1);
  store<i32>(t.perimeter + slot, load<i32>(t.perimeter + slot) + edges);
}

/** Counting sort of the transcripts by current voxel; within a voxel ascending index. */
export function bucketTranscripts(t: Tile): void {
  const start = t.bucketStart;
  const n = t.transcripts;
  countWork(VOXELS_SCANNED, t.voxels);
  countWork(TRANSCRIPTS_SORTED, n);
  memory.fill(start, 0, (<usize>t.voxels + 2) << 2);
  for (let i = 0; i < n; i++) {
    const at = start + ((<usize>load<u32>(t.current + (<usize>i << 2)) + 2) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  // After this loop start[v + 1] is the beginning of bucket v; filling turns it into the end, the beginning of v + 1.
  let sum: u32 = 0;
  for (let v = 2; v <= t.voxels; v++) {
    sum += load<u32>(start + (<usize>v << 2));
    store<u32>(start + (<usize>v << 2), sum);
  }
  for (let i = 0; i < n; i++) {
    const at = start + ((<usize>load<u32>(t.current + (<usize>i << 2)) + 1) << 2);
    const slot = load<u32>(at);
    store<u32>(at, slot + 1);
    store<u32>(t.bucketItem + (<usize>slot << 2), i);
  }
}

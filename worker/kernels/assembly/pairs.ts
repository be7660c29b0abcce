import { OUTSIDE, Tile } from './tile';
import { countWork, TRANSCRIPTS_SORTED, VOXELS_SCANNED } from './work';

/** The mismatch pair at `id` enters the list. Precondition: absent. */
// @ts-ignore: decorator
@inline
export function insertPair(t: Tile, id: u32): void {
  const at = t.pairCount;
  store<u32>(t.pairList + (<usize>at << 2), id);
  store<i32>(t.pairPosition + (<usize>id << 2), at);
  t.pairCount = at + 1;
}

/** The pair leaves the list; the last one takes its place. Precondition: present. */
// @ts-ignore: decorator
@inline
export function removePair(t: Tile, id: u32): void {
  const last = t.pairCount - 1;
  const at = load<i32>(t.pairPosition + (<usize>id << 2));
  const moved = load<u32>(t.pairList + (<usize>last << 2));
  store<u32>(t.pairList + (<usize>at << 2), moved);
  store<i32>(t.pairPosition + (<usize>moved << 2), at);
  store<i32>(t.pairPosition + (<usize>id << 2), -1);
  t.pairCount = last;
}

// @ts-ignore: decorator
@inline
export function labelAt(t: Tile, v: i32): u32 {
  return load<u16>(t.label + (<usize>v << 1));
}

/** Rebuilds pair list (in scan order), sizes and perimeters from the labels. */
export function recount(t: Tile): void {
  const L = t.layers;
  countWork(VOXELS_SCANNED, t.voxels);
  memory.fill(t.size, 0, <usize>t.cells << 2);
  memory.fill(t.layerSize, 0, (<usize>t.cells * <usize>L) << 2);
  memory.fill(t.perimeter, 0, (<usize>t.cells * <usize>L) << 2);
  memory.fill(t.pairPosition, 0xff, (<usize>t.voxels * 3) << 2);
  t.pairCount = 0;
  for (let l = 0; l < L; l++) {
    for (let j = 1; j <= t.height; j++) {
      let v = l * t.plane + j * t.stride + 1;
      for (let i = 0; i < t.width; i++, v++) recountVoxel(t, v, l);
    }
  }
}

function recountVoxel(t: Tile, v: i32, l: i32): void {
  const a = labelAt(t, v);
  const right = labelAt(t, v + 1);
  const below = labelAt(t, v + t.stride);
  if (right != a && right != OUTSIDE) insertPair(t, 3 * v);
  if (below != a && below != OUTSIDE) insertPair(t, 3 * v + 1);
  if (l + 1 < t.layers && labelAt(t, v + t.plane) != a) insertPair(t, 3 * v + 2);
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
  memory.fill(start, 0, (<usize>t.voxels + 1) << 2);
  for (let i = 0; i < n; i++) {
    const at = start + ((<usize>load<u32>(t.current + (<usize>i << 2)) + 1) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  // After this loop start[v] is the end of bucket v; filling backwards turns it into the beginning.
  let sum: u32 = 0;
  for (let v = 0; v <= t.voxels; v++) {
    sum += load<u32>(start + (<usize>v << 2));
    store<u32>(start + (<usize>v << 2), sum);
  }
  for (let v = 0; v < t.voxels; v++) store<u32>(start + (<usize>v << 2), load<u32>(start + (<usize>(v + 1) << 2)));
  for (let i = n - 1; i >= 0; i--) {
    const at = start + (<usize>load<u32>(t.current + (<usize>i << 2)) << 2);
    const slot = load<u32>(at) - 1;
    store<u32>(at, slot);
    store<u32>(t.bucketItem + (<usize>slot << 2), i);
  }
}

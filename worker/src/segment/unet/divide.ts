import type { UnetManifest } from '@spatile/formats/model/manifest';
import { checkPixelShape, openPixels, type PixelMemory } from '../../../kernels/bind-pixels.ts';
import { squaredDistance } from '../distance/distance.ts';
import type { Instances } from '../method.ts';
import { tidy } from '../tidy.ts';
import type { InsideMaps } from './maps.ts';

/** Keys per unit of the surface: pixels of distance, or a probability of 1. */
const STEPS_PER_PIXEL = 256;
const STEPS_OF_ONE = 65535;
/** How deep the distance must dip between two seeds, in um (h-maxima). */
const SEED_DEPTH_UM = 0.5;

/**
 * Divides the pixels of instances by a watershed: from the connected pieces of the inside where there is a border class,
 * else from the peaks of the distance to the background. Scores: mean probability of being inside, or for distances how
 * deep an instance is beside one of the expected size.
 */
export async function divideInside(
  maps: InsideMaps,
  rows: number,
  columns: number,
  pixelSizeUm: number,
  { decode, size }: UnetManifest,
): Promise<Instances> {
  checkPixelShape(rows, columns);
  const { classes, probability } = decode;
  const keys = classes === 'inside' ? await depthKeys(maps.mask, rows, columns) : surfaceKeys(maps, classes);
  const memory = await openPixels();
  const pixels = rows * columns;
  const radius = Math.ceil(size.maxUm / 2 / pixelSizeUm);
  const at = memory.reserve({
    keys: 2 * pixels,
    labels: 4 * pixels,
    next: 4 * pixels,
    // Pieces that touch at corners only are apart: up to half of the pixels of a noisy map are one each.
    seeds: 4 * (Math.ceil(pixels / 2) + 1),
    ranks: 4 * (Math.ceil(pixels / 2) + 1),
    list: 4 * (2 * Math.max(4, radius) + 1) ** 2,
    queues: 8 * 65536,
  });
  memory.shorts(at.keys, pixels).set(keys);
  memory.integers(at.labels, pixels).fill(0);
  const count =
    classes === 'insideBorder'
      ? seedsOfPieces(memory, at, maps.inside, keys, rows, columns, probability)
      : seedsOfPeaks(memory, at, rows, columns, pixelSizeUm, radius);
  memory.integers(at.labels, pixels).fill(0);
  const reachSq = radius ** 2;
  memory.kernel.flood(
    at.keys,
    rows,
    columns,
    at.seeds,
    count,
    reachSq,
    at.labels,
    at.next,
    at.queues,
    at.ranks,
  );
  const labels = memory.integers(at.labels, pixels).slice();
  const unit = classes === 'distance' ? size.expectedUm / 6 / pixelSizeUm : 1;
  const scores = scoresOf(labels, maps.inside, count, unit);
  return tidy(labels, rows, columns, scores, size.minAreaUm2 / pixelSizeUm ** 2);
}

async function depthKeys(mask: Uint8Array, rows: number, columns: number): Promise<Uint16Array> {
  const squared = await squaredDistance(mask, rows, columns);
  return Uint16Array.from(squared, (d) => Math.min(65535, Math.round(Math.sqrt(d) * STEPS_PER_PIXEL)));
}

function surfaceKeys({ inside, mask }: InsideMaps, classes: UnetManifest['decode']['classes']): Uint16Array {
  const steps = classes === 'distance' ? STEPS_PER_PIXEL : STEPS_OF_ONE;
  return Uint16Array.from(inside, (value, i) =>
    mask[i] === 0 ? 0 : Math.max(1, Math.min(65535, Math.round(value * steps))),
  );
}

type Places = Record<'keys' | 'labels' | 'next' | 'seeds' | 'list' | 'queues' | 'ranks', number>;

function seedsOfPeaks(
  { kernel }: PixelMemory,
  at: Places,
  rows: number,
  columns: number,
  pixelSizeUm: number,
  radius: number,
): number {
  const peaks = kernel.localMaxima(at.keys, rows, columns, at.seeds);
  const depth = Math.round((SEED_DEPTH_UM / pixelSizeUm) * STEPS_PER_PIXEL);
  const reach = Math.max(4, radius);
  return kernel.prominent(at.keys, rows, columns, at.seeds, peaks, depth, reach, 1, at.labels, at.list);
}

/** The highest pixel of each 4-connected piece of the inside, in the order of the pieces' first pixels. */
function seedsOfPieces(
  memory: PixelMemory,
  at: Places,
  inside: Float32Array,
  keys: Uint16Array,
  rows: number,
  columns: number,
  threshold: number,
): number {
  const seen = new Uint8Array(inside.length);
  const seeds: number[] = [];
  const stack: number[] = [];
  for (let start = 0; start < inside.length; start++) {
    if (seen[start] === 1 || keys[start] === 0 || !(inside[start] > threshold)) continue;
    let best = start;
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const place = stack.pop()!;
      if (keys[place] > keys[best] || (keys[place] === keys[best] && place < best)) best = place;
      const column = place % columns;
      for (const next of [
        place >= columns ? place - columns : -1,
        place < (rows - 1) * columns ? place + columns : -1,
        column > 0 ? place - 1 : -1,
        column < columns - 1 ? place + 1 : -1,
      ]) {
        if (next < 0 || seen[next] === 1 || keys[next] === 0 || !(inside[next] > threshold)) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
    seeds.push(best);
  }
  memory.integers(at.seeds, seeds.length).set(seeds);
  return seeds.length;
}

function scoresOf(labels: Int32Array, inside: Float32Array, count: number, unit: number): Float32Array {
  const sums = new Float64Array(count + 1);
  const pixels = new Float64Array(count + 1);
  for (let i = 0; i < labels.length; i++) {
    sums[labels[i]] += inside[i];
    pixels[labels[i]]++;
  }
  return Float32Array.from({ length: count }, (_, i) =>
    pixels[i + 1] === 0 ? 0 : Math.min(1, Math.max(0, sums[i + 1] / pixels[i + 1] / unit)),
  );
}

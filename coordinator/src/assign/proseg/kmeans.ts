import type { RandomStream } from '@spatile/random/stream';

export interface Clustering {
  /** Cluster of each point. */
  cluster: Uint32Array;
  /** Row-major clusters x width; clusters that got no point keep their start. */
  centres: Float64Array;
}

const MAX_ROUNDS = 500;

/**
 * Weighted k-means (Lloyd 1982) from a seeded k-means++ start (Arthur and Vassilvitskii 2007), until no point changes or 500
 * rounds. `points` is row-major n x width; with fewer points than clusters the rest stay empty. Ties go to the lower cluster.
 */
export function kmeans(
  points: ArrayLike<number>,
  width: number,
  clusters: number,
  stream: RandomStream,
  weights?: ArrayLike<number>,
): Clustering {
  const n = width === 0 ? 0 : points.length / width;
  const centres = new Float64Array(clusters * width);
  const cluster = new Uint32Array(n);
  if (n === 0) return { cluster, centres };
  const used = start(points, width, Math.min(clusters, n), centres, stream, weights);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const changed = assign(points, width, used, centres, cluster);
    if (changed === 0 && round > 0) break;
    recentre(points, width, used, centres, cluster, weights);
  }
  return { cluster, centres };
}

export function squaredDistance(
  a: ArrayLike<number>,
  i: number,
  b: ArrayLike<number>,
  j: number,
  width: number,
): number {
  let sum = 0;
  for (let d = 0; d < width; d++) {
    const difference = a[i * width + d] - b[j * width + d];
    sum += difference * difference;
  }
  return sum;
}

/** Chooses up to `clusters` distinct points as centres; returns how many there were. */
function start(
  points: ArrayLike<number>,
  width: number,
  clusters: number,
  centres: Float64Array,
  stream: RandomStream,
  weights?: ArrayLike<number>,
): number {
  const n = points.length / width;
  const nearest = new Float64Array(n).fill(1);
  for (let c = 0; c < clusters; c++) {
    const score = Float64Array.from(nearest, (distance, i) => distance * (weights?.[i] ?? 1));
    if (!score.some((value) => value > 0)) return c;
    const chosen = stream.categorical(score);
    for (let d = 0; d < width; d++) centres[c * width + d] = points[chosen * width + d];
    for (let i = 0; i < n; i++) {
      const distance = squaredDistance(points, i, centres, c, width);
      if (c === 0 || distance < nearest[i]) nearest[i] = distance;
    }
  }
  return clusters;
}

function assign(
  points: ArrayLike<number>,
  width: number,
  clusters: number,
  centres: Float64Array,
  cluster: Uint32Array,
): number {
  let changed = 0;
  for (let i = 0; i < cluster.length; i++) {
    let best = 0;
    let least = Infinity;
    for (let c = 0; c < clusters; c++) {
      const distance = squaredDistance(points, i, centres, c, width);
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    if (cluster[i] !== best) changed++;
    cluster[i] = best;
  }
  return changed;
}

function recentre(
  points: ArrayLike<number>,
  width: number,
  clusters: number,
  centres: Float64Array,
  cluster: Uint32Array,
  weights?: ArrayLike<number>,
): void {
  const mass = new Float64Array(clusters);
  const sums = new Float64Array(clusters * width);
  for (let i = 0; i < cluster.length; i++) {
    const weight = weights?.[i] ?? 1;
    mass[cluster[i]] += weight;
    for (let d = 0; d < width; d++) sums[cluster[i] * width + d] += weight * points[i * width + d];
  }
  for (let c = 0; c < clusters; c++) {
    if (mass[c] > 0) for (let d = 0; d < width; d++) centres[c * width + d] = sums[c * width + d] / mass[c];
  }
}

import { RandomStream } from '@spatile/random/stream';
import type { Molecules } from './molecules.ts';
import { PointGrid } from './nearest.ts';

/** Directions that the composition is projected to: enough to tell cell types apart. */
const WIDTH = 25;
const ROUNDS = 50;

/**
 * Neighbourhood composition vectors (Petukhov et al., 2022): the genes of the k nearest molecules of a molecule and of itself,
 * each weighing 1 / max(distance, unit), with sum 1. One at a time: genes and weights are handed to `visit` and reused.
 */
export function eachComposition(
  { x, y, z, gene }: Molecules,
  chosen: Uint32Array,
  k: number,
  unitUm: number,
  visit: (gene: Uint32Array, weight: Float64Array, length: number) => void,
): void {
  const grid = new PointGrid(x, y, z, 4);
  const found = new Uint32Array(k);
  const squared = new Float64Array(k);
  const genes = new Uint32Array(k + 1);
  const weights = new Float64Array(k + 1);
  for (const i of chosen) {
    const n = grid.nearest(i, k, found, squared);
    genes[0] = gene[i];
    weights[0] = 1 / unitUm;
    let sum = weights[0];
    for (let e = 0; e < n; e++) {
      genes[e + 1] = gene[found[e]];
      weights[e + 1] = 1 / Math.max(Math.sqrt(squared[e]), unitUm);
      sum += weights[e + 1];
    }
    for (let e = 0; e <= n; e++) weights[e] /= sum;
    visit(genes, weights, n + 1);
  }
}

/** Random projection of compositions, each gene weighed by `geneWeight`: rows of 25. */
export function projectCompositions(
  molecules: Molecules,
  chosen: Uint32Array,
  k: number,
  unitUm: number,
  geneWeight: Float64Array,
  directions: Float32Array,
): Float32Array {
  const out = new Float32Array(chosen.length * WIDTH);
  let row = 0;
  eachComposition(molecules, chosen, k, unitUm, (gene, weight, length) => {
    for (let e = 0; e < length; e++) {
      const value = weight[e] * geneWeight[gene[e]];
      for (let d = 0; d < WIDTH; d++) out[row * WIDTH + d] += value * directions[gene[e] * WIDTH + d];
    }
    row++;
  });
  return out;
}

/** Directions of the projection, genes x 25 (Johnson and Lindenstrauss, 1984). */
export function projectionDirections(genes: number, seed: number): Float32Array {
  const stream = new RandomStream(seed, 'assign.baysor.composition');
  return Float32Array.from({ length: genes * WIDTH }, () => stream.normal());
}

/**
 * k-means of rows of 25 (Lloyd's rounds from k-means++ of Arthur and Vassilvitskii, 2007): the cluster of each row, a function
 * of rows and seed. Fewer rows than clusters leave clusters empty.
 */
export function clusterRows(rows: Float32Array, clusters: number, seed: number): Uint8Array {
  const n = rows.length / WIDTH;
  const stream = new RandomStream(seed, 'assign.baysor.clusters');
  const centres = startCentres(rows, n, clusters, stream);
  const label = new Uint8Array(n);
  for (let round = 0; round < ROUNDS; round++) {
    let changed = 0;
    for (let i = 0; i < n; i++) {
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let t = 0; t < clusters; t++) {
        const d = squaredDistance(rows, i, centres, t);
        if (d < least) [best, least] = [t, d];
      }
      if (label[i] !== best) changed++;
      label[i] = best;
    }
    if (round > 0 && changed === 0) break;
    recentre(rows, label, centres, clusters);
  }
  return label;
}

function startCentres(rows: Float32Array, n: number, clusters: number, stream: RandomStream): Float64Array {
  const centres = new Float64Array(clusters * WIDTH);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  for (let t = 0; t < clusters && n > 0; t++) {
    let total = 0;
    for (let i = 0; i < n && t > 0; i++) total += nearest[i];
    const at = t === 0 || !(total > 0) ? stream.integer(n) : stream.categorical(nearest);
    for (let d = 0; d < WIDTH; d++) centres[t * WIDTH + d] = rows[at * WIDTH + d];
    for (let i = 0; i < n; i++) nearest[i] = Math.min(nearest[i], squaredDistance(rows, i, centres, t));
  }
  return centres;
}

function recentre(rows: Float32Array, label: Uint8Array, centres: Float64Array, clusters: number): void {
  const members = new Float64Array(clusters);
  const sums = new Float64Array(centres.length);
  label.forEach((t, i) => {
    members[t]++;
    for (let d = 0; d < WIDTH; d++) sums[t * WIDTH + d] += rows[i * WIDTH + d];
  });
  for (let t = 0; t < clusters; t++) {
    if (members[t] === 0) continue;
    for (let d = 0; d < WIDTH; d++) centres[t * WIDTH + d] = sums[t * WIDTH + d] / members[t];
  }
}

function squaredDistance(rows: Float32Array, i: number, centres: Float64Array, t: number): number {
  let sum = 0;
  for (let d = 0; d < WIDTH; d++) {
    const difference = rows[i * WIDTH + d] - centres[t * WIDTH + d];
    sum += difference * difference;
  }
  return sum;
}

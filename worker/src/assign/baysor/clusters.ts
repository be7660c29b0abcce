import { exp, ln } from '@spatile/random/elementary';
import type { Graph } from './graph.ts';

/** What the clustering of molecules looks at. */
export interface ClusterInput {
  gene: Uint32Array;
  confidence: Float64Array;
  graph: Graph;
  /** Length of an edge of weight one, microns. */
  unitUm: number;
}

const MOST_FIT_ITERATIONS = 100;
const MOST_FIELD_ITERATIONS = 30;
/** Mean change of a share at which the field counts as settled. */
const TOLERANCE = 1e-3;
/** Pseudo-count of a gene in a cluster's profile. */
const PSEUDO_COUNT = 1;

/**
 * Profiles of clusters of molecules: a mixture of categorical gene profiles with a Markov field over the graph (Petukhov et
 * al., 2022), by alternating expectation (synchronous) and maximisation. Returns ln p_t(g), clusters x genes.
 *
 * @param start first cluster of each molecule.
 */
export function fitClusters(
  input: ClusterInput,
  start: Uint8Array,
  clusters: number,
  genes: number,
): Float64Array {
  const { gene } = input;
  const share = new Float32Array(gene.length * clusters);
  const pull = pullsOf(input);
  start.forEach((t, i) => {
    share[i * clusters + t] = 1;
  });
  let profile = profilesOf(input, share, clusters, genes);
  for (let iteration = 0; iteration < MOST_FIT_ITERATIONS; iteration++) {
    const change = updateShares(input, pull, profile, share, clusters, genes);
    profile = profilesOf(input, share, clusters, genes);
    if (change < TOLERANCE) break;
  }
  return profile;
}

/** Cluster of each molecule (1 = the first) given frozen profiles: the most probable after the field has settled. */
export function clusterOfMolecules(
  input: ClusterInput,
  lnProfile: Float64Array,
  clusters: number,
  genes: number,
): Uint8Array {
  const n = input.gene.length;
  const share = new Float32Array(n * clusters).fill(1 / clusters);
  const pull = pullsOf(input);
  for (let iteration = 0; iteration < MOST_FIELD_ITERATIONS; iteration++)
    if (updateShares(input, pull, lnProfile, share, clusters, genes) < TOLERANCE) break;
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let t = 1; t < clusters; t++) if (share[i * clusters + t] > share[i * clusters + best]) best = t;
    out[i] = best + 1;
  }
  return out;
}

function profilesOf(
  { gene, confidence }: ClusterInput,
  share: Float32Array,
  clusters: number,
  genes: number,
): Float64Array {
  const count = new Float64Array(clusters * genes).fill(PSEUDO_COUNT);
  const total = new Float64Array(clusters).fill(genes * PSEUDO_COUNT);
  for (let i = 0; i < gene.length; i++) {
    for (let t = 0; t < clusters; t++) {
      const w = confidence[i] * share[i * clusters + t];
      count[t * genes + gene[i]] += w;
      total[t] += w;
    }
  }
  return count.map((c, k) => ln(c / total[Math.floor(k / genes)]));
}

/** Weight of every edge times the confidence of the neighbour at its end. */
function pullsOf({ graph: { neighbour, length }, confidence, unitUm }: ClusterInput): Float32Array {
  return length.map((d, e) => (unitUm / Math.max(d, unitUm)) * confidence[neighbour[e]]);
}

/** One synchronous pass; returns the mean over molecules of the largest change of a share, weighed by confidence. */
function updateShares(
  { gene, confidence, graph }: ClusterInput,
  pull: Float32Array,
  lnProfile: Float64Array,
  share: Float32Array,
  clusters: number,
  genes: number,
): number {
  const { start, neighbour } = graph;
  const before = share.slice();
  const value = new Float64Array(clusters);
  let change = 0;
  for (let i = 0; i < gene.length; i++) {
    for (let t = 0; t < clusters; t++) value[t] = lnProfile[t * genes + gene[i]];
    for (let e = start[i]; e < start[i + 1]; e++) {
      const from = neighbour[e] * clusters;
      const w = pull[e];
      for (let t = 0; t < clusters; t++) value[t] += w * before[from + t];
    }
    let most = value[0];
    for (let t = 1; t < clusters; t++) if (value[t] > most) most = value[t];
    let sum = 0;
    for (let t = 0; t < clusters; t++) {
      value[t] = exp(value[t] - most);
      sum += value[t];
    }
    let largest = 0;
    for (let t = 0; t < clusters; t++) {
      const at = i * clusters + t;
      share[at] = value[t] / sum;
      const difference = Math.abs(share[at] - before[at]);
      if (difference > largest) largest = difference;
    }
    change += confidence[i] * largest;
  }
  return change / Math.max(1, gene.length);
}

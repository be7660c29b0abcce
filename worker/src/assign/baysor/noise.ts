import type { BaysorModel } from '@spatile/formats/tile/baysor';
import { exp, ln } from '@spatile/random/elementary';
import { type Graph, quantile } from './graph.ts';
import type { Molecules } from './molecules.ts';
import { PointGrid } from './nearest.ts';

type Noise = BaysorModel['noise'];

const MOST_ITERATIONS = 1000;
const TOLERANCE = 0.005;
/** A component that holds one value only keeps this much spread, relative to its mean. */
const LEAST_SPREAD = 1e-3;

/** Which neighbour's distance tells noise from signal: max(floor(m / 2) + 1, 5). */
export const noiseNeighbour = (minTranscripts: number): number =>
  Math.max(Math.floor(minTranscripts / 2) + 1, 5);

/** Distance of every molecule to its k-th neighbour, microns; to the farthest where there are fewer, infinity without any. */
export function neighbourDistances({ n, x, y, z }: Molecules, k: number): Float64Array {
  const grid = new PointGrid(x, y, z, 4);
  const found = new Uint32Array(k);
  const squared = new Float64Array(k);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const got = grid.nearest(i, k, found, squared);
    out[i] = got === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(squared[got - 1]);
  }
  return out;
}

/**
 * Fits the mixture of two normals to the distances, with a Markov field over the graph that draws neighbours to one side
 * (Petukhov et al., Nat Biotechnol 40:345, 2022). In place, molecule after molecule.
 *
 * @param floor least probability to be real, in [0, 1] (molecules in a segment of the prior).
 * @param unitUm length of an edge of weight one, microns.
 */
export function fitNoise(
  distances: Float64Array,
  graph: Graph,
  floor: Float64Array,
  unitUm: number,
  k: number,
): Noise {
  const finite = distances.filter(Number.isFinite).sort();
  if (finite.length === 0) return { mean: [1, 1], sd: [1, 1], weight: [1, 0], cutUm: Number.MAX_VALUE, k };
  const mean: [number, number] = [quantile(finite, 0.1), quantile(finite, 0.9)];
  const start = Math.max((mean[1] - mean[0]) / 4, LEAST_SPREAD * mean[1], Number.MIN_VALUE);
  const sd: [number, number] = [start, start];
  const cutUm = mean[1] + 3 * start;
  const real = distances.map((d) =>
    d > cutUm ? 0 : share(1, density(d, mean[0], start), density(d, mean[1], start)),
  );
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    updateReal(real, distances, graph, floor, unitUm, { mean, sd, cutUm });
    const before = [...mean, ...sd];
    maximise(real, distances, mean, sd);
    const change = [...mean, ...sd].map((value, i) => Math.abs(value - before[i]) / before[i]);
    if (Math.max(...change) < TOLERANCE) break;
  }
  let n1 = 0;
  for (const p of real) n1 += p;
  const weight: [number, number] = [n1, real.length - n1];
  if (mean[0] <= mean[1]) return { mean, sd, weight, cutUm, k };
  return {
    mean: [mean[1], mean[0]],
    sd: [sd[1], sd[0]],
    weight: [weight[1], weight[0]],
    cutUm,
    k,
  };
}

function updateReal(
  real: Float64Array,
  distances: Float64Array,
  { start, neighbour, length }: Graph,
  floor: Float64Array,
  unitUm: number,
  { mean, sd, cutUm }: { mean: [number, number]; sd: [number, number]; cutUm: number },
): void {
  let n1 = 0;
  for (const p of real) n1 += p;
  const n2 = real.length - n1;
  for (let i = 0; i < real.length; i++) {
    if (distances[i] > cutUm) continue;
    let pull = 0;
    for (let e = start[i]; e < start[i + 1]; e++)
      pull += (unitUm / Math.max(length[e], unitUm)) * (2 * real[neighbour[e]] - 1);
    const p = share(
      exp(Math.min(pull, 700)) * (n1 / Math.max(n2, 1e-9)),
      density(distances[i], mean[0], sd[0]),
      density(distances[i], mean[1], sd[1]),
    );
    real[i] = floor[i] + p * (1 - floor[i]);
  }
}

function maximise(
  real: Float64Array,
  distances: Float64Array,
  mean: [number, number],
  sd: [number, number],
): void {
  for (const side of [0, 1] as const) {
    let weight = 0;
    let sum = 0;
    for (let i = 0; i < real.length; i++) {
      const w = weightOf(real[i], distances[i], side);
      weight += w;
      if (w > 0) sum += w * distances[i];
    }
    if (!(weight > 1e-9)) continue;
    const centre = sum / weight;
    let squares = 0;
    for (let i = 0; i < real.length; i++) {
      const w = weightOf(real[i], distances[i], side);
      if (w > 0) squares += w * (distances[i] - centre) ** 2;
    }
    mean[side] = centre;
    sd[side] = Math.max(Math.sqrt(squares / weight), LEAST_SPREAD * centre);
  }
}

const weightOf = (real: number, distance: number, side: 0 | 1): number =>
  Number.isFinite(distance) ? (side === 0 ? real : 1 - real) : 0;

/** odds * a / (odds * a + b); where both vanish the nearer side is not known: one half. */
function share(odds: number, a: number, b: number): number {
  const first = odds * a;
  const sum = first + b;
  return sum > 0 && Number.isFinite(sum) ? first / sum : first > b ? 1 : 0.5;
}

function density(d: number, mean: number, sd: number): number {
  const t = (d - mean) / sd;
  return exp(-0.5 * t * t) / sd;
}

/**
 * Probability of each molecule to be of a cell, given the frozen mixture and without the field; raised to
 * rho^2 + p (1 - rho^2) in segments of the prior.
 */
export function confidences(
  distances: Float64Array,
  segment: Uint32Array,
  noise: Noise,
  rho: number,
): Float64Array {
  const { mean, sd, weight, cutUm } = noise;
  const lnOdds = ln(Math.max(weight[0], 1e-9)) - ln(Math.max(weight[1], 1e-9)) + ln(sd[1]) - ln(sd[0]);
  return distances.map((d, i) => {
    // Nearer than real molecules are on average is never a mark of noise, however wide its normal.
    const t1 = (Math.max(d, mean[0]) - mean[0]) / sd[0];
    const t2 = (Math.max(d, mean[0]) - mean[1]) / sd[1];
    const p = d > cutUm ? 0 : 1 / (1 + exp(Math.min(0.5 * (t1 * t1 - t2 * t2) - lnOdds, 700)));
    const floor = segment[i] > 0 ? rho * rho : 0;
    return floor + p * (1 - floor);
  });
}

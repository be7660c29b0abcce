import type { LikelihoodTables } from './likelihood.ts';
import { RATE_GRID } from './likelihood.ts';
import type { Solver } from './solver.ts';

/** Scales of the noise that are tried: 0.10 to 0.70 by 0.01, then to 2.00 by 0.02. */
export const SIGMAS = [
  ...Array.from({ length: 61 }, (_, i) => (10 + i) / 100),
  ...Array.from({ length: 65 }, (_, i) => (72 + 2 * i) / 100),
];
const START = SIGMAS.indexOf(1);
const REACH = 8;
const ROUNDS = 8;
/** Overall errors of the predictions that are allowed for. */
const MULTIPLIERS = [0.8, 0.9, 1, 1.1, 1.2];
/** Most pairs of prediction and count that the likelihood is summed over. */
const MOST_PAIRS = 1_000_000;

/** Cells of the sample: sparse counts over the genes of the fit, and all transcripts of the cell. */
export interface SampleCell {
  gene: ArrayLike<number>;
  count: ArrayLike<number>;
  umi: number;
}

/**
 * The scale of the noise of a slide: of the candidates near the present one that of the largest likelihood, given weights
 * fitted at the present one, until it stays (RCTD, Cable et al. 2022).
 * @param progress is told the share of the rounds that is done.
 */
export function chooseSigma(
  solver: Solver,
  tables: LikelihoodTables,
  cells: readonly SampleCell[],
  types: number,
  genes: number,
  progress: (fraction: number) => void,
): number {
  const cache = new Map<number, Float64Array>();
  const tableOf = (index: number): Float64Array => {
    if (!cache.has(index)) cache.set(index, tables.table(SIGMAS[index]));
    return cache.get(index)!;
  };
  let present = START;
  for (let round = 0; round < ROUNDS; round++) {
    solver.setLikelihood(tableOf(present));
    const pairs = predictions(solver, cells, types, genes, tables.rows);
    const from = Math.max(0, present - REACH);
    const to = Math.min(SIGMAS.length - 1, present + REACH);
    let best = present;
    let most = Number.NEGATIVE_INFINITY;
    for (let index = from; index <= to; index++) {
      const value = likelihood(pairs, tableOf(index));
      if (value > most) [best, most] = [index, value];
    }
    for (const index of [...cache.keys()]) if (Math.abs(index - best) > REACH) cache.delete(index);
    progress((round + 1) / ROUNDS);
    if (best === present) break;
    present = best;
  }
  return SIGMAS[present];
}

interface Pairs {
  rate: Float64Array;
  count: Uint16Array;
}

/** Predicted rates and counts of an even sample of the genes of all cells. */
function predictions(
  solver: Solver,
  cells: readonly SampleCell[],
  types: number,
  genes: number,
  rows: number,
): Pairs {
  const all = cells.length * genes;
  const every = Math.max(1, Math.ceil(all / MOST_PAIRS));
  const rate = new Float64Array(Math.ceil(all / every));
  const count = new Uint16Array(rate.length);
  const dense = new Float64Array(genes);
  const list = Array.from({ length: types }, (_, k) => k);
  let at = 0;
  cells.forEach((cell, c) => {
    solver.setCell(cell.gene, cell.count, cell.umi);
    solver.weights(list);
    solver.scoreOfWeights(types);
    dense.fill(0);
    for (let i = 0; i < cell.gene.length; i++) dense[cell.gene[i]] = Math.min(cell.count[i], rows - 1);
    const first = (every - ((c * genes) % every)) % every;
    for (let j = first; j < genes; j += every) {
      rate[at] = solver.rates[j];
      count[at++] = dense[j];
    }
  });
  return { rate: rate.subarray(0, at), count: count.subarray(0, at) };
}

/** The largest log-likelihood over the multipliers. */
function likelihood({ rate, count }: Pairs, table: Float64Array): number {
  const { nodes, intervalOfL } = RATE_GRID;
  const rowLength = 4 * (nodes.length - 1);
  let most = Number.NEGATIVE_INFINITY;
  for (const multiplier of MULTIPLIERS) {
    let sum = 0;
    for (let i = 0; i < rate.length; i++) {
      const p = Math.min(Math.max(rate[i] * multiplier, 1e-4), 1600 - 1e-4);
      const interval = intervalOfL[Math.floor(Math.sqrt(p) * 1000)];
      const t = p - nodes[interval];
      const at = count[i] * rowLength + 4 * interval;
      sum += table[at] + t * (table[at + 1] + t * (table[at + 2] / 2 + (t * table[at + 3]) / 6));
    }
    most = Math.max(most, sum);
  }
  return most;
}

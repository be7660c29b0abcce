import { exp, ln } from '@spatile/random/elementary';
import type { KindCells } from './kind-cells.ts';
import { specificShares } from './specific-shares.ts';

/** Share of a cell's transcripts that strayed in from around, before its counts speak; worth so many transcripts. */
export const STRAY_SHARE = 0.4;
const STRAY_WORTH = 20;
/** Average transcripts of the slide that are added to what lies around a cell. */
const SLIDE_WORTH = 20;
/** Products of likelihood ratios are folded into a logarithm when they leave this range. */
const FOLD = 1e100;
/** Kinds that a cell is less likely of learn nothing from it. */
const LEAST_PROBABILITY = 1e-3;
/** Counts above this are raised by logarithm. */
const MOST_FACTORS = 6;

/** A mixture of kinds as far as it has come. */
export interface KindMixture {
  /** Share of gene g in kind t at `g * kinds + t`. */
  share: Float64Array;
  /** Transcripts that are added to what a kind made: by gene and kind, of the same shape. Null: see `specificShares`. */
  prior: Float64Array | null;
  /** Weight of each kind. */
  weight: Float64Array;
  /** Probability of kind t for cell c at `c * kinds + t`. */
  responsibility: Float64Array;
  /** Share of strays in each cell. */
  strayed: Float64Array;
  /** Log likelihood against cells that are all like the slide. */
  logLikelihood: number;
}

/**
 * One step of EM for the mixture of kinds in which a share e of what lies in a cell strayed in from the cells around,
 *
 *     p(gene g | cell c of kind t)  =  (1 - e[c]) share[g, t]  +  e[c] sum over u of around[c, u] share[g, u]
 *
 * where `around` mixes kinds as the neighbours of the cell do (weighed by distance and by their transcripts). Multinomial, so
 * what is learned is what a kind makes itself, not what its cells hold. `slide`: share of each gene on the slide, above 0.
 */
export function stepKinds(cells: KindCells, slide: Float64Array, before: KindMixture): KindMixture {
  const kinds = before.weight.length;
  const count = cells.total.length;
  const around = aroundOf(cells, before);
  const sums = before.prior?.slice() ?? new Float64Array(before.share.length);
  const responsibility = new Float64Array(count * kinds);
  const strayed = new Float64Array(count);
  const weight = new Float64Array(kinds).fill(1);
  const lnWeight = before.weight.map(ln);
  const score = new Float64Array(kinds);
  const ambient = new Float64Array(longest(cells.start));
  let logLikelihood = 0;
  for (let c = 0; c < count; c++) {
    scoreCell(cells, slide, before, c, around, ambient, score);
    for (let t = 0; t < kinds; t++) score[t] += lnWeight[t];
    const own = responsibility.subarray(c * kinds, (c + 1) * kinds);
    logLikelihood += normalise(score, own);
    let ownTotal = 0;
    for (let t = 0; t < kinds; t++) {
      weight[t] += own[t];
      if (own[t] >= LEAST_PROBABILITY) ownTotal += collect(cells, before, c, t, own[t], ambient, sums);
    }
    strayed[c] = 1 - (ownTotal + STRAY_WORTH * (1 - STRAY_SHARE)) / (cells.total[c] + STRAY_WORTH);
  }
  for (let t = 0; t < kinds; t++) weight[t] /= count + kinds;
  return {
    share: before.prior === null ? specificShares(sums, slide, kinds) : normalised(sums, kinds),
    prior: before.prior,
    weight,
    responsibility,
    strayed,
    logLikelihood,
  };
}

/** Adds what a cell would have made itself, were it of kind t, times the probability of that; returns the sum. */
function collect(
  { start, gene, count }: KindCells,
  { share, strayed, weight }: KindMixture,
  c: number,
  t: number,
  probability: number,
  ambient: Float64Array,
  sums: Float64Array,
): number {
  const kinds = weight.length;
  const made = 1 - strayed[c];
  let total = 0;
  for (let i = start[c]; i < start[c + 1]; i++) {
    const at = gene[i] * kinds + t;
    const own = made * share[at];
    const n = (probability * count[i] * own) / (own + ambient[i - start[c]]);
    sums[at] += n;
    total += n;
  }
  return total;
}

/** Ln of how much better each kind explains a cell than the slide does, into `score`; strays by entry into `ambient`. */
function scoreCell(
  { start, gene, count }: KindCells,
  slide: Float64Array,
  { share, strayed }: KindMixture,
  c: number,
  around: Float64Array,
  ambient: Float64Array,
  score: Float64Array,
): void {
  const kinds = score.length;
  const e = strayed[c];
  const made = 1 - e;
  const product = new Float64Array(kinds).fill(1);
  score.fill(0);
  for (let i = start[c]; i < start[c + 1]; i++) {
    const at = gene[i] * kinds;
    let mixed = 0;
    for (let t = 0; t < kinds; t++) mixed += around[c * kinds + t] * share[at + t];
    mixed *= e;
    ambient[i - start[c]] = mixed;
    const scale = 1 / slide[gene[i]];
    const n = count[i];
    for (let t = 0; t < kinds; t++) {
      const ratio = (made * share[at + t] + mixed) * scale;
      let value = product[t] * ratio;
      if (n > MOST_FACTORS) {
        score[t] += n * ln(ratio);
        continue;
      }
      for (let k = 1; k < n; k++) value *= ratio;
      if (value > FOLD || value < 1 / FOLD) {
        score[t] += ln(value);
        value = 1;
      }
      product[t] = value;
    }
  }
  for (let t = 0; t < kinds; t++) score[t] += ln(product[t]);
}

function longest(start: Uint32Array): number {
  let most = 0;
  for (let c = 0; c + 1 < start.length; c++) most = Math.max(most, start[c + 1] - start[c]);
  return most;
}

/** Probabilities of log scores into `out`; returns the ln of their sum. */
function normalise(score: Float64Array, out: Float64Array): number {
  let most = -Infinity;
  for (const value of score) most = Math.max(most, value);
  let sum = 0;
  for (let t = 0; t < score.length; t++) {
    out[t] = exp(score[t] - most);
    sum += out[t];
  }
  for (let t = 0; t < score.length; t++) out[t] /= sum;
  return most + ln(sum);
}

/** Mixture of kinds around each cell, cells x kinds. */
function aroundOf(cells: KindCells, { responsibility, weight }: KindMixture): Float64Array {
  const kinds = weight.length;
  const out = new Float64Array(cells.total.length * kinds);
  for (let c = 0; c < cells.total.length; c++) {
    let all = SLIDE_WORTH;
    const own = out.subarray(c * kinds, (c + 1) * kinds);
    for (let t = 0; t < kinds; t++) own[t] = SLIDE_WORTH * weight[t];
    for (let i = cells.nearStart[c]; i < cells.nearStart[c + 1]; i++) {
      const other = cells.near[i];
      const worth = cells.weight[i] * cells.total[other];
      all += worth;
      for (let t = 0; t < kinds; t++) own[t] += worth * responsibility[other * kinds + t];
    }
    for (let t = 0; t < kinds; t++) own[t] /= all;
  }
  return out;
}

/** Columns (kinds) that sum to 1. */
function normalised(values: Float64Array, kinds: number): Float64Array {
  const total = new Float64Array(kinds);
  for (let i = 0; i < values.length; i++) total[i % kinds] += values[i];
  return values.map((value, i) => value / total[i % kinds]);
}

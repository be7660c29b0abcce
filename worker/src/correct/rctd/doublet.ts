import type { Solver } from './solver.ts';

/** Weights above this make a type a candidate. */
const CANDIDATE_WEIGHT = 0.01;

/** What is known of a cell, in the order of `CELL_CLASSES` of `formats/tile/correct`. */
export type CellClass = 'reject' | 'singlet' | 'doublet_certain' | 'doublet_uncertain';

export interface Thresholds {
  /** A pair this close to the best is a rival. */
  confidence: number;
  /** A second type must lower the score by this. */
  doublet: number;
}

export interface DoubletResult {
  cellClass: CellClass;
  first: number;
  second: number;
  /** Whether the type itself is certain; otherwise only its class is, or (of a reject) nothing. */
  firstCertain: boolean;
  secondCertain: boolean;
  /** Weights of first and second, summing to 1. */
  firstWeight: number;
  secondWeight: number;
  /** Weights of all types, unconstrained. */
  weights: Float64Array;
  minScore: number;
  singletScore: number;
  convergedAll: boolean;
  convergedDoublet: boolean;
  scores: Scores;
}

/** Scores of the candidates of a cell, alone and by pairs (symmetric, candidates x candidates, diagonal 0). */
export interface Scores {
  candidates: number[];
  single: Float64Array;
  pair: Float64Array;
}

/**
 * Takes one cell apart into at most two types (doublet mode of RCTD, Cable et al. 2022).
 * @param groupOf class of each type; types of one class may stand for each other.
 */
export function fitDoublet(
  solver: Solver,
  groupOf: ArrayLike<number>,
  thresholds: Thresholds,
): DoubletResult {
  const full = solver.weights(Array.from(groupOf, (_, k) => k));
  const weights = full.weights.slice();
  const convergedAll = full.converged;
  const scores = scoreCandidates(solver, candidatesOf(weights));
  const verdict = classify(scores, groupOf, thresholds);
  const pair = solver.weights([verdict.first, verdict.second]);
  const total = pair.weights[0] + pair.weights[1];
  const firstWeight = total > 0 ? pair.weights[0] / total : 0.5;
  return {
    ...verdict,
    scores,
    weights,
    convergedAll,
    convergedDoublet: pair.converged,
    firstWeight,
    secondWeight: 1 - firstWeight,
  };
}

/** Types worth trying: those with weight, or the first three when none has any; never one alone. */
export function candidatesOf(weights: ArrayLike<number>): number[] {
  const candidates: number[] = [];
  for (let k = 0; k < weights.length; k++) if (weights[k] > CANDIDATE_WEIGHT) candidates.push(k);
  if (candidates.length === 0) return Array.from({ length: Math.min(3, weights.length) }, (_, k) => k);
  // A lone candidate gets a partner to be compared with; which one does not matter.
  if (candidates.length === 1) candidates.push(candidates[0] === 0 ? 1 : 0);
  return candidates;
}

/** Scores of candidates alone and by pairs; a pair's is never above those of its types. */
export function scoreCandidates(solver: Solver, candidates: number[]): Scores {
  const n = candidates.length;
  const single = Float64Array.from(candidates, (k) => solver.scoreOne(k));
  const pair = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      // A type more cannot be worse; where the likelihood has several minima the search for two may end in a higher one.
      pair[a * n + b] = Math.min(single[a], single[b], solver.scorePair(candidates[a], candidates[b]));
      pair[b * n + a] = pair[a * n + b];
    }
  }
  return { candidates, single, pair };
}

type Verdict = Pick<
  DoubletResult,
  'cellClass' | 'first' | 'second' | 'firstCertain' | 'secondCertain' | 'minScore' | 'singletScore'
>;

/** The class of a cell by the scores of its candidates. */
export function classify(scores: Scores, groupOf: ArrayLike<number>, thresholds: Thresholds): Verdict {
  const { candidates } = scores;
  const n = candidates.length;
  let [best, partner] = [0, 1];
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++)
      if (scores.pair[a * n + b] < scores.pair[best * n + partner]) [best, partner] = [a, b];
  const minScore = scores.pair[best * n + partner];
  const one = certaintyOf(best, scores, groupOf, minScore + thresholds.confidence);
  const two = certaintyOf(partner, scores, groupOf, minScore + thresholds.confidence);
  const swapped = one.group === two.group ? two.score < one.score : two.group;
  const [head, tail] = swapped ? [two, one] : [one, two];
  const certain = Number(one.group) + Number(two.group);
  const singletScore = certain === 0 ? minScore + 2 * thresholds.doublet : head.score;
  const cellClass: CellClass =
    singletScore - minScore < thresholds.doublet
      ? 'singlet'
      : (['reject', 'doublet_uncertain', 'doublet_certain'] as const)[certain];
  return {
    cellClass,
    first: candidates[certain === 0 ? best : head.candidate],
    second: candidates[certain === 0 ? partner : tail.candidate],
    firstCertain: certain === 0 ? false : head.type,
    secondCertain: certain === 0 ? false : tail.type,
    minScore,
    singletScore,
  };
}

/**
 * Whether every pair that rivals the best contains this candidate (`type`), or at least one of its class (`group`), and its
 * score alone: for a certain class the lowest of the types of that class among the rivals.
 */
function certaintyOf(
  candidate: number,
  { candidates, single, pair }: Scores,
  groupOf: ArrayLike<number>,
  limit: number,
): { candidate: number; type: boolean; group: boolean; score: number } {
  const n = candidates.length;
  const own = groupOf[candidates[candidate]];
  let type = true;
  let group = true;
  let lowest = single[candidate];
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      if (pair[a * n + b] >= limit || a === candidate || b === candidate) continue;
      type = false;
      const alike = [a, b].filter((c) => groupOf[candidates[c]] === own);
      if (alike.length === 0) group = false;
      for (const c of alike) lowest = Math.min(lowest, single[c]);
    }
  }
  return { candidate, type, group, score: group && !type ? lowest : single[candidate] };
}

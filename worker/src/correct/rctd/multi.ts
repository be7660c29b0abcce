import type { Thresholds } from './doublet.ts';
import type { Solver } from './solver.ts';

const CANDIDATE_WEIGHT = 0.01;
/** Rounds of a fit whose score alone is wanted. */
const SCORE_ROUNDS = 25;

export interface MultiResult {
  /** Types in the order in which they were taken. */
  types: number[];
  confident: boolean[];
  /** Sum to 1. */
  subWeights: Float64Array;
  weights: Float64Array;
  minScore: number;
  converged: boolean;
}

/**
 * Takes one cell apart into up to `most` types, one after the other while each lowers the score by the doublet threshold
 * (multi mode of RCTD, Cable et al. 2022). A cell without a candidate gets no type.
 */
export function fitMulti(solver: Solver, types: number, thresholds: Thresholds, most: number): MultiResult {
  const full = solver.weights(Array.from({ length: types }, (_, k) => k));
  const weights = full.weights.slice();
  const candidates: number[] = [];
  weights.forEach((w, k) => {
    if (w > CANDIDATE_WEIGHT) candidates.push(k);
  });
  const { chosen, score } = choose(solver, candidates, thresholds.doublet, most);
  const confident = chosen.map((type) => {
    const rest = chosen.filter((k) => k !== type);
    return candidates.every(
      (k) => chosen.includes(k) || scoreOf(solver, [...rest, k]) > score + thresholds.confidence,
    );
  });
  if (chosen.length === 0)
    return {
      types: [],
      confident,
      subWeights: new Float64Array(0),
      weights,
      minScore: Number.NaN,
      converged: full.converged,
    };
  const fitted = solver.weights(chosen);
  const total = fitted.weights.reduce((a, b) => a + b, 0);
  return {
    types: chosen,
    confident,
    subWeights: fitted.weights.map((w) => (total > 0 ? w / total : 1 / chosen.length)),
    weights,
    minScore: score,
    converged: full.converged && fitted.converged,
  };
}

function choose(
  solver: Solver,
  candidates: readonly number[],
  gain: number,
  most: number,
): { chosen: number[]; score: number } {
  let chosen: number[] = [];
  let score = Number.POSITIVE_INFINITY;
  while (chosen.length < Math.min(most, candidates.length)) {
    let next = -1;
    let lowest = Number.POSITIVE_INFINITY;
    for (const k of candidates) {
      if (chosen.includes(k)) continue;
      const value = scoreOf(solver, [...chosen, k]);
      if (value < lowest) [next, lowest] = [k, value];
    }
    if (next < 0 || score - lowest <= gain) break;
    chosen = [...chosen, next];
    score = lowest;
  }
  return { chosen, score };
}

function scoreOf(solver: Solver, list: readonly number[]): number {
  if (list.length === 1) return solver.scoreOne(list[0]);
  if (list.length === 2) return solver.scorePair(list[0], list[1]);
  solver.weights(list, SCORE_ROUNDS);
  return solver.scoreOfWeights(list.length);
}

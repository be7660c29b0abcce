import { LikelihoodTables } from '@spatile/worker/correct/rctd/likelihood';
import { Solver } from '@spatile/worker/correct/rctd/solver';

/** The toy of the methods reference: 60 genes, 3 types, 20 genes of its own each. */
export const TOY = { types: 3, genes: 60, shares: toyShares() };

function toyShares(): Float64Array {
  return Float64Array.from({ length: 180 }, (_, i) =>
    Math.floor((i % 60) / 20) === Math.floor(i / 60) ? 0.04 : 0.005,
  );
}

/** Noise-free counts of a mixture, rounded. */
export function toyCounts(umi: number, weights: readonly number[]): number[] {
  return Array.from({ length: 60 }, (_, j) =>
    Math.round(umi * weights.reduce((sum, w, k) => sum + w * TOY.shares[k * 60 + j], 0)),
  );
}

const tables = new LikelihoodTables(130);

/** A solver of some profiles with the likelihood of one sigma; counts below 130. */
export async function solverOf(
  profiles: { types: number; genes: number; shares: Float64Array },
  sigma: number,
): Promise<Solver> {
  const solver = await Solver.create(profiles, tables.rows);
  solver.setSigma(tables, sigma);
  return solver;
}

/** Takes a cell given as counts of all genes. */
export function takeCell(solver: Solver, counts: readonly number[], umi: number): void {
  const gene = counts.flatMap((n, j) => (n > 0 ? [j] : []));
  solver.setCell(
    gene,
    gene.map((j) => counts[j]),
    umi,
  );
}

import { type BoundRctd, bindRctd } from '../../../kernels/bind-rctd.ts';
import { type LikelihoodTables, RATE_GRID, ROW_BYTES } from './likelihood.ts';

/** Share of a full step that is taken, and the change of weights (summed) at which a fit ends. */
const DAMPING = 0.3;
const TOLERANCE = 0.001;
/** Rounds of a fit whose weights are wanted. */
const ROUNDS = 50;
/** From steps of this size on the Hessian of every second round serves for the next as well. */
const SETTLED = 0.15;
/** Steps shorter than this (summed) lie near enough to the minimum for the rest of their path to be known. */
const NEAR = 0.1;

/** Profiles by which cells are taken apart: expression shares of the genes of a fit, types x genes. */
export interface Profiles {
  types: number;
  genes: number;
  shares: Float64Array;
}

/** Fits the weights of cell types to one cell at a time (RCTD, Cable et al. 2022), by the WebAssembly kernel. */
export class Solver {
  readonly #bound: BoundRctd;
  readonly #rows: number;
  #umi = 0;

  private constructor(bound: BoundRctd) {
    this.#bound = bound;
    this.#rows = bound.sizes.rows;
  }

  /** @param rows of the likelihood tables that it will be given. */
  static async create({ types, genes, shares }: Profiles, rows: number): Promise<Solver> {
    const bound = await bindRctd({ types, genes, rows, rowBytes: ROW_BYTES }, RATE_GRID);
    for (let k = 0; k < types; k++)
      bound.profiles.set(shares.subarray(k * genes, (k + 1) * genes), k * bound.stride);
    return new Solver(bound);
  }

  get wasmPages(): number {
    return this.#bound.wasmPages;
  }

  /** Takes the likelihood for one sigma: `LikelihoodTables.table`. */
  setLikelihood(table: Float64Array): void {
    this.#bound.table.set(table);
  }

  setSigma(tables: LikelihoodTables, sigma: number): void {
    this.setLikelihood(tables.table(sigma));
  }

  /**
   * Takes a cell.
   * @param gene, count of its non-zero counts; genes are numbered as in the profiles.
   * @param umi its transcripts, those of genes outside the fit included.
   */
  setCell(gene: ArrayLike<number>, count: ArrayLike<number>, umi: number): void {
    const { rowOf } = this.#bound;
    rowOf.fill(0);
    for (let i = 0; i < gene.length; i++) rowOf[gene[i]] = Math.min(count[i], this.#rows - 1) * ROW_BYTES;
    this.#umi = umi;
  }

  /**
   * Weights of the types in `list`, >= 0, not summing to 1 (a view that the next call overwrites).
   * `converged` is false when the rounds ran out.
   */
  weights(list: ArrayLike<number>, rounds = ROUNDS): { weights: Float64Array; converged: boolean } {
    const { columns, weights, kernel } = this.#bound;
    columns.set(list);
    const taken = kernel.solve(list.length, this.#umi, DAMPING, rounds, TOLERANCE, SETTLED, NEAR);
    return { weights: weights.subarray(0, list.length), converged: taken > 0 };
  }

  /** Negative log-likelihood at the weights of the last `weights`, which were of `n` types. */
  scoreOfWeights(n: number): number {
    return this.#bound.kernel.scoreOf(n, this.#umi);
  }

  /** Rates at the weights of the last `scoreOfWeights`, a view. */
  get rates(): Float64Array {
    return this.#bound.rates;
  }

  /** Lowest negative log-likelihood of one type, and of two. */
  scoreOne(type: number): number {
    return this.#bound.kernel.scoreOne(type, this.#umi);
  }

  scorePair(a: number, b: number): number {
    return this.#bound.kernel.scorePair(a, b, this.#umi);
  }
}

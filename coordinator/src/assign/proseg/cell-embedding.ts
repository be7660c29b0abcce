import type { RandomStream } from '@spatile/random/stream';
import type { KindCells } from './kind-cells.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Steps of Lanczos: on wide panels the first ten directions of 200 to 2,500 cells stand still after 60. */
const STEPS = 64;
/** A direction that is left with less than this is nothing but rounding. */
const NOTHING = 1e-9;

/**
 * Where cells lie by what they hold: the first `width` axes of their residuals (n - expected) / sqrt(expected) against cells that
 * are all like the slide, which is correspondence analysis (Greenacre, Theory and Applications of Correspondence Analysis, 1984),
 * each cell at length 1. A single cell shows a few genes of thousands; a direction sums over all of them. Cells x width,
 * row-major; 0 for cells without transcripts. By Lanczos' method with full reorthogonalisation, the residuals never written out.
 * `slide`: share of each gene on the slide, above 0.
 */
export function embedCells(
  cells: KindCells,
  slide: Float64Array,
  width: number,
  stream: RandomStream,
): Float64Array {
  const n = cells.total.length;
  const residuals = new Residuals(cells, slide);
  const basis: Float64Array[] = [];
  const along: number[] = [];
  const across: number[] = [];
  let next = unit(Float64Array.from(cells.total, (total) => (total > 0 ? stream.normal() : 0)));
  while (next !== null && basis.length < Math.min(STEPS, n)) {
    basis.push(next);
    const image = residuals.gramTimes(next);
    along.push(dot(next, image));
    // Twice is enough to keep the basis orthogonal to rounding.
    for (let pass = 0; pass < 2; pass++)
      for (const earlier of basis) subtract(image, earlier, dot(earlier, image));
    across.push(Math.sqrt(dot(image, image)));
    next = unit(image, NOTHING * Math.max(...along, 1));
  }
  return ofLengthOne(axes(basis, along, across, n, width), width);
}

/** The residuals of cells x genes, as a sparse matrix less one of rank 1. */
class Residuals {
  readonly #cells: KindCells;
  /** Entries n / sqrt(total * share); square roots of totals and shares. */
  readonly #entry: Float64Array;
  readonly #rootTotal: Float64Array;
  readonly #rootShare: Float64Array;

  constructor(cells: KindCells, slide: Float64Array) {
    this.#cells = cells;
    this.#rootTotal = cells.total.map(Math.sqrt);
    this.#rootShare = slide.map(Math.sqrt);
    this.#entry = new Float64Array(cells.gene.length);
    for (let c = 0; c < cells.total.length; c++)
      for (let i = cells.start[c]; i < cells.start[c + 1]; i++)
        this.#entry[i] = cells.count[i] / (this.#rootTotal[c] * this.#rootShare[cells.gene[i]]);
  }

  /** Residuals times their transpose times a vector over cells. */
  gramTimes(x: Float64Array): Float64Array {
    const { start, gene } = this.#cells;
    const ofGenes = new Float64Array(this.#rootShare.length);
    for (let c = 0; c < x.length; c++)
      for (let i = start[c]; i < start[c + 1]; i++) ofGenes[gene[i]] += this.#entry[i] * x[c];
    subtract(ofGenes, this.#rootShare, dot(this.#rootTotal, x));
    const out = new Float64Array(x.length);
    for (let c = 0; c < x.length; c++)
      for (let i = start[c]; i < start[c + 1]; i++) out[c] += this.#entry[i] * ofGenes[gene[i]];
    subtract(out, this.#rootTotal, dot(this.#rootShare, ofGenes));
    return out;
  }
}

/** Coordinates on the directions that vary most, from the tridiagonal matrix of the basis. */
function axes(
  basis: readonly Float64Array[],
  along: readonly number[],
  across: readonly number[],
  cells: number,
  width: number,
): Float64Array {
  const m = basis.length;
  const small = new Float64Array(m * m);
  for (let k = 0; k < m; k++) {
    small[k * m + k] = along[k];
    if (k + 1 < m) small[k * m + k + 1] = small[(k + 1) * m + k] = across[k];
  }
  const { values, vectors } = symmetricEigen(small, m);
  const out = new Float64Array(cells * width);
  for (let d = 0; d < Math.min(width, m); d++) {
    const scale = Math.sqrt(Math.max(0, values[d]));
    for (let k = 0; k < m; k++)
      for (let c = 0; c < cells; c++) out[c * width + d] += scale * vectors[d * m + k] * basis[k][c];
  }
  return out;
}

/** Rows scaled to length 1: how much a cell holds says nothing of its kind. */
function ofLengthOne(rows: Float64Array, width: number): Float64Array {
  for (let from = 0; from < rows.length; from += width) {
    const row = rows.subarray(from, from + width);
    const length = Math.sqrt(dot(row, row));
    if (length > 0) for (let d = 0; d < width; d++) row[d] /= length;
  }
  return rows;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(from: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= times * what[i];
}

/** The vector at length 1; null when it is no longer than `least`. */
function unit(vector: Float64Array, least = 0): Float64Array | null {
  const length = Math.sqrt(dot(vector, vector));
  return length > least ? vector.map((value) => value / length) : null;
}

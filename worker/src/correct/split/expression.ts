import type { SparseRows } from '@spatile/formats/tile/correct';
import type { ExpressionSpace } from '@spatile/formats/tile/shift';
import { ln1p } from '@spatile/random/elementary';

/** A value so many deviations above the mean counts as no more, so that one gene does not place a cell. */
const MOST_DEVIATIONS = 10;

/** Sparse rows of values. */
export interface Rows {
  /** Entries before each row. */
  start: Float64Array;
  column: Uint32Array;
  value: Float64Array;
}

/** Counts of cells as ln(1 + count x scale / total), genes renamed by `place`; those of negative places are left out. */
export function normalised({ length, gene, count }: SparseRows, scale: number, place: Int32Array): Rows {
  const out = {
    start: new Float64Array(length.length + 1),
    column: new Uint32Array(gene.length),
    value: new Float64Array(gene.length),
  };
  const totals = totalsOf({ length, gene, count });
  let [from, to] = [0, 0];
  length.forEach((entries, i) => {
    for (let e = from; e < from + entries; e++) {
      if (place[gene[e]] < 0) continue;
      out.column[to] = place[gene[e]];
      out.value[to++] = ln1p((count[e] * scale) / totals[i]);
    }
    from += entries;
    out.start[i + 1] = to;
  });
  return out;
}

/** Transcripts of each cell. */
export function totalsOf({ length, count }: SparseRows): Float64Array {
  let e = 0;
  return Float64Array.from(length, (entries) => {
    let sum = 0;
    for (const end = e + entries; e < end; e++) sum += count[e];
    return sum;
  });
}

/** Place of each gene of a table among the genes of a space; -1 for those without part. */
export function placesIn(gene: Int32Array, tableGenes: number): Int32Array {
  const place = new Int32Array(tableGenes).fill(-1);
  gene.forEach((g, i) => {
    place[g] = i;
  });
  return place;
}

/** Caps values of rows and divides them by the deviation of their gene, in place. */
export function standardise(rows: Rows, mean: Float64Array, deviation: Float64Array): void {
  for (let e = 0; e < rows.start[rows.start.length - 1]; e++) {
    const g = rows.column[e];
    rows.value[e] = Math.min(rows.value[e], mean[g] + MOST_DEVIATIONS * deviation[g]) / deviation[g];
  }
}

/** Places of standardised rows, rows x components: their product with the loadings less that of the mean cell. */
export function project(
  rows: Rows,
  { mean, deviation }: Pick<ExpressionSpace, 'mean' | 'deviation'>,
  loading: ArrayLike<number>,
  components: number,
): Float64Array {
  const n = rows.start.length - 1;
  const middle = new Float64Array(components);
  for (let g = 0; g < mean.length; g++)
    for (let c = 0; c < components; c++) middle[c] += (mean[g] / deviation[g]) * loading[g * components + c];
  const out = new Float64Array(n * components);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < components; c++) out[i * components + c] = -middle[c];
    for (let e = rows.start[i]; e < rows.start[i + 1]; e++) {
      const from = rows.column[e] * components;
      for (let c = 0; c < components; c++) out[i * components + c] += rows.value[e] * loading[from + c];
    }
  }
  return out;
}

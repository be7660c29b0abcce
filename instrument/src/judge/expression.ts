import type { GroupedRows } from './contingency.ts';

/** Cells with fewer transcripts say nothing about expression. */
const MIN_TRANSCRIPTS = 10;

interface ExpressionInput {
  /** Gene of each truth row. */
  gene: ArrayLike<number>;
  genes: number;
  trueRows: GroupedRows;
  predictedRows: GroupedRows;
  /** Predicted cell of true cell t at `match[t]`; 0 = none. */
  match: Uint32Array;
}

/**
 * For every true cell with at least 10 transcripts the Pearson correlation over genes between its counts and those of its
 * matched cell, each less what a cell of that size would hold if all cells were alike; so a cell filled at random scores
 * 0, not the correlation that shared abundant genes give. Unmatched cells score 0; NaN = too few transcripts.
 */
export function expressionCorrelations(input: ExpressionInput): Float64Array {
  const { trueRows, predictedRows, match, gene, genes } = input;
  const cells = trueRows.start.length - 2;
  const mean = meanProfile(input);
  const a = new Float64Array(genes);
  const b = new Float64Array(genes);
  const out = new Float64Array(cells + 1).fill(Number.NaN);
  for (let t = 1; t <= cells; t++) {
    if (trueRows.start[t + 1] - trueRows.start[t] < MIN_TRANSCRIPTS) continue;
    out[t] = 0;
    if (match[t] === 0) continue;
    const touched = new Set<number>();
    count(trueRows, t, gene, a, touched);
    count(predictedRows, match[t], gene, b, touched);
    out[t] = centredCorrelation(a, b, mean, touched);
    for (const g of touched) a[g] = b[g] = 0;
  }
  return out;
}

/** Share of each gene in all transcripts of true cells. */
function meanProfile({ gene, genes, trueRows }: ExpressionInput): Profile {
  const share = new Float64Array(genes);
  let total = 0;
  for (let k = trueRows.start[1]; k < trueRows.order.length; k++) {
    share[gene[trueRows.order[k]]]++;
    total++;
  }
  let squared = 0;
  for (let g = 0; g < genes; g++) {
    share[g] /= Math.max(1, total);
    squared += share[g] * share[g];
  }
  return { share, squared };
}

interface Profile {
  share: Float64Array;
  /** Sum of squared shares. */
  squared: number;
}

function count(
  rows: GroupedRows,
  label: number,
  gene: ArrayLike<number>,
  into: Float64Array,
  touched: Set<number>,
): void {
  for (let k = rows.start[label]; k < rows.start[label + 1]; k++) {
    const g = gene[rows.order[k]];
    into[g]++;
    touched.add(g);
  }
}

/** Correlation of a - |a| m and b - |b| m from sums over the genes that occur; their means over genes are 0. */
function centredCorrelation(a: Float64Array, b: Float64Array, mean: Profile, touched: Set<number>): number {
  let [na, nb, aa, bb, ab, am, bm] = [0, 0, 0, 0, 0, 0, 0];
  for (const g of touched) {
    const m = mean.share[g];
    na += a[g];
    nb += b[g];
    aa += a[g] * a[g];
    bb += b[g] * b[g];
    ab += a[g] * b[g];
    am += a[g] * m;
    bm += b[g] * m;
  }
  const covariance = ab - nb * am - na * bm + na * nb * mean.squared;
  const varianceA = aa - 2 * na * am + na * na * mean.squared;
  const varianceB = bb - 2 * nb * bm + nb * nb * mean.squared;
  const scale = Math.sqrt(varianceA * varianceB);
  return scale > 1e-9 ? covariance / scale : 0;
}

import { type FactorsInput, factorsFrame, readFit } from '@spatile/formats/tile/celladmix';
import { RandomStream } from '@spatile/random/stream';
import { bindCelladmix } from '../../../kernels/bind-celladmix.ts';
import type { Handler } from '../../handler.ts';

/** Updates between two looks at what the loss gained. */
const LOOK = 10;
/** Weight of a gene that no neighbourhood holds (Mitchel et al.). */
const ABSENT_WEIGHT = 1e-4;

/**
 * Factors of neighbourhoods from one random start: non-negative factorisation under weighted least squares, each gene weighted
 * by 1 / its total, by multiplicative updates (Mitchel et al., bioRxiv 2025.01.02.631135).
 */
export const fitFactors: Handler = async (frame, context) => {
  const input = readFit(frame);
  const { vectors, genes, settings } = input;
  const { factors, iterations, tolerance } = settings;
  const rows = vectors.length.length;
  const k = factors + (factors % 2);
  const { kernel, lay } = await bindCelladmix();
  const { at, view } = lay({
    start: ['i32', rows + 1],
    column: ['i32', vectors.gene.length],
    value: ['f64', vectors.gene.length],
    w: ['f64', rows * k],
    h: ['f64', genes * k],
    scratch: ['f64', (genes + 1 + 2 * k) * k],
  });
  const root = rootWeights(input);
  view.start[0] = 0;
  vectors.length.forEach((n, i) => {
    view.start[i + 1] = view.start[i] + n;
  });
  view.column.set(vectors.gene);
  let squares = 0;
  vectors.count.forEach((n, e) => {
    view.value[e] = n * root[vectors.gene[e]];
    squares += view.value[e] * view.value[e];
  });
  const stream = new RandomStream(settings.seed, 'correct.celladmix.factors', settings.start);
  view.w.fill(0);
  view.h.fill(0);
  for (let i = 0; i < rows; i++) for (let f = 0; f < factors; f++) view.w[i * k + f] = stream.uniform();
  for (let g = 0; g < genes; g++)
    for (let f = 0; f < factors; f++) view.h[g * k + f] = stream.uniform() * root[g];
  let loss = squares;
  let looked = Number.POSITIVE_INFINITY;
  let made = 0;
  while (made < iterations) {
    loss = kernel.updateFactors(
      rows,
      genes,
      k,
      at.start,
      at.column,
      at.value,
      at.w,
      at.h,
      at.scratch,
      squares,
    );
    made++;
    if (made % LOOK !== 0) continue;
    if (looked - loss <= tolerance * squares) break;
    looked = loss;
    context.progress(made / iterations);
  }
  context.count({ factorUpdates: made });
  return factorsFrame({ loadings: shares(view.h, root, genes, factors, k), factors, loss, iterations: made });
};

/** Root of the weight of each gene. */
function rootWeights({ vectors, genes }: FactorsInput): Float64Array {
  const total = new Float64Array(genes);
  vectors.gene.forEach((g, e) => {
    total[g] += vectors.count[e];
  });
  return total.map((n) => Math.sqrt(n > 0 ? 1 / n : ABSENT_WEIGHT));
}

/** Shares of genes in each factor, genes x factors, of the weighted H. */
function shares(
  h: Float64Array,
  root: Float64Array,
  genes: number,
  factors: number,
  k: number,
): Float64Array {
  const out = new Float64Array(genes * factors);
  for (let f = 0; f < factors; f++) {
    let sum = 0;
    for (let g = 0; g < genes; g++) sum += h[g * k + f] / root[g];
    if (sum > 0) for (let g = 0; g < genes; g++) out[g * factors + f] = h[g * k + f] / root[g] / sum;
  }
  return out;
}

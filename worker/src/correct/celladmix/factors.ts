import { type FactorsInput, factorsFrame, readFit } from '@spatile/formats/tile/celladmix';
import { RandomStream } from '@spatile/random/stream';
import { type BoundCelladmix, bindCelladmix } from '../../../kernels/bind-celladmix.ts';
import type { Handler, HandlerContext } from '../../handler.ts';
import { projected } from './projection.ts';

/** Updates between two looks at what the loss gained. */
const LOOK = 10;

/** Genes that factors are learned from, and their weights. */
export interface FitGenes {
  /** Place of each gene among those that factors are learned from; -1 for the others. */
  column: Int32Array;
  columns: number;
  /** Root of the weight of each gene. */
  root: Float64Array;
}

/**
 * Factors of neighbourhoods from one random start: non-negative factorisation under weighted least squares, each gene weighted
 * by 1 / its total, by multiplicative updates (Mitchel et al., bioRxiv 2025.01.02.631135). The most frequent genes shape the
 * factors; those of the others follow.
 */
export const fitFactors: Handler = async (frame, context) => {
  const input = readFit(frame);
  const genes = fitGenes(input);
  const fitted = updated(await bindCelladmix(), input, genes, context);
  const { loss, made } = fitted;
  context.count({ factorUpdates: made });
  const { factors } = input.settings;
  return factorsFrame({ loadings: projected(input, genes, fitted), factors, loss, iterations: made });
};

/** The `most` genes of the largest totals, equally frequent ones by number; genes that no neighbourhood holds are left out. */
function fitGenes({ vectors, genes, settings }: FactorsInput): FitGenes {
  const total = new Float64Array(genes);
  vectors.gene.forEach((g, e) => {
    total[g] += vectors.count[e];
  });
  const chosen = Array.from({ length: genes }, (_, g) => g)
    .filter((g) => total[g] > 0)
    .sort((a, b) => total[b] - total[a] || a - b)
    .slice(0, settings.genes)
    .sort((a, b) => a - b);
  const column = new Int32Array(genes).fill(-1);
  chosen.forEach((g, i) => {
    column[g] = i;
  });
  return {
    column,
    columns: chosen.length,
    root: total.map((n) => (n > 0 ? Math.sqrt(1 / n) : 0)),
  };
}

/** Weights of factors by neighbourhood (rows x k), and of the genes that shape them (columns x k, times the root of their weight). */
export interface Fitted {
  w: Float64Array;
  h: Float64Array;
  /** Factors and padding. */
  k: number;
  loss: number;
  made: number;
}

function updated(
  { kernel, lay }: BoundCelladmix,
  { vectors, settings }: FactorsInput,
  { column, columns, root }: FitGenes,
  context: HandlerContext,
): Fitted {
  const { factors, iterations, tolerance } = settings;
  const rows = vectors.length.length;
  const k = factors + (factors % 2);
  const entries = vectors.gene.reduce((n, g) => n + (column[g] >= 0 ? 1 : 0), 0);
  const { at, view } = lay({
    start: ['i32', rows + 1],
    column: ['i32', entries],
    value: ['f64', entries],
    w: ['f64', rows * k],
    h: ['f64', columns * k],
    scratch: ['f64', (columns + 1 + 2 * k) * k],
  });
  let [squares, e, n] = [0, 0, 0];
  vectors.length.forEach((length, i) => {
    view.start[i] = n;
    for (const end = e + length; e < end; e++) {
      const g = vectors.gene[e];
      if (column[g] < 0) continue;
      view.column[n] = column[g];
      view.value[n] = vectors.count[e] * root[g];
      squares += view.value[n] * view.value[n];
      n++;
    }
  });
  view.start[rows] = n;
  const stream = new RandomStream(settings.seed, 'correct.celladmix.factors', settings.start);
  view.w.fill(0);
  view.h.fill(0);
  for (let i = 0; i < rows; i++) for (let f = 0; f < factors; f++) view.w[i * k + f] = stream.uniform();
  root.forEach((weight, g) => {
    const c = column[g];
    if (c >= 0) for (let f = 0; f < factors; f++) view.h[c * k + f] = stream.uniform() * weight;
  });
  let loss = squares;
  let looked = Number.POSITIVE_INFINITY;
  let made = 0;
  while (made < iterations) {
    const { start, column: columnAt, value, w, h, scratch } = at;
    loss = kernel.updateFactors(rows, columns, k, start, columnAt, value, w, h, scratch, squares);
    made++;
    if (made % LOOK !== 0) continue;
    if (looked - loss <= tolerance * squares) break;
    looked = loss;
    context.progress(made / iterations);
  }
  return { w: view.w.slice(), h: view.h.slice(), k, loss, made };
}

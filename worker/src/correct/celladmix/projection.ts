import type { FactorsInput } from '@spatile/formats/tile/celladmix';
import type { FitGenes, Fitted } from './factors.ts';

/** Updates of the weights of one gene; W stays as it is, so they come to rest soon. */
const UPDATES = 200;

/**
 * Shares of all genes in each factor, genes x factors: of genes that shaped the factors as fitted, of the others by least
 * squares on the same neighbourhoods (multiplicative updates of their weights alone).
 */
export function projected(
  input: FactorsInput,
  { column, root }: FitGenes,
  { w, h, k }: Fitted,
): Float64Array {
  const { vectors, genes, settings } = input;
  const { factors } = settings;
  const out = new Float64Array(genes * factors);
  const top = new Float64Array(genes * factors);
  let e = 0;
  vectors.length.forEach((length, i) => {
    for (const end = e + length; e < end; e++) {
      const g = vectors.gene[e];
      if (column[g] >= 0) continue;
      for (let f = 0; f < factors; f++) top[g * factors + f] += vectors.count[e] * w[i * k + f];
    }
  });
  const square = gram(w, k, factors);
  for (let g = 0; g < genes; g++) {
    const own = out.subarray(g * factors, (g + 1) * factors);
    const c = column[g];
    if (c >= 0) for (let f = 0; f < factors; f++) own[f] = h[c * k + f] / root[g];
    else if (root[g] > 0) leastSquares(square, top.subarray(g * factors, (g + 1) * factors), own);
  }
  for (let f = 0; f < factors; f++) {
    let sum = 0;
    for (let g = 0; g < genes; g++) sum += out[g * factors + f];
    if (sum > 0) for (let g = 0; g < genes; g++) out[g * factors + f] /= sum;
  }
  return out;
}

/** W'W without padding. */
function gram(w: Float64Array, k: number, factors: number): Float64Array {
  const out = new Float64Array(factors * factors);
  for (let at = 0; at < w.length; at += k)
    for (let p = 0; p < factors; p++)
      for (let q = 0; q < factors; q++) out[p * factors + q] += w[at + p] * w[at + q];
  return out;
}

/** Non-negative h with square h ~ top. */
function leastSquares(square: Float64Array, top: Float64Array, h: Float64Array): void {
  const factors = top.length;
  h.fill(1);
  for (let update = 0; update < UPDATES; update++) {
    const bottom = new Float64Array(factors);
    for (let p = 0; p < factors; p++)
      for (let q = 0; q < factors; q++) bottom[p] += square[p * factors + q] * h[q];
    for (let f = 0; f < factors; f++) h[f] = bottom[f] > 0 ? (h[f] * top[f]) / bottom[f] : 0;
  }
}

/**
 * The sampler of one tile (`proseg` method): Jones et al., Nat Methods 22:1331 (2025), model of version 3.1; our own
 * implementation. Every export works on the arrays of a `Tile` header in linear memory and allocates nothing.
 *
 * | symbol | here |
 * | --- | --- |
 * | a(q), n_c, P_cl | label, size, perimeter |
 * | phi, theta, Theta, Lambda | loading, theta, thetaSum, totalRate |
 * | beta, lambda | background, rate |
 * | z, r, s, pi, mu, sigma^2 | component, shape, scale, logPi, mu, sigma2 |
 *
 * Cost: `moveLabels` O(proposals + voxels / 64), `movePlaces`, `drawForeground`, `record` O(transcripts x factors), `drawComponents` and
 * `drawLoadings` O(cells x latent x components), `recount` and `bucketTranscripts` O(voxels).
 */
import { Tile } from './tile';
import { philox as block, open, w0, w1, w2, w3 } from './philox';
import { gamma, polyaGamma, tables } from './samplers';

export { ln, exp, expDigamma, lnGamma, erf, normalQuantile } from './math';
export { fillLnTable, sumRates, rateOf } from './rates';
export { bucketTranscripts, recount } from './pairs';
export { moveLabels, separates } from './moves';
export { movePlaces, refreshRates } from './places';
export { componentWeights, drawComponents, drawForeground, drawLoadings, fillTables } from './expression';
export { collectCells, record } from './statistics';
export { clearWork, workStart } from './work';

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

/** Size of the header in bytes: `bind.ts` checks its list of fields against it. */
export function headerBytes(): usize {
  return offsetof<Tile>();
}

/** One Philox block to memory, four u32 at `out`. */
export function philox(k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, out: usize): void {
  block(k0, k1, c0, c1, c2, c3);
  store<u32>(out, w0);
  store<u32>(out, w1, 4);
  store<u32>(out, w2, 8);
  store<u32>(out, w3, 12);
}

/** Single draws of the samplers, for their tests and for setting up. */
export function drawGamma(k0: u32, k1: u32, item: u32, shape: f64): f64 {
  open(k0, k1, 0, 0, 0, item);
  return gamma(shape);
}

export function drawPolyaGamma(k0: u32, k1: u32, item: u32, b: f64, c: f64): f64 {
  open(k0, k1, 0, 0, 0, item);
  return polyaGamma(b, c);
}

export function drawTables(k0: u32, k1: u32, item: u32, count: u32, r: f64): u32 {
  open(k0, k1, 0, 0, 0, item);
  return tables(count, r);
}

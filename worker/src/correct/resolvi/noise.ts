import { exp, ln } from '@spatile/random/elementary';
import { philoxInto } from '@spatile/random/philox';
import { RandomStream } from '@spatile/random/stream';

/** Quantiles of the standard normal at the middles of 65,536 equal steps. */
let quantiles: Float32Array | null = null;
const STEPS = 65536;
const SQRT_2PI = 2.5066282746310002;

/** The distribution function by its series (Marsaglia, J Stat Softw 11(4), 2004); |z| < 6. */
function cumulative(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 3; Math.abs(term) > 1e-17; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 + (sum * exp(-0.5 * z * z)) / SQRT_2PI;
}

function normalQuantiles(): Float32Array {
  if (quantiles !== null) return quantiles;
  const out = new Float32Array(STEPS);
  let z = 0;
  // From the middle outwards: the last quantile is Newton's start for the next.
  for (let i = STEPS / 2; i < STEPS; i++) {
    const p = (i + 0.5) / STEPS;
    for (let step = 0; step < 50; step++) {
      const move = (cumulative(z) - p) * SQRT_2PI * exp(0.5 * z * z);
      z -= move;
      if (Math.abs(move) < 1e-9) break;
    }
    out[i] = z;
    out[STEPS - 1 - i] = -z;
  }
  quantiles = out;
  return out;
}

/** Fills by halves of the words of one Philox stream, whose key and counter come from a `RandomStream` of these names. */
function fill(
  out: Float32Array,
  seed: number,
  domain: string,
  items: readonly number[],
  value: (half: number) => number,
): void {
  const name = new RandomStream(seed, domain, ...items);
  const [k0, k1, c2, c3] = [name.uint32(), name.uint32(), name.uint32(), name.uint32()];
  const words = new Uint32Array(4);
  for (let i = 0, block = 0; i < out.length; i += 8, block++) {
    philoxInto(block, 0, c2, c3, k0, k1, words);
    for (let k = 0; k < 8 && i + k < out.length; k++)
      out[i + k] = value((words[k >> 1] >>> (k & 1 ? 16 : 0)) & 0xffff);
  }
}

/** Standard normals on a grid of 65,536 equally likely values, named by seed, domain and items. */
export function fillNormal(out: Float32Array, seed: number, domain: string, ...items: number[]): void {
  const table = normalQuantiles();
  fill(out, seed, domain, items, (half) => table[half]);
}

/** A mask of dropout: 0 at the given rate (in steps of 1/65,536), else 1 over the rate of what stays. */
export function fillDropout(
  out: Float32Array,
  rate: number,
  seed: number,
  domain: string,
  ...items: number[]
): void {
  const dropped = Math.round(rate * STEPS);
  const kept = STEPS / (STEPS - dropped);
  fill(out, seed, domain, items, (half) => (half < dropped ? 0 : kept));
}

/** Total to which the counts of a batch are resampled: log-normal, at least 10. */
export function resampledTotal(seed: number, mean: number, deviation: number, ...items: number[]): number {
  const draw = new RandomStream(seed, 'resolvi.total', ...items).normal();
  return Math.floor(exp(Math.min(mean + deviation * draw, ln(1e6)))) + 10;
}

import { exp, ln, lnGamma } from './elementary.ts';
import { philoxInto } from './philox.ts';

/** Constants of Knuth's MMIX and of SplitMix, only to start the digest from words that are not zero. */
const DIGEST_START = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;

const TWO_32 = 4294967296;

/** Absorbs 32-bit words into a 128-bit digest, two at a time, with Philox as the mixing function. */
class Digest {
  readonly state = Uint32Array.from(DIGEST_START);
  #blocks = 0;

  absorb(low: number, high: number): void {
    const s = this.state;
    philoxInto(s[0], s[1], s[2] ^ low, s[3] ^ high, this.#blocks++, s[0] ^ s[3], s);
  }

  /** Absorbs a safe integer as two words in two's complement. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value))
      throw new RangeError(`random stream: ${value} is not a safe integer; expected an integer key`);
    this.absorb(value | 0, Math.floor(value / TWO_32) | 0);
  }

  text(value: string): void {
    this.integer(value.length);
    for (let i = 0; i < value.length; i += 2)
      this.absorb(value.charCodeAt(i), i + 1 < value.length ? value.charCodeAt(i + 1) : 0);
  }
}

/**
 * A stream of random numbers named by (seed, domain, items...): the n-th word of a stream is a pure function of its name
 * and n (Philox4x32-10), so streams of different names are independent and may be drawn from in any order, anywhere.
 */
export class RandomStream {
  readonly #key0: number;
  readonly #key1: number;
  readonly #name0: number;
  readonly #name1: number;
  readonly #words = new Uint32Array(4);
  /** Block counter (low, high) and number of words used of the current block. */
  readonly #position = Uint32Array.of(0, 0, 4);
  /** Second value of the last pair of normals; NaN when used up. */
  readonly #spare = Float64Array.of(Number.NaN);

  /** `seed` and `items` are safe integers (RangeError otherwise), `domain` says what the numbers are for. */
  constructor(seed: number, domain: string, ...items: number[]) {
    const digest = new Digest();
    digest.integer(seed);
    digest.text(domain);
    for (const item of items) digest.integer(item);
    digest.absorb(items.length, 0);
    [this.#key0, this.#key1, this.#name0, this.#name1] = digest.state;
  }

  /** Uniform on 0..2^32-1. */
  uint32(): number {
    const position = this.#position;
    if (position[2] === 4) {
      philoxInto(position[0], position[1], this.#name0, this.#name1, this.#key0, this.#key1, this.#words);
      position[0]++;
      if (position[0] === 0) position[1]++;
      position[2] = 0;
    }
    return this.#words[position[2]++];
  }

  /** Uniform on the open interval (0, 1), on the grid of odd multiples of 2^-53. */
  uniform(): number {
    const high = this.uint32() >>> 6;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low + 0.5) / 4503599627370496;
  }

  /** Uniform integer in [0, n), n in 1..2^53 - 1 (RangeError otherwise), without modulo bias. */
  integer(n: number): number {
    if (!(Number.isSafeInteger(n) && n > 0))
      throw new RangeError(`random stream: integer(${n}); expected a positive safe integer`);
    if (n <= TWO_32) {
      const limit = TWO_32 - (TWO_32 % n);
      for (;;) {
        const word = this.uint32();
        if (word < limit) return word % n;
      }
    }
    const range = Number.MAX_SAFE_INTEGER;
    const limit = range - (range % n);
    for (;;) {
      const word = (this.uint32() >>> 11) * TWO_32 + this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** Standard normal (polar method of Marsaglia, pairs kept). */
  normal(): number {
    const spare = this.#spare[0];
    if (!Number.isNaN(spare)) {
      this.#spare[0] = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const q = u * u + v * v;
      if (q < 1 && q > 0) {
        const scale = Math.sqrt((-2 * ln(q)) / q);
        this.#spare[0] = v * scale;
        return u * scale;
      }
    }
  }

  /** Exponential of mean 1. */
  exponential(): number {
    return -ln(this.uniform());
  }

  /** Natural logarithm of a gamma variate of scale 1; finite even where the variate itself underflows. `shape` > 0. */
  lnGammaVariate(shape: number): number {
    if (shape >= 1) return ln(this.#gammaAboveOne(shape));
    return ln(this.#gammaAboveOne(shape + 1)) + ln(this.uniform()) / shape;
  }

  /** Gamma of `shape` > 0 and scale 1 (Marsaglia and Tsang 2000; below shape 1 through shape + 1). */
  gamma(shape: number): number {
    if (!(shape > 0)) throw new RangeError(`random stream: gamma(${shape}); expected a positive shape`);
    if (shape >= 1) return this.#gammaAboveOne(shape);
    return this.#gammaAboveOne(shape + 1) * exp(ln(this.uniform()) / shape);
  }

  #gammaAboveOne(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = this.uniform();
      const xx = x * x;
      if (u < 1 - 0.0331 * xx * xx || ln(u) < 0.5 * xx + d * (1 - v + ln(v))) return d * v;
    }
  }

  /** Beta(a, b). */
  beta(a: number, b: number): number {
    const x = this.lnGammaVariate(a);
    const y = this.lnGammaVariate(b);
    return 1 / (1 + exp(y - x));
  }

  /** Dirichlet of the given parameters (all > 0) into `out` (same length), summing to 1; exact also for tiny parameters. */
  dirichlet(alpha: ArrayLike<number>, out: Float64Array): Float64Array {
    let largest = -Infinity;
    for (let i = 0; i < alpha.length; i++) {
      out[i] = this.lnGammaVariate(alpha[i]);
      if (out[i] > largest) largest = out[i];
    }
    let sum = 0;
    for (let i = 0; i < alpha.length; i++) {
      out[i] = exp(out[i] - largest);
      sum += out[i];
    }
    for (let i = 0; i < alpha.length; i++) out[i] /= sum;
    return out;
  }

  /** Poisson of `mean` >= 0: products of uniforms below 10, transformed rejection above (PTRS, Hörmann 1993). */
  poisson(mean: number): number {
    if (!(mean >= 0 && mean < 2 ** 52))
      throw new RangeError(`random stream: poisson(${mean}); expected a mean in [0, 2^52)`);
    if (mean < 10) {
      const limit = exp(-mean);
      let product = this.uniform();
      let count = 0;
      while (product > limit) {
        product *= this.uniform();
        count++;
      }
      return count;
    }
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const squeeze = 0.9277 - 3.6224 / (b - 2);
    const lnMean = ln(mean);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      if (ln((v * inverseAlpha) / (a / (us * us) + b)) <= k * lnMean - mean - lnGamma(k + 1)) return k;
    }
  }

  /** Negative binomial of `size` > 0 and success odds `odds` >= 0: mean size * odds, variance mean * (1 + odds). */
  negativeBinomial(size: number, odds: number): number {
    return this.poisson(this.gamma(size) * odds);
  }

  /** Binomial of n trials with probability p: inversion when n min(p, 1-p) < 10, else transformed rejection (BTRD's simple form BTRS, Hörmann 1993). */
  binomial(n: number, p: number): number {
    if (!(n >= 0 && p >= 0 && p <= 1))
      throw new RangeError(`random stream: binomial(${n}, ${p}); expected n >= 0 and p in [0, 1]`);
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    if (n === 0 || p === 0) return 0;
    return n * p < 10 ? this.#binomialByInversion(n, p) : this.#binomialByRejection(n, p);
  }

  #binomialByInversion(n: number, p: number): number {
    const odds = p / (1 - p);
    const start = exp(n * ln(1 - p));
    for (;;) {
      let u = this.uniform();
      let mass = start;
      for (let k = 0; k <= n; k++) {
        if (u < mass) return k;
        u -= mass;
        mass *= (odds * (n - k)) / (k + 1);
      }
    }
  }

  #binomialByRejection(n: number, p: number): number {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const centre = n * p + 0.5;
    const squeeze = 0.92 - 4.2 / b;
    const alpha = (2.83 + 5.1 / b) * spread;
    const lnOdds = ln(p / (1 - p));
    const mode = Math.floor((n + 1) * p);
    const height = lnGamma(mode + 1) + lnGamma(n - mode + 1);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + centre);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || k > n) continue;
      if (
        ln((v * alpha) / (a / (us * us) + b)) <=
        height - lnGamma(k + 1) - lnGamma(n - k + 1) + (k - mode) * lnOdds
      )
        return k;
    }
  }

  /** Index drawn with probability proportional to non-negative `weights` (RangeError when their sum is not positive and finite). */
  categorical(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i];
    if (!(total > 0 && total < Infinity))
      throw new RangeError(`random stream: weights sum to ${total}; expected a positive finite sum`);
    let rest = this.uniform() * total;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] <= 0) continue;
      if (rest < weights[i]) return i;
      rest -= weights[i];
      last = i;
    }
    return last;
  }

  /** Shuffles `items` in place (Fisher-Yates) and returns them. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}

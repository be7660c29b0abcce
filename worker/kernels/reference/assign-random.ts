/** Slow twins of the sampler's random numbers and elementary functions, written from their definitions. */

const MASK = 0xffffffffn;

/** Philox4x32-10 with big integers. */
export function philox(key: readonly number[], counter: readonly number[]): number[] {
  let [k0, k1] = key.map((k) => BigInt(k >>> 0));
  let [c0, c1, c2, c3] = counter.map((c) => BigInt(c >>> 0));
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53n;
    const p1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [c0, c1, c2, c3].map(Number);
}

export const unit = (word: number): number => (word + 0.5) / 2 ** 32;

/** The stream of one item: each call gives the next four words. */
export function stream(
  key: readonly number[],
  iteration: number,
  kind: number,
  sub: number,
  item: number,
): () => number[] {
  let draw = 0;
  return () => philox(key, [iteration, kind + sub * 256, item, draw++]);
}

/** Error function by its Maclaurin series (|x| < 6). */
export function erf(x: number): number {
  let sum = 0;
  let term = x;
  for (let n = 0; n < 200; n++) {
    sum += term / (2 * n + 1);
    term *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Normal quantile by bisection of a numerical integral of the density from 0. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const tail = (x: number): number => {
    // Integral of the density from x to x + 12 by Simpson's rule.
    const steps = 2000;
    const h = 12 / steps;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const t = x + i * h;
      sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-0.5 * t * t);
    }
    return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
  };
  let low = 0;
  let high = 12;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > p) low = middle;
    else high = middle;
  }
  return -(low + high) / 2;
}

/** ln Gamma(x) as ln of a long product and Stirling's series far out. */
export function lnGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 50) shift += Math.log(at++);
  return (
    (at - 0.5) * Math.log(at) -
    at +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * at) -
    1 / (360 * at ** 3) +
    1 / (1260 * at ** 5) -
    shift
  );
}

/** exp(digamma(x)) from the derivative of ln Gamma, by Richardson's rule. */
export function expDigamma(x: number): number {
  const slope = (h: number): number => (lnGamma(x * (1 + h)) - lnGamma(x * (1 - h))) / (2 * x * h);
  return Math.exp((4 * slope(0.0005) - slope(0.001)) / 3);
}

/** Gamma(shape, 1) by Marsaglia and Tsang from a stream. */
export function gamma(next: () => number[], shape: number): number {
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  for (;;) {
    const [a, b, c, e] = next();
    const x = normalQuantile(unit(a));
    const v = (1 + x / (3 * Math.sqrt(d))) ** 3;
    if (v <= 0) continue;
    const u = unit(b);
    if (!(u < 1 - 0.0331 * x ** 4 || Math.log(u) < (x * x) / 2 + d * (1 - v + Math.log(v)))) continue;
    return shape < 1 ? d * v * ((c + unit(e)) / 2 ** 32) ** (1 / shape) : d * v;
  }
}

import { exp, ln, normalQuantile } from './math';
import { next, unit, w0, w1, w2, w3 } from './philox';

/**
 * Gamma(shape, 1) from the open stream (Marsaglia and Tsang, ACM TOMS 26:363); shapes below 1 are drawn at shape + 1 and
 * multiplied by U^(1/shape). May underflow to 0 at tiny shapes.
 */
export function gamma(shape: f64): f64 {
  const boosted = shape < 1.0;
  const d = (boosted ? shape + 1.0 : shape) - 0.3333333333333333;
  const c = 0.3333333333333333 / sqrt<f64>(d);
  let value: f64 = 0.0;
  for (let attempt = 0; attempt < 64; attempt++) {
    next();
    const x = normalQuantile(unit(w0));
    const root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const v = root * root * root;
    const u = unit(w1);
    const xx = x * x;
    value = d * v;
    if (u < 1.0 - 0.0331 * xx * xx || ln(u) < 0.5 * xx + d * (1.0 - v + ln(v))) break;
  }
  if (!boosted) return value;
  const u = (f64(w2) + unit(w3)) * 2.3283064365386963e-10;
  return value * exp(ln(u) / shape);
}

/** Number of tables CRT(count, r): sum of Bernoulli(r / (r + j)), j < count. */
export function tables(count: u32, r: f64): u32 {
  let total: u32 = count > 0 ? 1 : 0;
  for (let j: u32 = 1; j < count; j++) {
    next();
    if (unit(w0) * (r + f64(j)) < r) total++;
  }
  return total;
}

const TERMS: i32 = 5;
const TWO_PI2: f64 = 19.739208802178716;

/**
 * Polya-Gamma(b, c) for real b > 0 (Polson, Scott and Windle, JASA 108:1339): the first five gammas of the defining series, and
 * one gamma for the rest that has the rest's mean and variance. Mean and variance are exact.
 */
export function polyaGamma(b: f64, tilt: f64): f64 {
  const c = abs<f64>(tilt);
  let mean: f64;
  let variance: f64;
  if (c < 0.01) {
    mean = 0.25 - c * c * (1.0 / 48.0);
    variance = (1.0 - 0.2 * c * c) * (1.0 / 24.0);
  } else {
    const e = exp(-c);
    mean = (1.0 - e) / (2.0 * c * (1.0 + e));
    variance = (1.0 - e * e - 2.0 * c * e) / (2.0 * c * c * c * (1.0 + e) * (1.0 + e));
  }
  let restMean = mean * TWO_PI2;
  let restVariance = variance * TWO_PI2 * TWO_PI2;
  const shift = (c * c) / (2.0 * TWO_PI2);
  let sum: f64 = 0.0;
  for (let k = 0; k < TERMS; k++) {
    const half = f64(k) + 0.5;
    const d = 1.0 / (half * half + shift);
    sum += gamma(b) * d;
    restMean -= d;
    restVariance -= d * d;
  }
  const ratio = restVariance / restMean;
  sum += gamma((b * restMean) / ratio) * ratio;
  return sum / TWO_PI2;
}

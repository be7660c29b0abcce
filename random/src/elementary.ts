/**
 * Logarithm, exponential, log-gamma, sine, cosine and arctangent made of additions, multiplications, divisions and square
 * roots only: JavaScript's `Math.log` and the like are not specified to the last bit, and results must be the same bytes
 * on every engine.
 */

const LN2_HIGH = 0.6931471803691238; // ln 2 with its last 32 bits zero, so that k * LN2_HIGH is exact
const LN2_LOW = 1.9082149292705877e-10;
const HALF_LN_2PI = 0.9189385332046728;

/** 1/14!, 1/13!, ..., 1/0!: exact factorials, so each is the nearest double. */
const EXP_TERMS = Float64Array.from({ length: 15 }, (_, i) => {
  let factorial = 1;
  for (let n = 2; n <= 14 - i; n++) factorial *= n;
  return 1 / factorial;
});
/** pi/2 in three parts of 33, 33 and 53 bits, so that whole multiples of the first two are exact. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_MIDDLE = 6.077100506303966e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;
/** Beyond this a multiple of pi/2 is no longer exact. */
const LARGEST_ANGLE = 1e6;
/** 1/(n (n + 1)): a power's factor in the series of sine and cosine. */
const SINE_TERMS = Float64Array.from({ length: 18 }, (_, n) => 1 / (n * (n + 1)));
/** 1/n. */
const ODD_TERMS = Float64Array.from({ length: 18 }, (_, n) => 1 / n);
/** Arctangents of the points that `atan2` starts from: 0, 1/4, ..., 1. */
const ATAN_AT = [0, 0.24497866312686414, 0.4636476090008061, 0.6435011087932844, Math.PI / 4];

const bits = new DataView(new ArrayBuffer(8));
/** 2^(k - 1023): a float64 whose exponent field is k times entry 2046 - k lies in [1, 2), exactly. */
const POWERS = new Float64Array(2047).fill(1);
for (let k = 1024; k < 2047; k++) POWERS[k] = POWERS[k - 1] * 2;
for (let k = 1022; k >= 0; k--) POWERS[k] = POWERS[k + 1] / 2;

/** Natural logarithm of x >= 0 (error below 1e-15 relative); -Infinity at 0, NaN below. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  let shift = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 2 ** 54; // subnormal: bring the leading bit into the exponent's reach
    shift = -54;
  }
  bits.setFloat64(0, x);
  const field = bits.getUint32(0) >>> 20;
  // Read back from `bits` with another exponent, the processor would wait for its own stores.
  let mantissa = x * POWERS[2046 - field];
  let k = field - 1023 + shift;
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    k += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  // 2 artanh(s) = 2 s (1 + z/3 + z^2/5 + ...), |s| <= 0.172
  let tail = (1 / 21) * z;
  tail = (tail + 1 / 19) * z;
  tail = (tail + 1 / 17) * z;
  tail = (tail + 1 / 15) * z;
  tail = (tail + 1 / 13) * z;
  tail = (tail + 1 / 11) * z;
  tail = (tail + 1 / 9) * z;
  tail = (tail + 1 / 7) * z;
  tail = (tail + 1 / 5) * z;
  tail = (tail + 1 / 3) * z;
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * tail + 2 * s);
}

/** ln(1 + x) for x > -1, accurate near 0. */
export function ln1p(x: number): number {
  const u = 1 + x;
  return u === 1 ? x : (ln(u) * x) / (u - 1);
}

/** e to the power x (error below 1e-15 relative); 0 below -745, Infinity above 709.78. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.round(x * Math.LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let i = 0; i < 15; i++) sum = sum * r + EXP_TERMS[i];
  if (k > 1023) return sum * 2 * POWERS[k + 1022];
  return k < -1022 ? sum * POWERS[k + 1077] * 2 ** -54 : sum * POWERS[k + 1023];
}

/** ln of the gamma function for x > 0 (error below 1e-14 of max(1, result)), by Stirling's series after shifting x above 8. */
export function lnGamma(x: number): number {
  let product = 1;
  while (x < 8) {
    product *= x;
    x += 1;
  }
  const y = 1 / (x * x);
  const series =
    (1 / 12 -
      y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))))) /
    x;
  return (x - 0.5) * ln(x) - x + HALF_LN_2PI + series - (product === 1 ? 0 : ln(product));
}

/** Sine of an angle in radians, |x| <= 1e6 (error below 2e-16); NaN beyond. */
export function sin(x: number): number {
  return Math.abs(x) <= LARGEST_ANGLE ? sineOfQuarter(x, Math.round(x * (2 / Math.PI)), 0) : Number.NaN;
}

/** Cosine of an angle in radians, |x| <= 1e6 (error below 2e-16); NaN beyond. */
export function cos(x: number): number {
  return Math.abs(x) <= LARGEST_ANGLE ? sineOfQuarter(x, Math.round(x * (2 / Math.PI)), 1) : Number.NaN;
}

/** Sine of x + lead * pi/2, where x lies within pi/4 of k * pi/2: Taylor's series of what is left of x. */
function sineOfQuarter(x: number, k: number, lead: number): number {
  const r = x - k * HALF_PI_HIGH - k * HALF_PI_MIDDLE - k * HALF_PI_LOW;
  const z = r * r;
  const quarter = (k + lead) & 3;
  const isCosine = (quarter & 1) === 1;
  // 1 - z/(a b) (1 - z/(c d) (...)) with a b = 2 3, 4 5, ... for the sine and 1 2, 3 4, ... for the cosine.
  let sum = 1;
  for (let n = isCosine ? 17 : 16; n > 0; n -= 2) sum = 1 - z * SINE_TERMS[n] * sum;
  const value = isCosine ? sum : r * sum;
  return quarter > 1 ? -value : value;
}

/** Angle in radians, in [-pi, pi], of the vector (x, y) (error below 1e-15); 0 for the null vector. */
export function atan2(y: number, x: number): number {
  const a = Math.abs(x);
  const b = Math.abs(y);
  const longer = Math.max(a, b);
  if (longer === 0) return 0;
  const t = Math.min(a, b) / longer;
  const start = Math.round(4 * t);
  const c = start / 4;
  // atan t = atan c + atan u, |u| <= 1/8
  const u = (t - c) / (1 + t * c);
  const z = u * u;
  let tail = 0;
  for (let n = 17; n >= 3; n -= 2) tail = z * (ODD_TERMS[n] - tail);
  let angle = ATAN_AT[start] + (u - u * tail);
  if (b > a) angle = Math.PI / 2 - angle;
  if (x < 0) angle = Math.PI - angle;
  return y < 0 ? -angle : angle;
}

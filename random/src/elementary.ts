/**
 * Logarithm, exponential and log-gamma made of additions, multiplications and divisions only: JavaScript's `Math.log` and
 * `Math.exp` are not specified to the last bit, and results must be the same bytes on every engine.
 */

const LN2_HIGH = 0.6931471803691238; // ln 2 with its last 32 bits zero, so that k * LN2_HIGH is exact
const LN2_LOW = 1.9082149292705877e-10;
const HALF_LN_2PI = 0.9189385332046728;

/** 1/21, 1/19, ..., 1/3: the series of 2 artanh(s) / 2s - 1 in s^2, highest power first. */
const LN_TERMS = Float64Array.from({ length: 10 }, (_, i) => 1 / (21 - 2 * i));
/** 1/14!, 1/13!, ..., 1/0!: exact factorials, so each is the nearest double. */
const EXP_TERMS = Float64Array.from({ length: 15 }, (_, i) => {
  let factorial = 1;
  for (let n = 2; n <= 14 - i; n++) factorial *= n;
  return 1 / factorial;
});

const bits = new DataView(new ArrayBuffer(8));

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
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const k = exponent + shift;
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  // 2 artanh(s) = 2 s (1 + z/3 + z^2/5 + ...), |s| <= 0.172
  let tail = 0;
  for (let i = 0; i < 10; i++) tail = (tail + LN_TERMS[i]) * z;
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * tail + 2 * s);
}

/** ln(1 + x) for x > -1, accurate near 0. */
export function ln1p(x: number): number {
  const u = 1 + x;
  return u === 1 ? x : (ln(u) * x) / (u - 1);
}

function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
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
  if (k > 1023) return sum * 2 * powerOfTwo(k - 1);
  return k < -1022 ? sum * powerOfTwo(k + 54) * 2 ** -54 : sum * powerOfTwo(k);
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

/**
 * Elementary functions built from IEEE operations only, so that every engine gives the same bits. Polynomials of ln and exp:
 * fdlibm (Sun Microsystems, freely usable); normal quantile: Wichura, Appl Stat 37:477 (AS 241).
 */
const LN2_HI: f64 = 6.93147180369123816490e-1;
const LN2_LO: f64 = 1.90821492927058770002e-10;
const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;

/** Natural logarithm of a positive normal number. */
export function ln(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  const k = (bits - SQRT_HALF_BITS) >> 52;
  const f = reinterpret<f64>(bits - (k << 52)) - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const t2 = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const half = 0.5 * f * f;
  const dk = f64(k);
  return dk * LN2_HI - (half - (s * (half + (t1 + t2)) + dk * LN2_LO) - f);
}

/** `ln` of two lanes at once, bit for bit the scalar one. */
// @ts-ignore: decorator
@inline
export function ln2(x: v128): v128 {
  const k = i64x2.shr_s(i64x2.sub(x, i64x2.splat(SQRT_HALF_BITS)), 52);
  const f = f64x2.sub(i64x2.sub(x, i64x2.shl(k, 52)), f64x2.splat(1.0));
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2.0), f));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  let t1 = f64x2.add(f64x2.splat(2.222219843214978396e-1), f64x2.mul(w, f64x2.splat(1.531383769920937332e-1)));
  t1 = f64x2.mul(w, f64x2.add(f64x2.splat(3.999999999940941908e-1), f64x2.mul(w, t1)));
  let t2 = f64x2.add(f64x2.splat(1.818357216161805012e-1), f64x2.mul(w, f64x2.splat(1.479819860511658591e-1)));
  t2 = f64x2.add(f64x2.splat(2.857142874366239149e-1), f64x2.mul(w, t2));
  t2 = f64x2.mul(z, f64x2.add(f64x2.splat(6.666666666666735130e-1), f64x2.mul(w, t2)));
  const half = f64x2.mul(f64x2.mul(f64x2.splat(0.5), f), f);
  const dk = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(k, k, 0, 2, 0, 2));
  const tail = f64x2.add(f64x2.mul(s, f64x2.add(half, f64x2.add(t1, t2))), f64x2.mul(dk, f64x2.splat(LN2_LO)));
  return f64x2.sub(f64x2.mul(dk, f64x2.splat(LN2_HI)), f64x2.sub(f64x2.sub(half, tail), f));
}

/** Exponential; 0 below -708, infinity above 709. */
export function exp(x: f64): f64 {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return Infinity;
  const k = floor<f64>(x * 1.4426950408889634 + 0.5);
  const hi = x - k * LN2_HI;
  const lo = k * LN2_LO;
  const r = hi - lo;
  const z = r * r;
  const c = r - z * (1.66666666666666019037e-1 + z * (-2.77777777770155933842e-3 + z * (6.61375632143793436117e-5
    + z * (-1.65339022054652515390e-6 + z * 4.13813679705723846039e-8))));
  const y = 1.0 - (lo - (r * c) / (2.0 - c) - hi);
  return y * reinterpret<f64>((i64(k) + 1023) << 52);
}

/** ln Gamma(x) for x > 0: shifted to x >= 8, then Stirling's series. */
export function lnGamma(x: f64): f64 {
  let product: f64 = 1.0;
  while (x < 8.0) {
    product *= x;
    x += 1.0;
  }
  const i = 1.0 / x;
  const z = i * i;
  const series = i * (8.333333333333333333e-2 + z * (-2.777777777777777778e-3 + z * (7.936507936507936508e-4
    + z * (-5.952380952380952381e-4 + z * (8.417508417508417508e-4 + z * (-1.917526917526917527e-3 + z * 6.410256410256410256e-3))))));
  return (x - 0.5) * ln(x) - x + 0.91893853320467274178 + series - ln(product);
}

/** exp(digamma(x)) for x > 0: shifted to x >= 8, then the asymptotic series. */
export function expDigamma(x: f64): f64 {
  let sum: f64 = 0.0;
  while (x < 8.0) {
    sum += 1.0 / x;
    x += 1.0;
  }
  const i = 1.0 / x;
  const z = i * i;
  const series = z * (8.333333333333333333e-2 - z * (8.333333333333333333e-3 - z * (3.968253968253968254e-3
    - z * (4.166666666666666667e-3 - z * (7.575757575757575758e-3 - z * 2.109279609279609280e-2)))));
  return exp(ln(x) - 0.5 * i - series - sum);
}

/** Error function, from the series of positive terms; 1 beyond 6. */
export function erf(x: f64): f64 {
  const a = abs<f64>(x);
  if (a > 6.0) return x < 0.0 ? -1.0 : 1.0;
  let term = a;
  let sum = a;
  for (let n = 1; n < 300 && term > sum * 1e-17; n++) {
    term *= (2.0 * a * a) / f64(2 * n + 1);
    sum += term;
  }
  const value = 1.1283791670955126 * exp(-a * a) * sum;
  return x < 0.0 ? -value : value;
}

/** Standard normal quantile of p in [2^-33, 1 - 2^-33]. */
export function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (abs<f64>(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * (((((((r * 2.5090809287301226727e3 + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
      + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r
      + 3.3871328727963666080)) / (((((((r * 5.2264952788528545610e3 + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
      + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1.0);
  }
  const r = sqrt<f64>(-ln(q < 0.0 ? p : 1.0 - p)) - 1.6;
  const value = (((((((r * 7.74545014278341407640e-4 + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
    + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r + 4.63033784615654529590) * r
    + 1.42343711074968357734) / (((((((r * 1.05075007164441684324e-9 + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
    + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r + 2.05319162663775882187) * r + 1.0);
  return q < 0.0 ? -value : value;
}

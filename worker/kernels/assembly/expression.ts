import { exp, expDigamma, ln, ln2, lnGamma } from './math';
import { labelAt } from './pairs';
import { blocks, fourth, next, open, philox4, unit, w0 } from './philox';
import { dropRates, lnInt, sumRatesOf } from './rates';
import { gamma } from './samplers';
import { KIND_COMPONENT, KIND_FOREGROUND, KIND_LOADING, ROLE_COUNTED, Tile } from './tile';
import { COMPONENT_TERMS, countWork, FACTOR_STEPS, FOREGROUND_DRAWS, LOADING_DRAWS, STREAM_BLOCKS } from './work';

/** Largest count with a tabulated rising factorial, plus one. */
const RISING: i32 = 16;
const MAX_ODDS: f64 = 999999.0;
const FIXED_POINT: f64 = 16777216.0;

/** The factor of a foreground count: probability proportional to phi_ck theta_gk, by scanning blocks of four. */
function drawFactor(t: Tile, cell: u32, gene: u32, u: f64, rate: f32): i32 {
  const phi = t.loading + ((<usize>cell * <usize>t.latent + <usize>t.privateWidth) << 2);
  const theta = t.theta + ((<usize>(gene - t.privateGenes) * <usize>t.factorWidth) << 2);
  const target = f32(u * f64(rate));
  let sum: f32 = 0;
  let last = 0;
  for (let k = 0; k < t.factorWidth; k += 4) {
    const o = <usize>k << 2;
    const p = f32x4.mul(v128.load(phi + o), v128.load(theta + o));
    const p0 = f32x4.extract_lane(p, 0);
    const p1 = f32x4.extract_lane(p, 1);
    const p2 = f32x4.extract_lane(p, 2);
    const p3 = f32x4.extract_lane(p, 3);
    const block = p0 + p1 + (p2 + p3);
    if (sum + block > target) {
      if (sum + p0 > target) return k;
      if (sum + p0 + p1 > target) return k + 1;
      if (sum + p0 + p1 + p2 > target || p3 == 0) return k + 2;
      return k + 3;
    }
    if (block > 0) last = k + (p3 > 0 ? 3 : p2 > 0 ? 2 : p1 > 0 ? 1 : 0);
    sum += block;
  }
  return last;
}

// @ts-ignore: decorator
@inline
function add(at: usize, index: i32): void {
  const p = at + (<usize>index << 2);
  store<u32>(p, load<u32>(p) + 1);
}

/**
 * Steps 2 and 3 of 1.7: foreground flags, factors, and from them the latent counts. `rate` must be current.
 * With `collect`, counted transcripts enter X, B and the log likelihood.
 */
export function drawForeground(t: Tile, iteration: u32, collect: bool): void {
  memory.fill(t.latentCount, 0, (<usize>t.cells * <usize>t.latent) << 2);
  let logLikelihood: i64 = 0;
  let steps: i64 = 0;
  for (let i: usize = 0; i < <usize>t.transcripts; i++) {
    if ((i & 3) == 0) philox4(t.placeKey0, t.placeKey1, iteration, KIND_FOREGROUND, t.row + (i << 2), 0);
    const rate = load<f32>(t.rate + (i << 2));
    const counted = collect && (load<u8>(t.role + i) & ROLE_COUNTED) != 0;
    const whole = f64(rate) + f64(load<f32>(t.background + (i << 2)));
    if (counted) logLikelihood += i64(nearest<f64>(ln(whole) * FIXED_POINT));
    const foreground = unit(fourth(0, i & 3)) * whole < f64(rate);
    store<u8>(t.foreground + i, u8(foreground));
    if (!foreground) {
      if (counted) add(t.statB, load<u32>(t.backgroundIndex + (i << 2)));
      continue;
    }
    const g = <u32>load<u16>(t.gene + (i << 1));
    const cell = labelAt(t, load<u32>(t.current + (i << 2)));
    let k = g;
    if (g >= <u32>t.privateGenes) {
      const factor = drawFactor(t, cell, g, unit(fourth(1, i & 3)), rate);
      steps += (factor >> 2) + 1;
      if (counted) add(t.statX, (g - t.privateGenes) * t.factors + factor);
      k = t.privateWidth + factor;
    }
    add(t.latentCount, cell * t.latent + k);
  }
  countWork(FOREGROUND_DRAWS, t.transcripts);
  countWork(FACTOR_STEPS, steps);
  if (collect) store<i64>(t.statLogLikelihood, load<i64>(t.statLogLikelihood) + logLikelihood);
}

/**
 * Point of Gamma(count, 1) that stands for a draw. Of a private gene: the geometric mean of its mean and of exp(E ln), for a
 * transcript's fate is a concave function of the loading and lies between theirs. Of a factor: the mean, for a rate sums many.
 */
function pointOf(count: f64, isPrivate: bool): f64 {
  return isPrivate ? sqrt<f64>(count * expDigamma(count)) : count;
}

/** Tables over x < 16 for every factor and component: ln Gamma(r + x) - ln Gamma(r) and points; also clears `emptyLog`. */
export function fillTables(t: Tile): void {
  const T = t.componentWidth;
  for (let k = 0; k < t.latent; k++) {
    for (let z = 0; z < T; z++) {
      const r = load<f64>(t.shape + (<usize>(k * T + z) << 3));
      let sum: f64 = 0.0;
      for (let x = 0; x < RISING; x++) {
        store<f64>(t.risingLog + (<usize>((k * RISING + x) * T + z) << 3), sum);
        store<f64>(t.pointCount + (<usize>((k * RISING + x) * T + z) << 3), pointOf(r + f64(x), k < t.privateWidth));
        sum += ln(r + f64(x));
      }
    }
  }
  for (let o = 0; o < t.volumeBins; o++) store<f64>(t.emptyLog + (<usize>(o * T) << 3), -1.0);
}

/** Row of sum_k r ln(1 + s V Theta) over components into `out`. */
function emptyLogs(t: Tile, volume: f64, out: usize): void {
  const T = t.componentWidth;
  const one = f64x2.splat(1.0);
  const cap = f64x2.splat(MAX_ODDS);
  countWork(COMPONENT_TERMS, t.latent * T);
  for (let z = 0; z < T; z += 2) {
    let sum = f64x2.splat(0.0);
    for (let k = 0; k < t.latent; k++) {
      const at = <usize>(k * T + z) << 3;
      const odds = f64x2.min(
        f64x2.mul(v128.load(t.scale + at), f64x2.splat(volume * load<f64>(t.thetaSum + (<usize>k << 3)))), cap);
      sum = f64x2.add(sum, f64x2.mul(v128.load(t.shape + at), ln2(f64x2.add(one, odds))));
    }
    v128.store(out + (<usize>z << 3), sum);
  }
}

/** Adds the part of non-zero latent counts: ln Gamma(r + x) - ln Gamma(r) + x ln p, two components per step. */
function addCounts(t: Tile, cell: i32, volume: f64, weights: usize): void {
  const T = t.componentWidth;
  const one = f64x2.splat(1.0);
  const cap = f64x2.splat(MAX_ODDS);
  const row = t.latentCount + ((<usize>cell * <usize>t.latent) << 2);
  for (let k = 0; k < t.latent; k++) {
    const x = <i32>load<u32>(row + (<usize>k << 2));
    if (x == 0) continue;
    countWork(COMPONENT_TERMS, T);
    const exposure = f64x2.splat(volume * load<f64>(t.thetaSum + (<usize>k << 3)));
    const count = f64x2.splat(f64(x));
    for (let z = 0; z < T; z += 2) {
      const at = <usize>(k * T + z) << 3;
      const odds = f64x2.min(f64x2.mul(v128.load(t.scale + at), exposure), cap);
      let term = f64x2.mul(count, ln2(f64x2.div(odds, f64x2.add(one, odds))));
      if (x < RISING) term = f64x2.add(term, v128.load(t.risingLog + (<usize>((k * RISING + x) * T + z) << 3)));
      else {
        const r0 = load<f64>(t.shape + at);
        const r1 = load<f64>(t.shape + at + 8);
        const far = f64x2.splat(lnGamma(r0 + f64(x)) - lnGamma(r0));
        term = f64x2.add(term, f64x2.replace_lane(far, 1, lnGamma(r1 + f64(x)) - lnGamma(r1)));
      }
      const w = weights + (<usize>z << 3);
      v128.store(w, f64x2.add(v128.load(w), term));
    }
  }
}

/** Log weights of the components of one cell (step 4 of 1.7, loadings integrated out) into `t.weights`. */
export function componentWeights(t: Tile, cell: i32): void {
  const T = t.componentWidth;
  const n = load<i32>(t.size + (<usize>cell << 2));
  const volume = t.voxelVolume * f64(n);
  const bin = n * t.volumeFactor;
  let empty = t.emptyLog + (<usize>(bin * T) << 3);
  if (bin >= t.volumeBins) {
    empty = t.emptyLog + (<usize>(t.volumeBins * T) << 3);
    emptyLogs(t, volume, empty);
  } else if (load<f64>(empty) < 0.0) emptyLogs(t, volume, empty);
  const lnV = ln(t.voxelVolume) + lnInt(t, n);
  for (let z = 0; z < t.components; z++) {
    const o = <usize>z << 3;
    const sigma2 = load<f64>(t.sigma2 + o);
    const d = lnV - load<f64>(t.mu + o);
    store<f64>(t.weights + o, load<f64>(t.logPi + o) - load<f64>(empty + o) - (d * d) / (2.0 * sigma2) - 0.5 * ln(sigma2));
  }
  addCounts(t, cell, volume, t.weights);
}

/** Step 4 of 1.7 for every cell that has a voxel and is not frozen. Item of the draws: the slide-wide cell number. */
export function drawComponents(t: Tile, iteration: u32): void {
  for (let c = 1; c < t.cells; c++) {
    if (load<u8>(t.frozen + c) || load<i32>(t.size + (<usize>c << 2)) == 0) continue;
    componentWeights(t, c);
    let top: f64 = -Infinity;
    for (let z = 0; z < t.components; z++) top = max<f64>(top, load<f64>(t.weights + (<usize>z << 3)));
    let sum: f64 = 0.0;
    for (let z = 0; z < t.components; z++) {
      const w = t.weights + (<usize>z << 3);
      sum += exp(load<f64>(w) - top);
      store<f64>(w, sum);
    }
    open(t.placeKey0, t.placeKey1, iteration, KIND_COMPONENT, 0, load<u32>(t.cellId + (<usize>c << 2)));
    next();
    countWork(STREAM_BLOCKS, 1);
    const u = unit(w0) * sum;
    let z = 0;
    while (z < t.components - 1 && load<f64>(t.weights + (<usize>z << 3)) <= u) z++;
    store<u16>(t.component + (<usize>c << 1), <u16>z);
  }
}

/** Latent dimensions that any gene loads on. */
function usedDimensions(t: Tile): i32 {
  let n = 0;
  for (let k = 0; k < t.latent; k++) if (load<f64>(t.thetaSum + (<usize>k << 3)) != 0.0) n++;
  return n;
}

/** Point loadings of a cell in place of draws. Lambda takes their means: volumes see the loadings as a sum. */
function pointLoadings(t: Tile, c: i32, volume: f64, z: i32): void {
  const T = t.componentWidth;
  let total: f64 = 0.0;
  for (let k = 0; k < t.latent; k++) {
    const sum = load<f64>(t.thetaSum + (<usize>k << 3));
    if (sum == 0.0) continue;
    const at = <usize>(k * T + z) << 3;
    const cell = <usize>c * <usize>t.latent + k;
    const s = load<f64>(t.scale + at);
    const unitMean = s / (1.0 + s * volume * sum);
    const x = <i32>load<u32>(t.latentCount + (cell << 2));
    const count = load<f64>(t.shape + at) + f64(x);
    const point = x < RISING
      ? load<f64>(t.pointCount + (<usize>((k * RISING + x) * T + z) << 3))
      : pointOf(count, k < t.privateWidth);
    store<f32>(t.loading + (cell << 2), f32(point * unitMean));
    total += count * unitMean * sum;
  }
  store<f64>(t.totalRate + (<usize>c << 3), total);
}

/**
 * Step 7 of 1.7: loadings given latent counts and component, drawn or (`pointLoadings` of the header) as points, then Lambda.
 * Frozen cells and cells without a voxel keep theirs.
 */
export function drawLoadings(t: Tile, iteration: u32): void {
  const T = t.componentWidth;
  let drawn = 0;
  let taken: i64 = 0;
  for (let c = 1; c < t.cells; c++) {
    const n = load<i32>(t.size + (<usize>c << 2));
    if (load<u8>(t.frozen + c) || n == 0) continue;
    const volume = t.voxelVolume * f64(n);
    const z = <i32>load<u16>(t.component + (<usize>c << 1));
    if (t.pointLoadings) {
      pointLoadings(t, c, volume, z);
      drawn++;
      continue;
    }
    const id = load<u32>(t.cellId + (<usize>c << 2));
    for (let k = 0; k < t.latent; k++) {
      const sum = load<f64>(t.thetaSum + (<usize>k << 3));
      if (sum == 0.0) continue;
      const at = <usize>(k * T + z) << 3;
      const s = load<f64>(t.scale + at);
      const cell = <usize>c * <usize>t.latent + k;
      open(t.placeKey0, t.placeKey1, iteration, KIND_LOADING, k, id);
      const phi = (gamma(load<f64>(t.shape + at) + f64(load<u32>(t.latentCount + (cell << 2)))) * s) / (1.0 + s * volume * sum);
      taken += blocks();
      store<f32>(t.loading + (cell << 2), f32(phi));
    }
    sumRatesOf(t, c);
    drawn++;
  }
  dropRates(t);
  countWork(LOADING_DRAWS, i64(drawn) * i64(usedDimensions(t)));
  countWork(STREAM_BLOCKS, taken);
}

import type { ModelFrame, ProsegGlobals } from '@spatile/formats/tile/proseg';
import { exp, ln, ln1p } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import {
  BETA_RATE,
  BETA_SHAPE,
  LN_S_MEAN,
  LN_S_PRECISION,
  MU_MEAN,
  MU_PRECISION,
  PI_ALPHA,
  R_FLOOR,
  R_RATE,
  R_SHAPE,
  SIGMA2_SCALE,
  SIGMA2_SHAPE,
  THETA_ALPHA,
} from './prior.ts';
import { latentWidth, type PooledStatistics } from './statistics.ts';

/** What to take from a conditional posterior: a draw, or its mean. */
interface Choice {
  gamma(shape: number, rate: number): number;
  inverseGamma(shape: number, scale: number): number;
  normal(mean: number, precision: number): number;
  dirichlet(alpha: Float64Array, out: Float64Array): void;
}

type Variable = keyof ProsegGlobals;

/** How the globals follow from statistics. */
export interface PosteriorOptions {
  /** r stays 1 and s is set to its mode; the statistics then hold no CRT tables and Polya-Gamma sums. */
  fixedDispersion: boolean;
  /**
   * Share of the slide's transcripts that the statistics stand for, in (0, 1]. The per-gene priors of theta and beta enter
   * with this share of their pseudo-counts: they are meant for a slide, and on a sample would drown rare genes in background.
   */
  priorShare: number;
  /** beta stays what it was. */
  fixedBackground: boolean;
}

/** Keeps the likelihood finite where neither a cell nor, by an extreme draw, background makes a gene. */
const BETA_FLOOR = 1e-12;

/** Draws; each variable has a stream of its own, named by (seed, block). */
function drawing(seed: number, block: number): (variable: Variable) => Choice {
  return (variable) => {
    const stream = new RandomStream(seed, `assign.fit.${variable}`, block);
    return {
      gamma: (shape, rate) => stream.gamma(shape) / rate,
      inverseGamma: (shape, scale) => scale / stream.gamma(shape),
      normal: (mean, precision) => mean + stream.normal() / Math.sqrt(precision),
      dirichlet: (alpha, out) => {
        stream.dirichlet(alpha, out);
      },
    };
  };
}

const averaging: Choice = {
  gamma: (shape, rate) => shape / rate,
  inverseGamma: (shape, scale) => scale / (shape - 1),
  normal: (mean) => mean,
  dirichlet: (alpha, out) => {
    let sum = 0;
    for (const value of alpha) sum += value;
    for (let i = 0; i < alpha.length; i++) out[i] = alpha[i] / sum;
  },
};

/**
 * One Gibbs draw of all global variables given pooled statistics (Jones et al. 2025; here with statistics averaged over the
 * recorded iterations of a block, so that the posterior is as wide as one iteration's data make it).
 * `previous` are the globals the statistics were made with; numbers are named by (seed, block).
 */
export function drawGlobals(
  statistics: PooledStatistics,
  previous: ProsegGlobals,
  model: ModelFrame,
  options: PosteriorOptions & { seed: number; block: number },
): ProsegGlobals {
  return update(statistics, previous, model, drawing(options.seed, options.block), options);
}

/** The means of the same conditional posteriors (of ln s, not of s): what freezing averages. */
export function meanGlobals(
  statistics: PooledStatistics,
  previous: ProsegGlobals,
  model: ModelFrame,
  options: PosteriorOptions,
): ProsegGlobals {
  return update(statistics, previous, model, () => averaging, options);
}

function update(
  statistics: PooledStatistics,
  previous: ProsegGlobals,
  model: ModelFrame,
  choose: (variable: Variable) => Choice,
  { fixedDispersion, fixedBackground, priorShare }: PosteriorOptions,
): ProsegGlobals {
  const { mu, sigma2 } = updateVolumes(statistics, previous, choose('mu'), choose('sigma2'));
  const pi = new Float64Array(model.components);
  choose('pi').dirichlet(
    statistics.n.map((count) => PI_ALPHA + count),
    pi,
  );
  const theta = updateTheta(statistics, model, priorShare, choose('theta'));
  const loadings = fixedDispersion
    ? { r: previous.r.slice().fill(1), s: modeOfScale(statistics, factorTotals(theta, model), model) }
    : updateLoadingPrior(statistics, previous, model, choose);
  return {
    theta,
    ...loadings,
    pi,
    mu,
    sigma2,
    beta: fixedBackground ? previous.beta.slice() : updateBeta(statistics, model, priorShare, choose('beta')),
  };
}

/** mu given the old sigma2, then sigma2 given the new mu. */
function updateVolumes(
  { volumes }: PooledStatistics,
  previous: ProsegGlobals,
  chooseMu: Choice,
  chooseSigma2: Choice,
): Pick<ProsegGlobals, 'mu' | 'sigma2'> {
  const mu = new Float64Array(volumes.length);
  const sigma2 = new Float64Array(volumes.length);
  volumes.forEach(({ volume, cells }, t) => {
    const lnVolume = volume.map(ln);
    let count = 0;
    let sum = 0;
    for (let i = 0; i < cells.length; i++) {
      count += cells[i];
      sum += cells[i] * lnVolume[i];
    }
    const precision = MU_PRECISION + count / previous.sigma2[t];
    mu[t] = chooseMu.normal((MU_MEAN * MU_PRECISION + sum / previous.sigma2[t]) / precision, precision);
    let squares = 0;
    for (let i = 0; i < cells.length; i++) squares += cells[i] * (lnVolume[i] - mu[t]) ** 2;
    sigma2[t] = chooseSigma2.inverseGamma(SIGMA2_SHAPE + count / 2, SIGMA2_SCALE + squares / 2);
  });
  return { mu, sigma2 };
}

/** Each column of theta over the factored genes. */
function updateTheta(
  { x }: PooledStatistics,
  model: ModelFrame,
  priorShare: number,
  choose: Choice,
): Float32Array {
  const genes = model.genes - model.privateGenes;
  const { factors } = model;
  const theta = new Float32Array(genes * factors);
  const alpha = new Float64Array(genes);
  const column = new Float64Array(genes);
  for (let k = 0; k < factors; k++) {
    for (let g = 0; g < genes; g++) alpha[g] = priorShare * THETA_ALPHA + x[g * factors + k];
    choose.dirichlet(alpha, column);
    for (let g = 0; g < genes; g++) theta[g * factors + k] = column[g];
  }
  return theta;
}

/**
 * The prior's one count per gene is shared by the layers and density bins: a whole count for each of them would be as much as
 * the true background of a small slide (20 counts a gene with 4 layers and 5 bins).
 */
function updateBeta(
  { b, areaVolume }: PooledStatistics,
  { layers, densityBins }: ModelFrame,
  priorShare: number,
  choose: Choice,
): Float32Array {
  const share = priorShare / (layers * densityBins);
  return Float32Array.from(b, (count, i) =>
    Math.max(
      BETA_FLOOR,
      choose.gamma(share * BETA_SHAPE + count, share * BETA_RATE + areaVolume[i % densityBins]),
    ),
  );
}

/** Theta_k, the column sums of the loadings: 1 for private genes, 1 up to rounding for factors. */
export function factorTotals(theta: Float32Array, model: ModelFrame): Float64Array {
  const totals = new Float64Array(latentWidth(model)).fill(1);
  totals.fill(0, model.privateGenes);
  for (let i = 0; i < theta.length; i++) totals[model.privateGenes + (i % model.factors)] += theta[i];
  return totals;
}

/**
 * Dispersion and scale of the loadings. First ln s given the Polya-Gamma draws (which were made with the old r), then r given
 * the CRT tables and the new s: each is then an exact conditional. Uses the factor totals the tiles saw.
 */
function updateLoadingPrior(
  statistics: PooledStatistics,
  previous: ProsegGlobals,
  model: ModelFrame,
  choose: (variable: Variable) => Choice,
): Pick<ProsegGlobals, 'r' | 's'> {
  const width = latentWidth(model);
  const totals = factorTotals(previous.theta, model);
  const r = new Float64Array(previous.r.length);
  const s = new Float64Array(previous.s.length);
  const chooseR = choose('r');
  const chooseS = choose('s');
  for (let i = 0; i < r.length; i++) {
    const t = Math.floor(i / width);
    const total = totals[i % width];
    const precision = LN_S_PRECISION + statistics.omega[i];
    const weighted = statistics.omegaLnV[i] + statistics.omega[i] * ln(total);
    const excess = (statistics.xt[i] - statistics.n[t] * previous.r[i]) / 2;
    s[i] = exp(chooseS.normal((LN_S_PRECISION * LN_S_MEAN + excess - weighted) / precision, precision));
    const { volume, cells } = statistics.volumes[t];
    let rate = R_RATE;
    for (let v = 0; v < volume.length; v++) rate += cells[v] * ln1p(s[i] * volume[v] * total);
    r[i] = Math.max(R_FLOOR, chooseR.gamma(R_SHAPE + statistics.crt[i], rate));
  }
  return { r, s };
}

/** Bound on |ln s| and on the steps that look for its mode; Newton needs about six. */
const LN_S_BOUND = 60;
const MODE_STEPS = 100;

/**
 * While dispersion is held at 1 tiles make no Polya-Gamma draws; s is then the mode of its posterior given the total counts,
 * with counts taken proportional to volume. T x K'.
 */
export function modeOfScale(
  statistics: PooledStatistics,
  totals: Float64Array,
  model: ModelFrame,
): Float64Array {
  const width = latentWidth(model);
  return statistics.xt.map((count, i) =>
    exp(modeOfLnScale(count, totals[i % width], statistics.volumes[Math.floor(i / width)])),
  );
}

/** Root of the (decreasing) derivative of the ln posterior of ln s: Newton's steps inside a shrinking bracket. */
function modeOfLnScale(
  count: number,
  total: number,
  { volume, cells }: PooledStatistics['volumes'][number],
): number {
  let sum = 0;
  for (let v = 0; v < volume.length; v++) sum += cells[v] * volume[v];
  const perVolume = sum > 0 ? count / sum : 0;
  let low = -LN_S_BOUND;
  let high = LN_S_BOUND;
  let lnScale = perVolume > 0 ? ln(perVolume / total) : LN_S_MEAN;
  for (let step = 0; step < MODE_STEPS && high - low > 1e-9; step++) {
    const scale = exp(lnScale) * total;
    let slope = count - LN_S_PRECISION * (lnScale - LN_S_MEAN);
    let curvature = LN_S_PRECISION;
    for (let v = 0; v < volume.length; v++) {
      const p = 1 - 1 / (1 + scale * volume[v]);
      const weight = cells[v] * (perVolume * volume[v] + 1) * p;
      slope -= weight;
      curvature += weight * (1 - p);
    }
    if (slope > 0) low = lnScale;
    else high = lnScale;
    const move = slope / curvature;
    if (Math.abs(move) < 1e-9) break;
    lnScale += move;
    if (!(lnScale > low && lnScale < high)) lnScale = (low + high) / 2;
  }
  return lnScale;
}

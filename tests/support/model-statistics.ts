import {
  FIXED_POINT,
  type ModelFrame,
  type ProsegGlobals,
  type ProsegStatistics,
  VOLUME_BINS,
} from '@spatile/formats/tile/proseg';
import type { RandomStream } from '@spatile/random/stream';

/** A model frame for tests: one layer, one density bin unless told otherwise. */
export function testFrame(overrides: Partial<ModelFrame> = {}): ModelFrame {
  return {
    genes: 6,
    privateGenes: 2,
    factors: 2,
    components: 2,
    layers: 2,
    densityBins: 2,
    voxelUm: 1,
    coarseFactor: 2,
    z: { plane: [0, 0, 0], xRefUm: 0, yRefUm: 0, lowUm: 0, highUm: 10 },
    densityCuts: [0.5],
    ...overrides,
  };
}

/** Polya-Gamma(b, c) by its infinite sum of gammas (Polson, Scott and Windle 2013, equation 1), tail replaced by its mean. */
export function polyaGamma(stream: RandomStream, b: number, c: number, terms = 16): number {
  const shift = (c * c) / (4 * Math.PI * Math.PI);
  let sum = 0;
  for (let k = 1; k <= terms; k++) sum += stream.gamma(b) / ((k - 0.5) ** 2 + shift);
  let tail = 0;
  for (let k = terms + 1; k <= terms * 40; k++) tail += b / ((k - 0.5) ** 2 + shift);
  return (sum + tail) / (2 * Math.PI * Math.PI);
}

/** Chinese restaurant tables: sum over j < x of Bernoulli(r / (r + j)). */
export function crtTables(stream: RandomStream, x: number, r: number): number {
  let tables = 0;
  for (let j = 0; j < x; j++) if (stream.uniform() < r / (r + j)) tables++;
  return tables;
}

export interface ModelCells {
  component: Uint8Array;
  /** Fine voxels of each cell. */
  voxels: Uint32Array;
  /** Latent counts, row-major cells x K'. */
  latent: Uint32Array;
}

/** Draws components, volumes and latent counts (loadings integrated out) of `count` cells from the model. */
export function drawCells(
  stream: RandomStream,
  count: number,
  globals: ProsegGlobals,
  frame: ModelFrame,
): ModelCells {
  const width = frame.privateGenes + frame.factors;
  const unit = frame.voxelUm ** 2 / frame.layers;
  const cells: ModelCells = {
    component: new Uint8Array(count),
    voxels: new Uint32Array(count),
    latent: new Uint32Array(count * width),
  };
  for (let c = 0; c < count; c++) {
    const t = stream.categorical(globals.pi);
    cells.component[c] = t;
    const volume = Math.exp(globals.mu[t] + Math.sqrt(globals.sigma2[t]) * stream.normal());
    cells.voxels[c] = Math.min(VOLUME_BINS - 1, Math.max(1, Math.round(volume / unit)));
    for (let k = 0; k < width; k++) {
      cells.latent[c * width + k] = stream.negativeBinomial(
        globals.r[t * width + k],
        globals.s[t * width + k] * cells.voxels[c] * unit,
      );
    }
  }
  return cells;
}

/**
 * Statistics of one iteration as a tile would return them, straight from the model: given cells, with factor counts split over
 * genes by theta, background over `columns` voxel columns per density bin, and auxiliary draws made with `globals`.
 */
export function statisticsOf(
  stream: RandomStream,
  cells: ModelCells,
  globals: ProsegGlobals,
  frame: ModelFrame,
  columns: number,
): ProsegStatistics {
  const { genes, privateGenes, factors, layers, densityBins } = frame;
  const width = privateGenes + factors;
  const unit = frame.voxelUm ** 2 / layers;
  const out = emptyStatistics(frame);
  for (let c = 0; c < cells.component.length; c++) {
    const t = cells.component[c];
    const volume = cells.voxels[c] * unit;
    out.n[t]++;
    out.h[t * VOLUME_BINS + cells.voxels[c]]++;
    for (let k = 0; k < width; k++) {
      const i = t * width + k;
      const x = cells.latent[c * width + k];
      out.xt[i] += x;
      out.crt[i] += crtTables(stream, x, globals.r[i]);
      const omega = polyaGamma(stream, x + globals.r[i], Math.log(globals.s[i] * volume));
      out.omega[i] += BigInt(Math.round(omega * FIXED_POINT));
      out.omegaLnV[i] += BigInt(Math.round(omega * Math.log(volume) * FIXED_POINT));
      if (k >= privateGenes) {
        const f = k - privateGenes;
        const column = Array.from({ length: genes - privateGenes }, (_, g) => globals.theta[g * factors + f]);
        for (let j = 0; j < x; j++) out.x[stream.categorical(column) * factors + f]++;
      }
    }
  }
  for (let d = 0; d < densityBins; d++) out.a[d] = columns;
  for (let i = 0; i < genes * layers * densityBins; i++)
    out.b[i] = stream.poisson(globals.beta[i] * columns * unit);
  out.transcripts[0] = 1n;
  out.logLikelihood[0] = BigInt(-5 * FIXED_POINT);
  return out;
}

export function emptyStatistics({
  genes,
  privateGenes,
  factors,
  components,
  layers,
  densityBins,
}: ModelFrame): ProsegStatistics {
  const latent = components * (privateGenes + factors);
  return {
    x: new Uint32Array((genes - privateGenes) * factors),
    b: new Uint32Array(genes * layers * densityBins),
    a: new Uint32Array(densityBins),
    n: new Uint32Array(components),
    h: new Uint32Array(components * VOLUME_BINS),
    xt: new Uint32Array(latent),
    crt: new Uint32Array(latent),
    omega: new BigInt64Array(latent),
    omegaLnV: new BigInt64Array(latent),
    logLikelihood: new BigInt64Array(1),
    transcripts: new BigUint64Array(1),
  };
}

/** Known globals for tests: two components that differ in every private gene, in volume and in their factors. */
export function testGlobals(frame: ModelFrame, stream: RandomStream): ProsegGlobals {
  const { genes, privateGenes, factors, components, layers, densityBins } = frame;
  const width = privateGenes + factors;
  const theta = new Float32Array((genes - privateGenes) * factors);
  const column = new Float64Array(genes - privateGenes);
  for (let k = 0; k < factors; k++) {
    stream.dirichlet(new Array(genes - privateGenes).fill(0.5), column);
    for (let g = 0; g < column.length; g++) theta[g * factors + k] = column[g];
  }
  return {
    theta,
    r: Float64Array.from({ length: components * width }, () => 0.5 + 3 * stream.uniform()),
    s: Float64Array.from({ length: components * width }, () => 0.01 + 0.1 * stream.uniform()),
    pi: Float64Array.from({ length: components }, () => 1 / components),
    mu: Float64Array.from({ length: components }, (_, t) => Math.log(60) + 0.6 * t),
    sigma2: Float64Array.from({ length: components }, (_, t) => 0.05 + 0.05 * t),
    beta: Float32Array.from({ length: genes * layers * densityBins }, () => 0.002 + 0.01 * stream.uniform()),
  };
}

/**
 * Globals of a tissue with `frame.components` types: log-normal gene means, each type up or down by its own factor in each gene
 * or factor, dispersion 2, equal shares. `density`: transcripts per um2 of a cell; `background`: per um2 of the slide.
 */
export function contrastingGlobals(
  frame: ModelFrame,
  stream: RandomStream,
  options: { density: number; background: number; contrast: number },
): ProsegGlobals {
  const { genes, privateGenes, factors, components, layers, densityBins } = frame;
  const width = privateGenes + factors;
  const means = Float64Array.from({ length: genes }, () => Math.exp(stream.normal()))
    .sort()
    .reverse();
  const total = means.reduce((sum, mean) => sum + mean, 0);
  const factored = means.subarray(privateGenes).reduce((sum, mean) => sum + mean, 0);
  const theta = new Float32Array((genes - privateGenes) * factors);
  const column = new Float64Array(genes - privateGenes);
  for (let k = 0; k < factors; k++) {
    stream.dirichlet(new Array(column.length).fill(0.5), column);
    for (let g = 0; g < column.length; g++) theta[g * factors + k] = column[g];
  }
  const s = Float64Array.from({ length: components * width }, (_, i) => {
    const k = i % width;
    const mean = ((k < privateGenes ? means[k] : factored / factors) / total) * options.density;
    return (mean * Math.exp(options.contrast * stream.normal() - options.contrast ** 2 / 2)) / 2;
  });
  return {
    theta,
    r: new Float64Array(s.length).fill(2),
    s,
    pi: new Float64Array(components).fill(1 / components),
    mu: Float64Array.from({ length: components }, (_, t) => Math.log(70 + 15 * t)),
    sigma2: new Float64Array(components).fill(0.06),
    beta: Float32Array.from(
      { length: genes * layers * densityBins },
      (_, i) => (means[Math.floor(i / (layers * densityBins))] / total) * options.background,
    ),
  };
}

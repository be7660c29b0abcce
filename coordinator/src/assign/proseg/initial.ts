import { SpatileError } from '@spatile/formats/errors';
import {
  type ModelFrame,
  PROJECTION_WIDTH,
  type ProsegGlobals,
  type ProsegPreparation,
} from '@spatile/formats/tile/proseg';
import { ln } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { kmeans } from './kmeans.ts';
import { MU_MEAN, PI_ALPHA, SIGMA2_SCALE, SIGMA2_SHAPE } from './prior.ts';
import { latentWidth, voxelVolume } from './statistics.ts';

/** Share of the density inside prior cells at which background starts where no place is far from all cells. */
const BACKGROUND_SHARE = 0.05;
/** Area far from cells, square microns, that weighs as much as that share: below it the pilots say little about background. */
const SHARE_WORTH_UM2 = 1000;
/** Transcripts that weigh as much as the gene totals when background is split among genes. */
const SPLIT_WORTH = 500;

export interface InitialState {
  globals: ProsegGlobals;
  /** First component of every pilot cell, by tile in the order of `preparations`. */
  components: { cell: Uint32Array; component: Uint16Array }[];
}

/**
 * Where the chain starts: components by k-means on the projected profiles of the pilots' cells, volumes from their first
 * voxels, rates from gene totals (cells alike but for seeded noise in theta) and, for the background, from what lies far from cells.
 * `geneTotals`: counts of the model genes in the pilots. Errors: `PRIOR_EMPTY` when no pilot cell has a voxel.
 */
export function initialState(
  preparations: readonly ProsegPreparation[],
  geneTotals: ArrayLike<number>,
  model: ModelFrame,
  seed: number,
): InitialState {
  const cells = preparations.reduce((sum, { cell }) => sum + cell.length, 0);
  if (cells === 0) {
    throw new SpatileError(
      'PRIOR_EMPTY',
      'pilot tiles: no prior cell covers a voxel (0 cells); expected at least one; check that the prior segmentation and the transcripts share one frame in microns',
    );
  }
  const projection = new Float32Array(cells * PROJECTION_WIDTH);
  let offset = 0;
  for (const part of preparations) {
    projection.set(part.projection, offset);
    offset += part.projection.length;
  }
  const { cluster } = kmeans(
    projection,
    PROJECTION_WIDTH,
    model.components,
    new RandomStream(seed, 'assign.fit.kmeans'),
  );
  const components: InitialState['components'] = [];
  let first = 0;
  for (const { cell } of preparations) {
    components.push({ cell, component: Uint16Array.from(cluster.subarray(first, first + cell.length)) });
    first += cell.length;
  }
  return { globals: initialGlobals(preparations, cluster, geneTotals, model, seed), components };
}

function initialGlobals(
  preparations: readonly ProsegPreparation[],
  cluster: Uint32Array,
  geneTotals: ArrayLike<number>,
  model: ModelFrame,
  seed: number,
): ProsegGlobals {
  const { genes, privateGenes, components } = model;
  const width = latentWidth(model);
  const { pi, mu, sigma2, density } = initialVolumes(preparations, cluster, model);
  const share = sharesOf(geneTotals, genes);
  const theta = initialTheta(share, model, seed);
  let factored = 0;
  for (let g = privateGenes; g < genes; g++) factored += share[g];
  // With r = 1 the mean rate is s; never 0, so that every gene may be foreground.
  const s = new Float64Array(components * width);
  for (let i = 0; i < s.length; i++) {
    const k = i % width;
    const mean = k < privateGenes ? share[k] : factored / model.factors;
    s[i] = Math.max(mean * density, Number.EPSILON);
  }
  const perGene = model.layers * model.densityBins;
  const background = initialBackground(preparations, share, density, model);
  const beta = new Float32Array(genes * perGene);
  for (let i = 0; i < beta.length; i++) beta[i] = background[Math.floor(i / perGene)];
  return { theta, r: new Float64Array(s.length).fill(1), s, pi, mu, sigma2, beta };
}

/**
 * Background rate of every gene: what the pilots hold far from all cells per area, shrunk towards a small share of the density
 * inside cells by how little such area there is. In neuropil or stroma most transcripts belong to no cell of the prior; in
 * confluent tissue no place is far, and the share alone decides.
 */
export function initialBackground(
  preparations: readonly ProsegPreparation[],
  share: Float64Array,
  density: number,
  model: ModelFrame,
): Float64Array {
  const counts = new Float64Array(model.genes);
  let columns = 0;
  for (const { farCounts, farColumns } of preparations) {
    columns += farColumns[0];
    for (let g = 0; g < counts.length; g++) counts[g] += farCounts[g];
  }
  const total = counts.reduce((sum, n) => sum + n, 0);
  // A column holds all layers: counts per column area are rates per unit volume.
  const area = columns * model.voxelUm ** 2;
  const rate = (total + SHARE_WORTH_UM2 * BACKGROUND_SHARE * density) / (area + SHARE_WORTH_UM2);
  return share.map((part, g) => (rate * (counts[g] + SPLIT_WORTH * part)) / (total + SPLIT_WORTH));
}

/** Component weights and ln-volume moments of the prior cells, and transcripts per unit volume inside them. */
function initialVolumes(
  preparations: readonly ProsegPreparation[],
  cluster: Uint32Array,
  model: ModelFrame,
): Pick<ProsegGlobals, 'pi' | 'mu' | 'sigma2'> & { density: number } {
  const unit = voxelVolume(model) * model.coarseFactor ** 2;
  const count = new Float64Array(model.components);
  const sum = new Float64Array(model.components);
  const squares = new Float64Array(model.components);
  let volume = 0;
  let transcripts = 0;
  let at = 0;
  for (const part of preparations) {
    for (let i = 0; i < part.cell.length; i++) {
      const t = cluster[at++];
      const lnVolume = ln(Math.max(1, part.voxels[i]) * unit);
      count[t]++;
      sum[t] += lnVolume;
      squares[t] += lnVolume * lnVolume;
      volume += part.voxels[i] * unit;
      transcripts += part.transcripts[i];
    }
  }
  const total = cluster.length + PI_ALPHA * model.components;
  const mu = count.map((n, t) => (n > 0 ? sum[t] / n : MU_MEAN));
  return {
    pi: count.map((n) => (n + PI_ALPHA) / total),
    mu,
    sigma2: count.map(
      (n, t) => (SIGMA2_SCALE + Math.max(0, squares[t] - n * mu[t] * mu[t]) / 2) / (SIGMA2_SHAPE + n / 2 - 1),
    ),
    density: Math.max(transcripts, 1) / Math.max(volume, unit),
  };
}

/** Shares of the genes with half a count added to each, so that none is 0. */
function sharesOf(geneTotals: ArrayLike<number>, genes: number): Float64Array {
  let total = 0;
  for (let g = 0; g < genes; g++) total += geneTotals[g] + 0.5;
  return Float64Array.from({ length: genes }, (_, g) => (geneTotals[g] + 0.5) / total);
}

/** Columns proportional to gene shares times exponential noise, which tells factors apart; each sums to 1. */
function initialTheta(share: Float64Array, model: ModelFrame, seed: number): Float32Array {
  const genes = model.genes - model.privateGenes;
  const theta = new Float32Array(genes * model.factors);
  const stream = new RandomStream(seed, 'assign.fit.initial-theta');
  const column = new Float64Array(genes);
  for (let k = 0; k < model.factors; k++) {
    let sum = 0;
    for (let g = 0; g < genes; g++) {
      column[g] = share[model.privateGenes + g] * stream.exponential();
      sum += column[g];
    }
    for (let g = 0; g < genes; g++) theta[g * model.factors + k] = column[g] / sum;
  }
  return theta;
}

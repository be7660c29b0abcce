import { SpatileError } from '@spatile/formats/errors';
import { rectContains } from '@spatile/formats/space';
import { type AssignTile, CONTROL_GENE } from '@spatile/formats/tile/assign';
import { type ModelFrame, VOLUME_BINS } from '@spatile/formats/tile/proseg';
import type { Work } from '@spatile/formats/tile/work';
import {
  type AssignArrays,
  type AssignSizes,
  assignBytes,
  type BoundAssign,
  bindAssign,
} from '../../../kernels/bind.ts';
import { columnCounts, densityBin, localDensity, modelledColumns, UNIT_BANDWIDTH_UM } from './density.ts';
import { displacementLaw } from './displacement.ts';
import { type ObservedVoxels, observedVoxels, type TileGrid, tileGrid } from './grid.ts';
import { slideKey, tileKey } from './keys.ts';
import type { ProsegTask } from './task.ts';

const ROLE_COUNTED = 1;
const ROLE_MOVES = 2;
/** Edge in fine voxels of the squares by which transcripts are ordered, so that neighbours in space are neighbours in memory. */
const SQUARE = 16;
/** Background rates are kept positive, so that every ratio of intensities exists. */
const LEAST_RATE = 1e-20;

/** What a stage asks of the sampler beside the task. */
export interface SamplerOptions {
  /** Names the random numbers: `fit`, `assign` or `border`. */
  stage: string;
  records: boolean;
  statistics: boolean;
  /** Cells of the tile (slide numbers, ascending), when there are more than the tile lists. */
  cells?: Uint32Array;
  /** Whether loadings are points of their law instead of draws. */
  pointLoadings?: boolean;
  /** Whether a transcript observed outside the core may be repositioned. */
  moveOutsideCore: boolean;
}

/**
 * One tile in the kernel's memory: the model's transcripts, the globals, the priors, and the labels at the current voxel size.
 * Order of the transcripts in memory: by squares of the slide's lattice, then by row; `source[i]` is the index in the tile's table.
 */
export interface Sampler {
  bound: BoundAssign;
  arrays: AssignArrays;
  task: ProsegTask;
  grid: TileGrid;
  observed: ObservedVoxels;
  source: Uint32Array;
  /** Slide numbers of the tile-local cells 1.. (index 0 is local cell 1). */
  cells: Uint32Array;
  modelled: Uint8Array;
  densityBins: Uint8Array;
  density: Float32Array;
  /** Fine voxels per edge of the current voxel: 1 or `coarseFactor`. */
  edge: number;
}

/**
 * Lays a tile out and loads everything but labels. Release `bound` when done.
 * Errors: `MEMORY_LIMIT` when the memory cannot be had, and those of `tileGrid` and `observedVoxels`.
 */
export async function openSampler(task: ProsegTask, options: SamplerOptions): Promise<Sampler> {
  const { tile, model } = task;
  const grid = tileGrid(tile, model);
  const observed = observedVoxels(tile, grid, model);
  const source = modelOrder(tile, grid, observed);
  const cells = options.cells ?? tile.cells.cell;
  const sizes = sizesOf(task, grid, source.length, cells.length, options);
  const bound = await bind(sizes, tile.meta.tile);
  const sampler: Sampler = {
    bound,
    arrays: bound.arrays,
    task,
    grid,
    observed,
    source,
    cells,
    modelled: new Uint8Array(0),
    densityBins: new Uint8Array(0),
    density: new Float32Array(0),
    edge: 1,
  };
  await loadDensity(sampler);
  loadTranscripts(sampler, options);
  loadCells(sampler);
  loadSettings(sampler, options);
  if (task.globals !== null) loadGlobals(sampler);
  return sampler;
}

function sizesOf(
  { model }: ProsegTask,
  grid: TileGrid,
  transcripts: number,
  cells: number,
  options: SamplerOptions,
): AssignSizes {
  const { genes, privateGenes, factors, components, densityBins } = model;
  const { width, height, layers } = grid;
  const { records, statistics } = options;
  return {
    width,
    height,
    layers,
    transcripts,
    cells: cells + 1,
    genes,
    privateGenes,
    factors,
    components,
    densityBins,
    volumeBins: VOLUME_BINS,
    records,
    statistics,
  };
}

/** Linear memory of a 32-bit module. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;

async function bind(sizes: AssignSizes, id: string): Promise<BoundAssign> {
  const bytes = assignBytes(sizes);
  const refuse = (cause?: unknown): SpatileError =>
    new SpatileError(
      'MEMORY_LIMIT',
      `tile ${id}: the sampler needs ${bytes} bytes for ${sizes.transcripts} transcripts and ${sizes.width} x ${sizes.height} x ${sizes.layers} voxels and cannot have them; expected a tile that fits the worker; lower plan.tileSizeUm or raise plan.memoryPerWorker`,
      { cause, fields: { tile: id, bytes } },
    );
  if (bytes > MOST_BYTES) throw refuse();
  try {
    return await bindAssign(sizes);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(error);
    throw error;
  }
}

/** Indices of the transcripts that enter the model, by square of the slide's lattice, then by row. */
function modelOrder(tile: AssignTile, grid: TileGrid, observed: ObservedVoxels): Uint32Array {
  const { gene } = tile.transcripts;
  const columns = squaresOf(grid.firstColumn, grid.width, 1);
  const across = columns[grid.width - 1] + 1;
  const rows = squaresOf(grid.firstRow, grid.height, across);
  const start = new Uint32Array(rows[grid.height - 1] + across + 1);
  const squareOf = (i: number): number => rows[observed.y[i]] + columns[observed.x[i]];
  for (let i = 0; i < gene.length; i++) if (gene[i] !== CONTROL_GENE) start[squareOf(i) + 1]++;
  for (let k = 1; k < start.length; k++) start[k] += start[k - 1];
  const order = new Uint32Array(start[start.length - 1]);
  for (let i = 0; i < gene.length; i++) if (gene[i] !== CONTROL_GENE) order[start[squareOf(i)]++] = i;
  return order;
}

/** Number of the square of each column (or row) of the region, times `step`: the first one's is 0. */
const squaresOf = (first: number, count: number, step: number): Uint32Array =>
  Uint32Array.from(
    { length: count },
    (_, k) => step * (Math.floor((first + k) / SQUARE) - Math.floor(first / SQUARE)),
  );

/**
 * Density on the fine columns, its bins, and which columns belong to the model. The sum of weights is scaled by
 * (0.5 um / bandwidth)^2, so that the unit (1.57 transcripts per um^2) does not depend on the bandwidth.
 */
async function loadDensity(sampler: Sampler): Promise<void> {
  const { bound, grid, observed, source, task } = sampler;
  const bandwidth = task.settings.densityBandwidthUm;
  const counts = columnCounts(grid, source, observed.x, observed.y);
  const scale = densityScale(bandwidth);
  const { exp } = bound.kernel;
  const density = await localDensity(counts, grid.width, grid.height, grid.voxelUm, bandwidth, exp);
  const bins = new Uint8Array(density.length);
  const { densityCuts } = task.model;
  for (let i = 0; i < density.length; i++) {
    density[i] *= scale;
    bins[i] = densityBin(density[i], densityCuts);
  }
  sampler.density = density;
  sampler.densityBins = bins;
  sampler.modelled = modelledColumns(grid, source, observed.x, observed.y);
}

const densityScale = (bandwidthUm: number): number => (UNIT_BANDWIDTH_UM / bandwidthUm) ** 2;

/**
 * Density bins of transcripts: the others' density in the observed column. With its own weight (1, at the centre) the densest
 * bins would just be the columns that hold a transcript, their background as high as the expression of cells, and most
 * transcripts of cells would pass as background (Slivnyak's theorem: to a Poisson process, the density around a point without
 * the point is that of any place).
 */
function binsOf({ grid, density, task, observed }: Sampler): (at: number) => number {
  const own = densityScale(task.settings.densityBandwidthUm);
  const { densityCuts } = task.model;
  const { width } = grid;
  const { x, y } = observed;
  return (at) => densityBin(Math.max(0, density[y[at] * width + x[at]] - own), densityCuts);
}

function loadTranscripts(sampler: Sampler, { moveOutsideCore }: SamplerOptions): void {
  const { task, source, observed } = sampler;
  const { row, gene, observedX, observedY, observedL, backgroundIndex, background, role } = sampler.arrays;
  const { transcripts, meta } = task.tile;
  const { genes, layers, densityBins } = task.model;
  const beta = task.globals?.beta ?? null;
  const binOf = binsOf(sampler);
  const outside = moveOutsideCore ? ROLE_MOVES : 0;
  for (let i = 0; i < source.length; i++) {
    const at = source[i];
    const own = transcripts.gene[at];
    if (own >= genes) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `tile ${meta.tile}: gene ${own} is not one of the model's ${genes}; expected a model gene or a control; delete the run directory and start again`,
      );
    }
    const layer = observed.l[at];
    const index = (own * layers + layer) * densityBins + binOf(at);
    row[i] = transcripts.row[at];
    gene[i] = own;
    observedX[i] = observed.x[at];
    observedY[i] = observed.y[at];
    observedL[i] = layer;
    backgroundIndex[i] = index;
    background[i] = beta === null ? LEAST_RATE : Math.max(LEAST_RATE, beta[index]);
    const inCore = rectContains(meta.core, transcripts.x[at], transcripts.y[at]);
    role[i] = inCore ? ROLE_COUNTED | ROLE_MOVES : outside;
  }
}

function loadCells({ arrays, task, cells }: Sampler): void {
  arrays.cellId.set(cells, 1);
  const owned = new Set<number>();
  task.tile.cells.cell.forEach((cell, i) => {
    if (task.tile.cells.owned[i] === 1) owned.add(cell);
  });
  cells.forEach((cell, i) => {
    arrays.owned[i + 1] = owned.has(cell) ? 1 : 0;
  });
}

function loadSettings(
  { bound, arrays, task, grid }: Sampler,
  { stage, pointLoadings }: SamplerOptions,
): void {
  const { kernel } = bound;
  const { settings, tile } = task;
  const [place, own] = [slideKey(tile.meta, stage), tileKey(tile.meta, grid, stage)];
  bound.setInteger('placeKey0', place[0]);
  bound.setInteger('placeKey1', place[1]);
  bound.setInteger('tileKey0', own[0]);
  bound.setInteger('tileKey1', own[1]);
  bound.setInteger('pointLoadings', pointLoadings === true ? 1 : 0);
  bound.setInteger('connectivity', settings.enforceConnectivity ? 1 : 0);
  bound.setReal('bubble', settings.bubbleProbability);
  bound.setReal('compactnessScale', 1 / (2 * settings.compactnessSigma * settings.compactnessSigma));
  const law = displacementLaw(settings, grid.voxelUm, grid.layers, kernel);
  for (const name of ['near', 'far', 'mode'] as const) {
    arrays[`${name}Threshold`].set(law[name].threshold);
    arrays[`${name}Alias`].set(law[name].alias);
    bound.setInteger(`${name}Count`, law[name].threshold.length);
  }
  const trust = [0.5, 1 - settings.nuclearReassignmentProbability, 1 - settings.cellReassignmentProbability];
  trust.forEach((rho, k) => {
    arrays.priorLog[2 * k] = kernel.ln(rho);
    arrays.priorLog[2 * k + 1] = kernel.ln(1 - rho);
  });
}

/** Globals into the kernel's order: factors behind the padded private genes, components innermost. */
function loadGlobals({ bound, arrays, task }: Sampler): void {
  const { model, globals } = task;
  const { privateGenes, factors, components } = model;
  const { kernel } = bound;
  const [privateWidth, factorWidth, width] = [
    bound.integer('privateWidth'),
    bound.integer('factorWidth'),
    bound.integer('componentWidth'),
  ];
  const { theta, r, s, pi, mu, sigma2 } = globals!;
  arrays.thetaSum.fill(1, 0, privateGenes);
  for (let g = 0; g < model.genes - privateGenes; g++) {
    for (let k = 0; k < factors; k++) {
      arrays.theta[g * factorWidth + k] = theta[g * factors + k];
      arrays.thetaSum[privateWidth + k] += theta[g * factors + k];
    }
  }
  arrays.shape.fill(1);
  arrays.scale.fill(1);
  eachLatent(model, privateWidth, (k, at) => {
    for (let t = 0; t < components; t++) {
      arrays.shape[at * width + t] = r[t * (privateGenes + factors) + k];
      arrays.scale[at * width + t] = s[t * (privateGenes + factors) + k];
    }
  });
  for (let t = 0; t < components; t++) {
    arrays.logPi[t] = kernel.ln(Math.max(1e-300, pi[t]));
    arrays.mu[t] = mu[t];
    arrays.sigma2[t] = sigma2[t];
  }
  kernel.fillTables(bound.tile);
}

/** What the tile took so far: the kernel's counts, and the columns whose local density was summed. */
export function workOf({ bound, grid }: Sampler): Work {
  return { ...bound.work(), columnsSmoothed: grid.width * grid.height };
}

/** Transcripts that repositioning asks. */
export const movable = ({ arrays }: Sampler): number =>
  arrays.role.reduce((n, role) => n + ((role & ROLE_MOVES) === 0 ? 0 : 1), 0);

/** Visits the K' latent dimensions with their place in a padded row. */
export function eachLatent(
  model: ModelFrame,
  privateWidth: number,
  visit: (k: number, at: number) => void,
): void {
  for (let k = 0; k < model.privateGenes; k++) visit(k, k);
  for (let k = 0; k < model.factors; k++) visit(model.privateGenes + k, privateWidth + k);
}

/** Loadings of local cells without padding, row-major cells x K'. */
export function readLoadings({ bound, arrays, task }: Sampler, locals: ArrayLike<number>): Float32Array {
  const { model } = task;
  const width = model.privateGenes + model.factors;
  const out = new Float32Array(locals.length * width);
  const latent = bound.integer('latent');
  const factors = bound.integer('privateWidth');
  for (let i = 0; i < locals.length; i++) {
    const at = locals[i] * latent;
    out.set(arrays.loading.subarray(at, at + model.privateGenes), i * width);
    out.set(
      arrays.loading.subarray(at + factors, at + factors + model.factors),
      i * width + model.privateGenes,
    );
  }
  return out;
}

/** Writes loadings of local cells (row-major cells x K') and refreshes the total rates. */
export function writeLoadings(
  { bound, arrays, task }: Sampler,
  locals: ArrayLike<number>,
  loadings: Float32Array,
): void {
  const { model } = task;
  const width = model.privateGenes + model.factors;
  const latent = bound.integer('latent');
  const factors = bound.integer('privateWidth');
  for (let i = 0; i < locals.length; i++) {
    const at = locals[i] * latent;
    const from = i * width;
    arrays.loading.set(loadings.subarray(from, from + model.privateGenes), at);
    arrays.loading.set(loadings.subarray(from + model.privateGenes, from + width), at + factors);
  }
  bound.kernel.sumRates(bound.tile);
}

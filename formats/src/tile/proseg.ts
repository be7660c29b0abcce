import { type Columns, encodeFrame, type Frame, openPiece } from './frame.ts';

/**
 * What coordinator and workers exchange for the `proseg` method (symbols and equations: Jones et al., Nat Methods 22:1331,
 * 2025, and the model of version 3.1): the frame of the model, its global variables, and the sufficient statistics a tile
 * returns while they are fitted.
 *
 * Task kinds (all take an assign-tile frame with the extras named here):
 *
 * | kind | extras in | out |
 * | --- | --- | --- |
 * | `assign.proseg.prepare` | meta.model (`ModelFrame`, densityCuts still empty) | `ProsegPreparation` and piece `window` |
 * | `assign.proseg.fit` | meta.model, meta.block, pieces `window`, `globals`, and `chain` of the previous block or table `initial` (cell, component) | statistics and piece `chain` |
 * | `assign.proseg` | meta.model, piece `globals`, meta.schedule, meta.bandUm | assign-result in parts (`parts.ts`) |
 * | `assign.proseg.border` | the same, meta.sources (`SettleSources`) and the pieces that it names | assign-result with its outcome (`parts.ts`) |
 */

/** Fixed by the coordinator's pre-pass, the same for every tile of a slide. */
export interface ModelFrame {
  /** Model genes G, ordered by total count (descending): the first `privateGenes` have a loading of their own. */
  genes: number;
  /** U = min(G, 300). */
  privateGenes: number;
  /** K: 100 when G > U, else 0. Latent width K' = U + K. */
  factors: number;
  /** T. */
  components: number;
  /** L; 1 when the slide has no z or no span. */
  layers: number;
  /** D. */
  densityBins: number;
  /** Fine voxel edge h in microns; the coarse edge is `coarseFactor` times it. */
  voxelUm: number;
  coarseFactor: number;
  /** z above the tissue plane: z - (plane[0] + plane[1]*(x - xRef) + plane[2]*(y - yRef)), clipped to [low, high], scaled to [0, 1]. */
  z: { plane: [number, number, number]; xRefUm: number; yRefUm: number; lowUm: number; highUm: number };
  /** D - 1 ascending cuts of the local density (transcript weight, `methods/assignment.md` 1.4 step 7); empty while unknown. */
  densityCuts: number[];
}

/**
 * The global variables. Row-major; frozen after the fit. Travels as one table each (column `value`), or as one piece where it is the
 * same for many tasks.
 */
export interface ProsegGlobals {
  /** Gene loadings of the factored genes, (G - U) x K. */
  theta: Float32Array;
  /** Dispersion r and scale s of the loadings' gamma prior, T x K'. */
  r: Float64Array;
  s: Float64Array;
  /** Component weights, T. */
  pi: Float64Array;
  /** ln-volume mean and variance, T. */
  mu: Float64Array;
  sigma2: Float64Array;
  /** Background rates per unit volume of one layer, G x L x D (gene slowest, then layer). */
  beta: Float32Array;
  /** Share of each gene in what a kind of cell makes, G x T; columns sum to 1. Absent while they are fitted. */
  kinds?: Float32Array;
}

/** `assign.proseg.prepare`: what pilots tell before the first iteration. */
export interface ProsegPreparation {
  /** Histogram of the local density over the modelled columns of the core; bin = floor(density * 64) clamped to 4095. */
  densityHistogram: Uint32Array;
  /** Owned cells with initial voxels, and their 25-wide random projection of ln(1 + 100 * share) (row-major), initial transcripts, coarse voxels. */
  cell: Uint32Array;
  projection: Float32Array;
  transcripts: Uint32Array;
  voxels: Uint32Array;
  /** Transcripts of the core far from every prior cell, by model gene; and (one entry) the modelled fine columns there. */
  farCounts: Uint32Array;
  farColumns: Uint32Array;
  /** Cells of the window with transcripts under their first label, halo included: mean place of those, microns. */
  cellX: Float64Array;
  cellY: Float64Array;
  /** Their transcripts: position in `cellX`, gene, number; sorted by (cell, gene). */
  countCell: Uint32Array;
  countGene: Uint32Array;
  count: Uint32Array;
}

export const PROJECTION_WIDTH = 25;
/** Frame kinds of the two results of the fit (the other kinds return `ASSIGN_RESULT`). */
export const PROSEG_PREPARATION = 'proseg-preparation';
export const PROSEG_STATISTICS = 'proseg-statistics';
/** Bins of the density histogram, and bins per unit of density. */
export const DENSITY_BINS = 4096;
export const DENSITY_STEPS = 64;
/** Bins of the histogram of cells by voxel count (in fine voxels per layer-summed cell, i.e. n); the last bin collects the rest. */
export const VOLUME_BINS = 8192;
/** Fixed-point scale of real-valued statistics, so that their sums do not depend on order. */
export const FIXED_POINT = 2 ** 24;

/** One block of a pilot chain. `recorded` of its iterations (the last ones) enter the statistics. */
export interface FitBlock {
  index: number;
  /** `parameters`: labels and components fixed; `coarse`; `fine` (with repositioning). */
  phase: 'parameters' | 'coarse' | 'fine';
  /** Number of the first iteration of this block in the whole fit: the counter of its random numbers. */
  firstIteration: number;
  iterations: number;
  recorded: number;
  /** Dispersion is held at 1 in burn-in: the tile then skips the draws for `crt` and `omega`. */
  fixedDispersion: boolean;
  /** Transcript repositioning in the fine phase; absent = on. */
  diffusion?: boolean;
}

/**
 * Sums over the recorded iterations of one tile. A cell counts in the tile that owns it, a transcript in the tile whose core
 * holds its observed place, a voxel in the tile whose core holds its centre.
 */
export interface ProsegStatistics {
  /** X_gk: foreground counts of factored genes by factor, (G - U) x K. */
  x: Uint32Array;
  /** B_gld: background counts, G x L x D. */
  b: Uint32Array;
  /** A_d: fine-voxel columns of the modelled region by density bin, D (one layer; x recorded). */
  a: Uint32Array;
  /** N_t: cells by component, T. */
  n: Uint32Array;
  /** H_t[n]: cells by component and voxel count n (fine voxels; coarse phases count a coarse voxel as coarseFactor^2), T x VOLUME_BINS. */
  h: Uint32Array;
  /** Sum of latent counts, T x K'. */
  xt: Uint32Array;
  /** Sum of CRT tables l, T x K'. */
  crt: Uint32Array;
  /** Sum of Polya-Gamma draws omega, and of omega * ln(V), T x K', times FIXED_POINT. */
  omega: BigInt64Array;
  omegaLnV: BigInt64Array;
  /** One entry: sum of ln(lambda + beta) over core transcripts times FIXED_POINT; and their number. */
  logLikelihood: BigInt64Array;
  transcripts: BigUint64Array;
}

/** Iterations of the tile round. Defaults in `config/schema.ts`. */
export interface ProsegSchedule {
  coarseIterations: number;
  fineIterations: number;
  hillClimbIterations: number;
  recordedIterations: number;
  finalTemperature: number;
  /** Label proposals per voxel with neighbours of another label and iteration. */
  proposalsPerPair: number;
  /** `point`: a typical value of each loading's law stands for a draw. Absent: `drawn`. */
  loadings?: 'drawn' | 'point';
  /** Loadings are redrawn every n-th iteration. */
  loadingsEvery: number;
  /** Transcript repositioning on? */
  diffusion: boolean;
}

/** Physical settings of the sampler (defaults in `config/schema.ts`, meanings in `methods/assignment.md` 1.11). */
export interface ProsegSettings {
  compactnessSigma: number;
  bubbleProbability: number;
  nuclearReassignmentProbability: number;
  cellReassignmentProbability: number;
  diffusionProbability: number;
  diffusionSdNearUm: number;
  diffusionSdFarUm: number;
  diffusionSdZ: number;
  densityBandwidthUm: number;
  enforceConnectivity: boolean;
  refine: RefineSettings;
}

/** The last rounds over transcripts (defaults in `config/schema.ts`). */
export interface RefineSettings {
  /** 0 = none. */
  rounds: number;
  bandwidthUm: number;
  neighbours: number;
  ambient: number;
  background: number;
  nucleusUm: number;
  nucleusWeight: number;
}

/** Settled state of a border unit's region. */
export interface BorderState {
  /** Same rows, same order as the tile's `transcripts`. */
  transcripts: { cell: Uint32Array; probability: Float32Array; dx: Int8Array; dy: Int8Array; dl: Int8Array };
  /** Voxel runs of all cells that have a voxel in the region; may overlap: `cores` decides. */
  runs: { cell: Uint32Array; layer: Uint16Array; y: Int32Array; x: Int32Array; length: Uint32Array };
  /** Cells of `runs`, ascending. `active` = 1: may change; all its voxels lie in the region. `tile` = number of its owner tile. */
  cells: { cell: Uint32Array; component: Uint16Array; active: Uint8Array; tile: Uint32Array };
  loadings: { value: Float32Array };
  /** Cores of the tiles that meet the region: a voxel claimed twice goes to the cell whose owner's core holds its centre, else to the lower cell. */
  cores: { tile: Uint32Array; x0: Float64Array; y0: Float64Array; x1: Float64Array; y1: Float64Array };
}

/** Prefixes the tables (or pieces) of a part so that several parts share one frame. */
export function prefixed<T>(prefix: string, tables: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(tables).map(([name, columns]) => [`${prefix}.${name}`, columns]));
}

/** The tables (or pieces) of a part, without their prefix; empty when there are none. */
export function unprefixed<T>(prefix: string, tables: Record<string, T>): Record<string, T> {
  const out: Record<string, T> = {};
  for (const [name, columns] of Object.entries(tables))
    if (name.startsWith(`${prefix}.`)) out[name.slice(prefix.length + 1)] = columns;
  return out;
}

const vectors = <T extends object>(prefix: string, values: T): Record<string, Columns> =>
  prefixed(prefix, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])));

/** Globals as tables `globals.theta`, ... with one column `value`. */
export const globalsTables = (globals: ProsegGlobals): Record<string, Columns> => vectors('globals', globals);
export const statisticsTables = (statistics: ProsegStatistics): Record<string, Columns> =>
  vectors('statistics', statistics);
export const preparationTables = (preparation: ProsegPreparation): Record<string, Columns> =>
  vectors('preparation', preparation);

const readVectors = <T>(prefix: string, tables: Record<string, Columns>): T =>
  Object.fromEntries(
    Object.entries(unprefixed(prefix, tables)).map(([name, columns]) => [name, columns.value]),
  ) as T;

export const globalsFrom = (tables: Record<string, Columns>): ProsegGlobals => readVectors('globals', tables);

/** Name of the piece that holds globals, and the kind of its frame. */
export const GLOBALS_PIECE = 'globals';
const PROSEG_GLOBALS = 'proseg-globals';

/** Globals as bytes that every task of a round carries as they are. */
export const globalsPiece = (globals: ProsegGlobals): Uint8Array =>
  encodeFrame({ kind: PROSEG_GLOBALS, meta: {}, tables: globalsTables(globals) });

/** Globals of a task, from its piece or its tables. Errors: `RUN_CORRUPT` when the piece is damaged. */
export const globalsOfTask = (task: Frame): ProsegGlobals =>
  globalsFrom(
    task.pieces?.[GLOBALS_PIECE] === undefined
      ? task.tables
      : openPiece(task, GLOBALS_PIECE, PROSEG_GLOBALS).tables,
  );

/**
 * Name of the piece that holds a pilot's window, an assign-tile frame of its own with its transcripts as a table: preparing makes
 * it, and every block gets it. Without it a task is the assign-tile frame itself.
 */
export const WINDOW_PIECE = 'window';
/** Name of the piece that holds where a pilot's chain stands, and the kind of its frame: whatever the worker wrote there. */
export const CHAIN_PIECE = 'chain';
export const PROSEG_CHAIN = 'proseg-chain';

export const statisticsFrom = (tables: Record<string, Columns>): ProsegStatistics =>
  readVectors('statistics', tables);
export const preparationFrom = (tables: Record<string, Columns>): ProsegPreparation =>
  readVectors('preparation', tables);

/**
 * Upper bound in bytes of what one tile needs in a worker beyond its process base: the sampler's linear memory, the tile frame
 * (encoded and decoded), and the result.
 * `voxelsFine`: fine voxels of the padded tile over all layers; `transcripts`, `cells`: of the padded tile.
 */
export function prosegMemoryBytes(input: {
  voxelsFine: number;
  transcripts: number;
  cells: number;
  model: ModelFrame;
}): number {
  const { voxelsFine, transcripts, cells, model } = input;
  const latent = model.privateGenes + model.factors + 8;
  const factored = model.genes - model.privateGenes;
  const components = model.components + 1;
  const columns = voxelsFine / model.layers;
  // Labels, buckets and the record of labels per voxel, with the rim; priors and density per column.
  const rim = 4 * Math.ceil(Math.sqrt(columns)) * 4 + 64;
  const grid = (voxelsFine + rim * model.layers) * (2 + 4 + 2 + 6) + (columns + rim) * 24;
  const perTranscript = transcripts * (64 + 160 + 56);
  const perCell = (cells + 1) * (latent * 12 + model.layers * 8 + 2048 + 320);
  const tables = latent * components * (34 * 8 + 24) + (VOLUME_BINS + 1) * components * 12 + 2 ** 20;
  const globals = factored * model.factors * 12 + model.genes * model.layers * model.densityBins * 12;
  return Math.ceil(grid + perTranscript + perCell + tables + globals + 16 * 2 ** 20);
}

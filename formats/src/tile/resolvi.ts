import type { SparseRows } from './correct.ts';
import type { Frame } from './frame.ts';
import { SPARSE, sparseRows, sparseTables } from './sparse-rows.ts';
import { pickTables } from './tables.ts';

/** Frames of ResolVI: a stretch of training, the states of a block of cells, their corrected counts. */

export const RESOLVI_TRAIN = 'correct-resolvi-train-input';
export const RESOLVI_TRAINED = 'correct-resolvi-trained';
export const RESOLVI_ENCODE = 'correct-resolvi-encode-input';
export const RESOLVI_ENCODED = 'correct-resolvi-encoded';
export const RESOLVI_ATTRIBUTE = 'correct-resolvi-attribute-input';

/** Sizes of the networks. */
export interface ResolviSize {
  genes: number;
  neighbours: number;
  latent: number;
  /** Width of the decoder's and of the encoders' hidden layers. */
  hidden: number;
  encoderHidden: number;
  /** Components of the prior: labels when these are given, else free ones. */
  components: number;
  supervised: boolean;
}

/** What the slide says before training. */
export interface ResolviPriors {
  /** Median squared distance to the sixth neighbour, in square microns. */
  medianDistance: number;
  /** Mean count of the rarest genes over that of all. */
  backgroundRatio: number;
  /** Median and standard deviation of ln(1 + transcripts of a cell). */
  meanLogCounts: number;
  stdLogCounts: number;
}

export type ResolviProvider = 'cpu' | 'cuda';

export interface TrainSettings {
  seed: number;
  batch: number;
  particles: number;
  /** How much the counts weigh beside the priors. */
  likelihoodWeight: number;
  rate: number;
  /** Rate of the prior's means and of the split over neighbours. */
  freeRate: number;
  dropout: number;
  /** Epochs over which the weight of the latent term rises to 1. */
  warmupEpochs: number;
  /** Whether the encoder sees resampled counts in training. */
  resample: boolean;
  provider: ResolviProvider;
}

/** Parameters with the moments of Adam; empty before the first step. */
export interface Checkpoint {
  parameters: Float32Array;
  first: Float32Array;
  second: Float32Array;
}

/** What decides how the counts that a cell receives split over its neighbours, cells x neighbours, with Adam's moments. */
export interface NeighbourLogits {
  logit: Float32Array;
  first: Float32Array;
  second: Float32Array;
}

/** A stretch of training: some epochs over a pool of cells. */
export interface TrainInput {
  size: ResolviSize;
  priors: ResolviPriors;
  settings: TrainSettings;
  /** Epochs [fromEpoch, toEpoch); the number of the pool names its random numbers. */
  fromEpoch: number;
  toEpoch: number;
  pool: number;
  /** Steps done before, on all pools and when this pool was last seen. */
  step: number;
  poolStep: number;
  /** Cells of the slide that are trained on. */
  trained: number;
  checkpoint: Checkpoint;
  logits: NeighbourLogits;
  /** Cells of the pool first, then the others among their neighbours. */
  cells: SparseRows;
  /** Per cell of the pool: its label, -1 for none. */
  label: Int16Array;
  /** Pool x neighbours: row of `cells`, squared distance in square microns. */
  neighbour: Uint32Array;
  distance: Float32Array;
}

export interface Trained {
  checkpoint: Checkpoint;
  logits: NeighbourLogits;
  /** Steps done so far. */
  step: number;
  /** Mean loss of each epoch, per cell. */
  loss: Float64Array;
}

const MOMENTS = ['first', 'second'];

export function trainFrame(input: TrainInput): Frame {
  const { size, priors, settings, fromEpoch, toEpoch, pool, step, poolStep, trained } = input;
  return {
    kind: RESOLVI_TRAIN,
    meta: { size, priors, settings, fromEpoch, toEpoch, pool, step, poolStep, trained },
    tables: {
      checkpoint: { ...input.checkpoint },
      logits: { ...input.logits },
      labels: { label: input.label },
      graph: { neighbour: input.neighbour, distance: input.distance },
      ...sparseTables(input.cells),
    },
  };
}

/** Errors: `RUN_CORRUPT` for a frame of another shape, here and in the other readers. */
export function readTrainInput(frame: Frame): TrainInput {
  const tables = pickTables(frame, {
    checkpoint: ['parameters', ...MOMENTS],
    logits: ['logit', ...MOMENTS],
    labels: ['label'],
    graph: ['neighbour', 'distance'],
    ...SPARSE,
  });
  return {
    ...(frame.meta as unknown as TrainInput),
    checkpoint: tables.checkpoint as unknown as Checkpoint,
    logits: tables.logits as unknown as NeighbourLogits,
    label: tables.labels.label as Int16Array,
    neighbour: tables.graph.neighbour as Uint32Array,
    distance: tables.graph.distance as Float32Array,
    cells: sparseRows(tables),
  };
}

export function trainedFrame({ checkpoint, logits, step, loss }: Trained): Frame {
  return {
    kind: RESOLVI_TRAINED,
    meta: { step },
    tables: { checkpoint: { ...checkpoint }, logits: { ...logits }, trace: { loss } },
  };
}

export function readTrained(frame: Frame): Trained {
  const tables = pickTables(frame, {
    checkpoint: ['parameters', ...MOMENTS],
    logits: ['logit', ...MOMENTS],
    trace: ['loss'],
  });
  return {
    step: frame.meta.step as number,
    checkpoint: tables.checkpoint as unknown as Checkpoint,
    logits: tables.logits as unknown as NeighbourLogits,
    loss: tables.trace.loss as Float64Array,
  };
}

export interface EncodeInput {
  size: ResolviSize;
  provider: ResolviProvider;
  parameters: Float32Array;
  cells: SparseRows;
}

/** States of a block of cells; those of cells without transcripts mean nothing. */
export interface Encoded {
  /** Cells x latent. */
  state: Float32Array;
  /** Cells x 3: own, diffused and background shares, which sum to 1.013. */
  shares: Float32Array;
  /** Cells x labels; empty without labels. */
  labels: Float32Array;
}

export function encodeFrame({ size, provider, parameters, cells }: EncodeInput): Frame {
  return {
    kind: RESOLVI_ENCODE,
    meta: { size, provider },
    tables: { checkpoint: { parameters }, ...sparseTables(cells) },
  };
}

export function readEncodeInput(frame: Frame): EncodeInput {
  const tables = pickTables(frame, { checkpoint: ['parameters'], ...SPARSE });
  return {
    ...(frame.meta as unknown as Pick<EncodeInput, 'size' | 'provider'>),
    parameters: tables.checkpoint.parameters as Float32Array,
    cells: sparseRows(tables),
  };
}

export function encodedFrame({ state, shares, labels }: Encoded): Frame {
  return {
    kind: RESOLVI_ENCODED,
    meta: {},
    tables: { state: { value: state }, shares: { value: shares }, labels: { value: labels } },
  };
}

export function readEncoded(frame: Frame): Encoded {
  const { state, shares, labels } = pickTables(frame, {
    state: ['value'],
    shares: ['value'],
    labels: ['value'],
  });
  return {
    state: state.value as Float32Array,
    shares: shares.value as Float32Array,
    labels: labels.value as Float32Array,
  };
}

export interface AttributeInput {
  size: ResolviSize;
  provider: ResolviProvider;
  medianDistance: number;
  parameters: Float32Array;
  cells: SparseRows;
  /** 1 for cells that are corrected; the others stay as they are. */
  used: Uint8Array;
  /** Of each cell, and of each of its neighbours, cells x neighbours x latent. */
  state: Float32Array;
  neighbourState: Float32Array;
  shares: Float32Array;
  /** Cells x neighbours. */
  distance: Float32Array;
  logit: Float32Array;
}

export function attributeFrame(input: AttributeInput): Frame {
  const { size, provider, medianDistance, parameters, cells, used } = input;
  return {
    kind: RESOLVI_ATTRIBUTE,
    meta: { size, provider, medianDistance },
    tables: {
      checkpoint: { parameters },
      used: { used },
      state: { value: input.state },
      neighbours: { value: input.neighbourState },
      shares: { value: input.shares },
      graph: { distance: input.distance, logit: input.logit },
      ...sparseTables(cells),
    },
  };
}

export function readAttributeInput(frame: Frame): AttributeInput {
  const tables = pickTables(frame, {
    checkpoint: ['parameters'],
    used: ['used'],
    state: ['value'],
    neighbours: ['value'],
    shares: ['value'],
    graph: ['distance', 'logit'],
    ...SPARSE,
  });
  return {
    ...(frame.meta as unknown as Pick<AttributeInput, 'size' | 'provider' | 'medianDistance'>),
    parameters: tables.checkpoint.parameters as Float32Array,
    cells: sparseRows(tables),
    used: tables.used.used as Uint8Array,
    state: tables.state.value as Float32Array,
    neighbourState: tables.neighbours.value as Float32Array,
    shares: tables.shares.value as Float32Array,
    distance: tables.graph.distance as Float32Array,
    logit: tables.graph.logit as Float32Array,
  };
}

import type { Columns, Frame } from './frame.ts';
import { SPARSE, sparseRows, sparseTables } from './sparse-rows.ts';
import { pickTables } from './tables.ts';

/** Frames of the correct stage: the fit of a slide, cell types of a block of cells, corrected counts of a block. */

export const CORRECT_FIT = 'correct-fit-input';
export const CORRECT_MODEL = 'correct-model';
export const CORRECT_TYPES = 'correct-types-input';
export const CORRECT_TYPED = 'correct-types';
export const CORRECT_COUNTS = 'correct-counts-input';
export const CORRECT_COUNTED = 'correct-counts';

/** What a cell was taken for, in the order of its code. `filtered`: too few (or too many) transcripts to be fitted. */
export const CELL_CLASSES = [
  'singlet',
  'doublet_certain',
  'doublet_uncertain',
  'reject',
  'filtered',
] as const;
export type CellClass = (typeof CELL_CLASSES)[number];

/** What was done to the counts of a cell, in the order of its code. */
export const SPLIT_STATUS = ['raw', 'purified', 'reject', 'filtered'] as const;
export type SplitStatus = (typeof SPLIT_STATUS)[number];

/** Sparse rows: `length` entries of each cell, one cell after the other; genes ascend within a cell. */
export interface SparseRows {
  length: Uint32Array;
  gene: Uint32Array;
  count: Uint32Array;
}

export interface FitInput {
  types: number;
  /** Mean expression shares of the shared genes, types x genes. */
  shares: Float64Array;
  /** Transcripts of each shared gene over the cells that are used, and whether it may be in a gene list. */
  bulk: Float64Array;
  listable: Uint8Array;
  /** Cells for the scale of the noise, over the shared genes. */
  sample: SparseRows;
  settings: FitSettings;
}

export interface FitSettings {
  bulkFoldChange: number;
  bulkShare: number;
  foldChange: number;
  share: number;
  minTotal: number;
  /** Largest count of the slide that the likelihood tells apart. */
  largestCount: number;
}

/** What the fit of a slide learned, frozen for all cells. */
export interface TypeModel {
  types: number;
  sigma: number;
  /** Share of each type on the slide. */
  proportions: Float64Array;
  /** Shared genes of the platform fit and, of these, of everything per cell (ascending). */
  bulkList: Int32Array;
  list: Int32Array;
  /** Expression shares on this platform of the genes of `list`, types x list. */
  profiles: Float64Array;
  largestCount: number;
}

export interface TypesInput {
  model: TypeModel;
  /** Class of each type. */
  groupOf: Int32Array;
  settings: TypesSettings;
  /** Counts over the shared genes. */
  cells: SparseRows;
}

export interface TypesSettings {
  mode: 'doublet' | 'full' | 'multi';
  umiMin: number;
  umiMax: number;
  countsMin: number;
  confidence: number;
  doublet: number;
  maxTypes: number;
}

/** Result for a block of cells; NaN and -1 where there is none. */
export interface TypedCells {
  cellClass: Uint8Array;
  first: Int16Array;
  second: Int16Array;
  firstCertain: Uint8Array;
  secondCertain: Uint8Array;
  firstWeight: Float32Array;
  secondWeight: Float32Array;
  minScore: Float32Array;
  singletScore: Float32Array;
  convergedAll: Uint8Array;
  convergedDoublet: Uint8Array;
  /** Unconstrained weights, cells x types. */
  weights: Float32Array;
  /** Mode multi: weights of the types that were taken (sum 1) and whether each is confident, cells x types; else empty. */
  subWeights: Float32Array;
  confident: Uint8Array;
}

/** Scores of a block of cells in mode doublet, -ln likelihood: one cell after the other, `length` candidates of each; else empty. */
export interface ScoredCells {
  length: Uint32Array;
  /** Candidates, ascending within a cell, and the score of each alone. */
  type: Uint16Array;
  single: Float32Array;
  /** Scores of pairs of candidates: first with second, first with third, .., second with third, .. */
  pair: Float32Array;
}

export interface CountsInput {
  types: number;
  /** Mean expression shares of the shared genes (reference, not platform), types x shared genes. */
  shares: Float64Array;
  /** Shared gene of each gene of the table; -1 for genes that the reference lacks. */
  sharedOf: Int32Array;
  settings: CountsSettings;
  cells: SparseRows;
  /** Number of each cell in the table: names its random numbers. */
  row: Uint32Array;
  /** 0: leave raw; 1: by the two weights; 2: by all weights. */
  purify: Uint8Array;
  first: Int16Array;
  second: Int16Array;
  firstWeight: Float32Array;
  secondWeight: Float32Array;
  /** Cells x types. */
  weights: Float32Array;
  /** The first so many cells are the block's own; the others only send. */
  own: number;
  /** What own cells receive of the removed counts of cells of this block. */
  sender: Uint32Array;
  receiver: Uint32Array;
  share: Float32Array;
}

export interface CountsSettings {
  counts: 'fractions' | 'integers';
  unreferencedGenes: 'keep' | 'split-like';
  seed: number;
}

/** Corrected counts of the own cells, entry by entry of the input, and what the cells received (sparse rows). */
export interface CountedCells {
  corrected: Float32Array;
  received: { length: Uint32Array; gene: Uint32Array; value: Float32Array };
}

type Meta = Record<string, unknown>;

export function fitFrame({ types, shares, bulk, listable, sample, settings }: FitInput): Frame {
  return {
    kind: CORRECT_FIT,
    meta: { types, settings },
    tables: { shares: { share: shares }, genes: { bulk, listable }, ...sparseTables(sample) },
  };
}

/** Errors: `RUN_CORRUPT` for a frame of another shape, here and in the other readers. */
export function readFitInput(frame: Frame): FitInput {
  const tables = pickTables(frame, { shares: ['share'], genes: ['bulk', 'listable'], ...SPARSE });
  const { types, settings } = frame.meta as unknown as { types: number; settings: FitSettings };
  return {
    types,
    settings,
    shares: tables.shares.share as Float64Array,
    bulk: tables.genes.bulk as Float64Array,
    listable: tables.genes.listable as Uint8Array,
    sample: sparseRows(tables),
  };
}

export function modelFrame(model: TypeModel): Frame {
  return { kind: CORRECT_MODEL, meta: modelMeta(model), tables: modelTables(model) };
}

export function readModel(frame: Frame): TypeModel {
  const tables = pickTables(frame, MODEL);
  const { types, sigma, largestCount } = frame.meta as unknown as TypeModel;
  return {
    types,
    sigma,
    largestCount,
    proportions: tables.proportions.value as Float64Array,
    bulkList: tables.bulkList.gene as Int32Array,
    list: tables.list.gene as Int32Array,
    profiles: tables.profiles.share as Float64Array,
  };
}

const MODEL = { proportions: ['value'], bulkList: ['gene'], list: ['gene'], profiles: ['share'] };
const modelMeta = ({ types, sigma, largestCount }: TypeModel): Meta => ({ types, sigma, largestCount });
const modelTables = (model: TypeModel): Record<string, Columns> => ({
  proportions: { value: model.proportions },
  bulkList: { gene: model.bulkList },
  list: { gene: model.list },
  profiles: { share: model.profiles },
});

export function typesFrame({ model, groupOf, settings, cells }: TypesInput): Frame {
  return {
    kind: CORRECT_TYPES,
    meta: { ...modelMeta(model), settings },
    tables: { ...modelTables(model), groups: { group: groupOf }, ...sparseTables(cells) },
  };
}

export function readTypesInput(frame: Frame): TypesInput {
  const tables = pickTables(frame, { groups: ['group'], ...SPARSE });
  return {
    model: readModel(frame),
    groupOf: tables.groups.group as Int32Array,
    settings: frame.meta.settings as TypesSettings,
    cells: sparseRows(tables),
  };
}

const TYPED = [
  'cellClass',
  'first',
  'second',
  'firstCertain',
  'secondCertain',
  'firstWeight',
  'secondWeight',
  'minScore',
  'singletScore',
  'convergedAll',
  'convergedDoublet',
] as const;

export function typedFrame(typed: TypedCells, { length, type, single, pair }: ScoredCells): Frame {
  const { weights, subWeights, confident } = typed;
  return {
    kind: CORRECT_TYPED,
    meta: {},
    tables: {
      cells: Object.fromEntries(TYPED.map((name) => [name, typed[name]])),
      weights: { weight: weights },
      multi: { subWeight: subWeights, confident },
      scored: { length },
      singles: { type, score: single },
      pairs: { score: pair },
    },
  };
}

/** The scores in the frame of typed cells. */
export function readScored(frame: Frame): ScoredCells {
  const tables = pickTables(frame, { scored: ['length'], singles: ['type', 'score'], pairs: ['score'] });
  return {
    length: tables.scored.length as unknown as Uint32Array,
    type: tables.singles.type as Uint16Array,
    single: tables.singles.score as Float32Array,
    pair: tables.pairs.score as Float32Array,
  };
}

export function readTyped(frame: Frame): TypedCells {
  const { cells, weights, multi } = pickTables(frame, {
    cells: [...TYPED],
    weights: ['weight'],
    multi: ['subWeight', 'confident'],
  });
  return {
    ...(cells as unknown as Pick<TypedCells, (typeof TYPED)[number]>),
    weights: weights.weight as Float32Array,
    subWeights: multi.subWeight as Float32Array,
    confident: multi.confident as Uint8Array,
  };
}

const VERDICTS = ['row', 'purify', 'first', 'second', 'firstWeight', 'secondWeight'] as const;

export function countsFrame(input: CountsInput): Frame {
  const { types, shares, sharedOf, settings, weights, own, sender, receiver, share } = input;
  return {
    kind: CORRECT_COUNTS,
    meta: { types, settings, own },
    tables: {
      shares: { share: shares },
      genes: { shared: sharedOf },
      verdicts: Object.fromEntries(VERDICTS.map((name) => [name, input[name]])),
      weights: { weight: weights },
      sent: { sender, receiver, share },
      ...sparseTables(input.cells),
    },
  };
}

export function readCountsInput(frame: Frame): CountsInput {
  const tables = pickTables(frame, {
    shares: ['share'],
    genes: ['shared'],
    verdicts: [...VERDICTS],
    weights: ['weight'],
    sent: ['sender', 'receiver', 'share'],
    ...SPARSE,
  });
  const { types, settings, own } = frame.meta as unknown as CountsInput;
  return {
    types,
    settings,
    own,
    ...(tables.verdicts as unknown as Pick<CountsInput, (typeof VERDICTS)[number]>),
    ...(tables.sent as unknown as Pick<CountsInput, 'sender' | 'receiver' | 'share'>),
    shares: tables.shares.share as Float64Array,
    sharedOf: tables.genes.shared as Int32Array,
    weights: tables.weights.weight as Float32Array,
    cells: sparseRows(tables),
  };
}

export function countedFrame({ corrected, received }: CountedCells): Frame {
  const { length, gene, value } = received;
  return {
    kind: CORRECT_COUNTED,
    meta: {},
    tables: { corrected: { value: corrected }, receivedRows: { length }, received: { gene, value } },
  };
}

export function readCounted(frame: Frame): CountedCells {
  const tables = pickTables(frame, {
    corrected: ['value'],
    receivedRows: ['length'],
    received: ['gene', 'value'],
  });
  return {
    corrected: tables.corrected.value as Float32Array,
    received: {
      length: tables.receivedRows.length as unknown as Uint32Array,
      gene: tables.received.gene as Uint32Array,
      value: tables.received.value as Float32Array,
    },
  };
}

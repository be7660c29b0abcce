import type { SparseRows } from './correct.ts';
import type { Columns, Frame } from './frame.ts';
import { SPARSE, sparseTables } from './sparse-rows.ts';
import { pickTables } from './tables.ts';

/** Frames of cellAdmix: neighbourhoods of sampled molecules, their factors, labels of all molecules, bridges of pairs of cells. */

export const ADMIX_SAMPLE = 'celladmix-sample';
export const ADMIX_VECTORS = 'celladmix-vectors';
export const ADMIX_FIT = 'celladmix-fit';
export const ADMIX_FACTORS = 'celladmix-factors';
export const ADMIX_CELLS = 'celladmix-cells';
export const ADMIX_LABELS = 'celladmix-labels';
export const ADMIX_PAIRS = 'celladmix-pairs';
export const ADMIX_BRIDGES = 'celladmix-bridges';

/** Label of a molecule that has none. */
export const NO_FACTOR = 255;

/** Molecules of cells, one cell after the other; places in microns. */
export interface CellMolecules {
  /** Molecules of each cell. */
  length: Uint32Array;
  gene: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
}

/** Cells of which some molecules stand for the slide. */
export interface SampleInput {
  cells: CellMolecules;
  /** Row of each cell in the table, which names its random numbers, and how many molecules are taken of it. */
  row: Uint32Array;
  take: Uint32Array;
  settings: { neighbours: number; seed: number };
}

/** Neighbourhoods (genes of a molecule and its nearest, counted) from which factors are learned. */
export interface FactorsInput {
  vectors: SparseRows;
  genes: number;
  settings: {
    factors: number;
    /** Most genes that shape the factors. */
    genes: number;
    iterations: number;
    tolerance: number;
    seed: number;
    start: number;
  };
}

/** Factors of the neighbourhoods. */
export interface Factors {
  /** Weight of each gene in each factor, genes x factors; each factor sums to 1 (to 0 when it died out). */
  loadings: Float64Array;
  factors: number;
  /** Weighted sum of squares that is left, and updates made. */
  loss: number;
  iterations: number;
}

export interface LabelInput {
  cells: CellMolecules;
  /** ln of what each factor says of each gene, genes x factors. */
  potentials: Float32Array;
  settings: { factors: number; neighbours: number; bond: number; sweeps: number; fewest: number };
}

/** Labels of molecules (`NO_FACTOR`: of cells with too few), and molecules of each factor by cell, cells x factors. */
export interface Labels {
  factor: Uint8Array;
  counts: Uint32Array;
}

/** Pairs of neighbouring cells, and for each some cells that stand in for the second. */
export interface PairsInput {
  cells: CellMolecules;
  factor: Uint8Array;
  /** Number of the pair, which names its random numbers; indices of its cells. */
  pair: Uint32Array;
  target: Uint32Array;
  source: Uint32Array;
  /** Stand-ins: pairs x draws. */
  standIn: Uint32Array;
  settings: { factors: number; draws: number; links: number; fewest: number; seed: number };
}

/** Bridge scores of pairs by factor (pairs x factors), and the mean of their stand-ins; NaN where there is none. */
export interface Bridges {
  score: Float64Array;
  standIn: Float64Array;
}

const MOLECULES = ['gene', 'x', 'y', 'z'];
const CELLS = { cells: ['length'], molecules: MOLECULES };

const cellTables = ({ length, gene, x, y, z }: CellMolecules): Record<string, Columns> => ({
  cells: { length },
  molecules: { gene, x, y, z },
});

const cellsIn = (tables: Record<string, Columns>): CellMolecules => ({
  length: tables.cells.length as unknown as Uint32Array,
  ...(tables.molecules as unknown as Omit<CellMolecules, 'length'>),
});

export function sampleFrame({ cells, row, take, settings }: SampleInput): Frame {
  return { kind: ADMIX_SAMPLE, meta: { settings }, tables: { ...cellTables(cells), taken: { row, take } } };
}

/** Errors: `RUN_CORRUPT` for a frame of another shape, here and in the other readers. */
export function readSample(frame: Frame): SampleInput {
  const tables = pickTables(frame, { ...CELLS, taken: ['row', 'take'] });
  return {
    cells: cellsIn(tables),
    ...(tables.taken as unknown as Pick<SampleInput, 'row' | 'take'>),
    settings: frame.meta.settings as SampleInput['settings'],
  };
}

/** Neighbourhoods of sampled molecules. */
export const vectorsFrame = (vectors: SparseRows): Frame => ({
  kind: ADMIX_VECTORS,
  meta: {},
  tables: sparseTables(vectors),
});

export function readVectors(frame: Frame): SparseRows {
  const { rows, entries } = pickTables(frame, SPARSE);
  return {
    length: rows.length as unknown as Uint32Array,
    gene: entries.gene as Uint32Array,
    count: entries.count as Uint32Array,
  };
}

export const fitFrame = ({ vectors, genes, settings }: FactorsInput): Frame => ({
  kind: ADMIX_FIT,
  meta: { genes, settings },
  tables: sparseTables(vectors),
});

export function readFit(frame: Frame): FactorsInput {
  const { genes, settings } = frame.meta as unknown as FactorsInput;
  return { vectors: readVectors(frame), genes, settings };
}

export function factorsFrame({ loadings, factors, loss, iterations }: Factors): Frame {
  return {
    kind: ADMIX_FACTORS,
    meta: { factors, iterations },
    tables: { loadings: { share: loadings }, fit: { loss: Float64Array.of(loss) } },
  };
}

export function readFactors(frame: Frame): Factors {
  const { loadings, fit } = pickTables(frame, { loadings: ['share'], fit: ['loss'] });
  const { factors, iterations } = frame.meta as unknown as Factors;
  return { loadings: loadings.share as Float64Array, loss: fit.loss[0] as number, factors, iterations };
}

export function labelFrame({ cells, potentials, settings }: LabelInput): Frame {
  return {
    kind: ADMIX_CELLS,
    meta: { settings },
    tables: { ...cellTables(cells), potentials: { value: potentials } },
  };
}

export function readLabelInput(frame: Frame): LabelInput {
  const tables = pickTables(frame, { ...CELLS, potentials: ['value'] });
  return {
    cells: cellsIn(tables),
    potentials: tables.potentials.value as Float32Array,
    settings: frame.meta.settings as LabelInput['settings'],
  };
}

export const labelsFrame = ({ factor, counts }: Labels): Frame => ({
  kind: ADMIX_LABELS,
  meta: {},
  tables: { molecules: { factor }, cells: { counts } },
});

export function readLabels(frame: Frame): Labels {
  const { molecules, cells } = pickTables(frame, { molecules: ['factor'], cells: ['counts'] });
  return { factor: molecules.factor as Uint8Array, counts: cells.counts as Uint32Array };
}

const PAIR = ['pair', 'target', 'source'] as const;

export function pairsFrame(input: PairsInput): Frame {
  const { cells, factor, pair, target, source, standIn, settings } = input;
  return {
    kind: ADMIX_PAIRS,
    meta: { settings },
    tables: {
      ...cellTables(cells),
      labels: { factor },
      pairs: { pair, target, source },
      standIns: { cell: standIn },
    },
  };
}

export function readPairs(frame: Frame): PairsInput {
  const tables = pickTables(frame, {
    ...CELLS,
    labels: ['factor'],
    pairs: [...PAIR],
    standIns: ['cell'],
  });
  return {
    cells: cellsIn(tables),
    factor: tables.labels.factor as Uint8Array,
    ...(tables.pairs as unknown as Pick<PairsInput, (typeof PAIR)[number]>),
    standIn: tables.standIns.cell as Uint32Array,
    settings: frame.meta.settings as PairsInput['settings'],
  };
}

export const bridgesFrame = ({ score, standIn }: Bridges): Frame => ({
  kind: ADMIX_BRIDGES,
  meta: {},
  tables: { bridges: { score, standIn } },
});

export function readBridges(frame: Frame): Bridges {
  const { bridges } = pickTables(frame, { bridges: ['score', 'standIn'] });
  return bridges as unknown as Bridges;
}

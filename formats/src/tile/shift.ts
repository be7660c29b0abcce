import type { SparseRows } from './correct.ts';
import type { Columns, Frame } from './frame.ts';
import { SPARSE, sparseRows, sparseTables } from './sparse-rows.ts';
import { pickTables } from './tables.ts';

/** Frames of SPLIT-shift: a space of expression from a sample of cells, and what cells are like in it. */

export const SHIFT_FIT = 'correct-shift-fit-input';
export const SHIFT_SPACE = 'correct-shift-space';
export const SHIFT_CELLS = 'correct-shift-cells';
export const SHIFT_LIKE = 'correct-shift-like';

export interface SpaceInput {
  /** Genes of the table. */
  genes: number;
  /** Wanted dimensions, and most genes that make them up. */
  components: number;
  mostGenes: number;
  seed: number;
  /** The sampled cells. */
  cells: SparseRows;
}

/** Principal components of normalised counts: a cell is the sum over its genes of (value - mean) / deviation times a row. */
export interface ExpressionSpace {
  components: number;
  /** Transcripts to which every cell is scaled. */
  scale: number;
  /** Genes of the table, ascending; the others have no part. */
  gene: Int32Array;
  /** Of ln(1 + scaled count). */
  mean: Float64Array;
  deviation: Float64Array;
  /** Orthonormal columns: genes x components. */
  loading: Float32Array;
  /** Places of the sampled cells, cells x components. */
  place: Float32Array;
}

export interface LikeInput {
  /** Genes of the table. */
  genes: number;
  space: ExpressionSpace;
  /** Number of each sampled cell in the table, its type, and the class of each type. */
  sample: Uint32Array;
  sampleType: Int16Array;
  groupOf: Int32Array;
  neighbours: number;
  /** The cells that are asked about, and their numbers in the table. */
  row: Uint32Array;
  cells: SparseRows;
}

/** The most frequent type, and the most frequent class, of the sampled cells that each cell is most like; -1 without any. */
export interface LikeTypes {
  type: Int16Array;
  group: Int32Array;
}

export function spaceInputFrame({ genes, components, mostGenes, seed, cells }: SpaceInput): Frame {
  return { kind: SHIFT_FIT, meta: { genes, components, mostGenes, seed }, tables: sparseTables(cells) };
}

/** Errors: `RUN_CORRUPT` for a frame of another shape, here and in the other readers. */
export function readSpaceInput(frame: Frame): SpaceInput {
  const { genes, components, mostGenes, seed } = frame.meta as unknown as SpaceInput;
  return { genes, components, mostGenes, seed, cells: sparseRows(pickTables(frame, SPARSE)) };
}

const SPACE = { genes: ['gene', 'mean', 'deviation'], loadings: ['value'], places: ['value'] };
const spaceTables = ({
  gene,
  mean,
  deviation,
  loading,
  place,
}: ExpressionSpace): Record<string, Columns> => ({
  genes: { gene, mean, deviation },
  loadings: { value: loading },
  places: { value: place },
});

export function spaceFrame(space: ExpressionSpace): Frame {
  const { components, scale } = space;
  return { kind: SHIFT_SPACE, meta: { components, scale }, tables: spaceTables(space) };
}

export function readSpace(frame: Frame): ExpressionSpace {
  const { genes, loadings, places } = pickTables(frame, SPACE);
  const { components, scale } = frame.meta as unknown as ExpressionSpace;
  return {
    components,
    scale,
    gene: genes.gene as Int32Array,
    mean: genes.mean as Float64Array,
    deviation: genes.deviation as Float64Array,
    loading: loadings.value as Float32Array,
    place: places.value as Float32Array,
  };
}

export function likeInputFrame(input: LikeInput): Frame {
  const { genes, space, sample, sampleType, groupOf, neighbours, row, cells } = input;
  return {
    kind: SHIFT_CELLS,
    meta: { genes, components: space.components, scale: space.scale, neighbours },
    tables: {
      ...spaceTables(space),
      sample: { row: sample, type: sampleType },
      groups: { group: groupOf },
      asked: { row },
      ...sparseTables(cells),
    },
  };
}

export function readLikeInput(frame: Frame): LikeInput {
  const wanted = { sample: ['row', 'type'], groups: ['group'], asked: ['row'], ...SPARSE };
  const tables = pickTables(frame, wanted);
  return {
    genes: frame.meta.genes as number,
    space: readSpace(frame),
    sample: tables.sample.row as Uint32Array,
    sampleType: tables.sample.type as Int16Array,
    groupOf: tables.groups.group as Int32Array,
    neighbours: frame.meta.neighbours as number,
    row: tables.asked.row as Uint32Array,
    cells: sparseRows(tables),
  };
}

export const likeFrame = ({ type, group }: LikeTypes): Frame => ({
  kind: SHIFT_LIKE,
  meta: {},
  tables: { cells: { type, group } },
});

export function readLike(frame: Frame): LikeTypes {
  const { cells } = pickTables(frame, { cells: ['type', 'group'] });
  return { type: cells.type as Int16Array, group: cells.group as Int32Array };
}

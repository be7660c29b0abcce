import { type EncodedChunk, encodeChunk, type SinkColumn, type SinkData } from './parquet-chunk.ts';

/** Columns of points in Parquet: which there are, and those that are known before the cells. */

/** What decides which columns points have. */
export interface PointsColumnsSpec {
  /** Names of genes and controls; all of them become categories, used or not. */
  features: readonly string[];
  hasZ: boolean;
  hasQv: boolean;
}

/** What is known of transcripts before their cells are; all arrays have equal length, those that the columns lack are null. */
export interface FixedPoints {
  x: Float32Array;
  y: Float32Array;
  z: Float32Array | null;
  feature: Int32Array | Uint32Array;
  transcriptId: BigUint64Array;
  qv: Float32Array | null;
  isControl: Uint8Array;
}

/** What is said of transcripts in the end; arrays of equal length. */
export interface PointCells {
  /** Code k of a cell is `cellIds[k - 1]`, 0 is background. */
  cell: Uint32Array;
  probability: Float32Array;
}

/** Columns of the first rows of points that were encoded before their cells were known (`encodeFixedColumns`). */
export interface EarlyPoints {
  /** Rows that have them: those of the first few row groups, or all. */
  rows: number;
  /** The encoded columns of a row group, by name; asked for once for each, in order. */
  group(index: number): Promise<ReadonlyMap<string, EncodedChunk>>;
}

/** The name under which dask keeps an index without a name; pandas sees unique row numbers through all parts. */
export const ROW_INDEX = '__null_dask_index__';

/** The columns, in the order of the file. */
export function pointColumns({ hasZ, hasQv }: PointsColumnsSpec): SinkColumn[] {
  const optional = (there: boolean, name: string): SinkColumn[] => (there ? [{ name, kind: 'float32' }] : []);
  return [
    { name: 'x', kind: 'float32' },
    { name: 'y', kind: 'float32' },
    ...optional(hasZ, 'z'),
    { name: 'feature_name', kind: 'text' },
    { name: 'transcript_id', kind: 'uint64' },
    ...optional(hasQv, 'qv'),
    { name: 'cell_id', kind: 'text' },
    { name: 'probability', kind: 'float32' },
    { name: 'is_control', kind: 'bool' },
    { name: ROW_INDEX, kind: 'rowNumber' },
  ];
}

/** Data of the columns that are known before the cells, of a row group that begins at `firstRow`. */
export function fixedData(
  points: FixedPoints,
  dictionary: readonly Uint8Array[],
  firstRow: number,
): Record<string, SinkData> {
  return {
    x: points.x,
    y: points.y,
    ...(points.z === null ? {} : { z: points.z }),
    feature_name: { codes: points.feature, dictionary },
    transcript_id: points.transcriptId,
    ...(points.qv === null ? {} : { qv: points.qv }),
    is_control: points.isControl,
    [ROW_INDEX]: rowNumbers(firstRow, points.x.length),
  };
}

/** Encodes the columns of a row group that are known before the cells; equal input gives the bytes that a writer of points would. */
export function encodeFixedColumns(
  spec: PointsColumnsSpec,
  points: FixedPoints,
  firstRow: number,
): Map<string, EncodedChunk> {
  const data = fixedData(points, featureDictionary(spec), firstRow);
  const known = pointColumns(spec).filter(({ name }) => name in data);
  return new Map(known.map((column) => [column.name, encodeChunk(column, data[column.name])]));
}

/** The categories of the features as bytes. */
export const featureDictionary = ({ features }: PointsColumnsSpec): Uint8Array[] =>
  features.map((name) => Buffer.from(name, 'utf8'));

/** `first`, `first + 1`, ...; 32 bits where they suffice, since the encoder is many times faster on them. */
function rowNumbers(first: number, rows: number): Int32Array | BigInt64Array {
  if (first + rows <= 0x7fffffff) {
    const numbers = new Int32Array(rows);
    for (let i = 0; i < rows; i++) numbers[i] = first + i;
    return numbers;
  }
  return BigInt64Array.from({ length: rows }, (_, i) => BigInt(first + i));
}

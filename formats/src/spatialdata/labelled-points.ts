import { SpatileError } from '../errors.ts';
import { CellDictionary } from './cell-dictionary.ts';
import { groupJson, VERSIONS } from './metadata.ts';
import { arrowSchema, pandasMetadata } from './parquet-metadata.ts';
import { ParquetSink, type SinkColumn, type SinkData } from './parquet-sink.ts';
import type { NodeJson, PartialStore } from './store.ts';

/** Points beside `transcripts`: transcripts in cells with what a method said of each. */

/** A value per transcript; text as codes into `categories`. */
export type LabelColumn =
  | { name: string; kind: 'float32' }
  | { name: string; kind: 'bool' }
  | { name: string; kind: 'text'; categories: readonly string[] };

export interface LabelledSpec {
  /** Names of genes: all of them become categories. */
  features: readonly string[];
  /** Names of cells by row of the table. */
  cellIds: readonly string[];
  hasZ: boolean;
  columns: readonly LabelColumn[];
}

/** Transcripts of some cells; all arrays have equal length. */
export interface LabelledBatch {
  x: Float32Array;
  y: Float32Array;
  z: Float32Array | null;
  feature: Uint32Array;
  transcriptId: BigUint64Array;
  /** Row of the table. */
  cell: Uint32Array;
  /** By name of column: 32-bit floats, 0 and 1, or codes of categories. */
  values: Readonly<Record<string, Float32Array | Uint8Array | Uint32Array>>;
}

/** What a method says of transcripts, as an element beside `transcripts`. */
export interface TranscriptLabels {
  /** Name of the element. */
  name: string;
  hasZ: boolean;
  columns: readonly LabelColumn[];
  /** Transcripts of genes in cells, block of cells by block; features are columns of the table. */
  batches(): AsyncIterable<LabelledBatch>;
}

const ROW_INDEX = '__null_dask_index__';
const ROWS_PER_PART = 5_000_000;

/**
 * Writes `points/<name>`, one row group per batch; false when there was no transcript and nothing was written.
 * @param transformations as `points/transcripts` has them.
 * Errors: `INTERNAL` for unequal columns and codes out of range.
 */
export async function writeLabelledPoints(
  store: PartialStore,
  name: string,
  spec: LabelledSpec,
  batches: AsyncIterable<LabelledBatch>,
  transformations: readonly NodeJson[],
): Promise<boolean> {
  const folder = `points/${name}/points.parquet`;
  const columns = columnsOf(spec);
  const footer = footerOf(spec, columns);
  const encode = encoder(spec);
  let sink: ParquetSink | null = null;
  let [part, rowsInPart, rows] = [0, 0, 0];
  try {
    for await (const batch of batches) {
      const n = batch.x.length;
      if (n === 0) continue;
      sink ??= await ParquetSink.open(store, `${folder}/part.${part}.parquet`, columns);
      const data = encode(batch, rows);
      await sink.rowGroup(
        n,
        columns.map((column) => data[column.name]),
      );
      rows += n;
      rowsInPart += n;
      if (rowsInPart < ROWS_PER_PART) continue;
      await sink.finish(footer);
      [sink, part, rowsInPart] = [null, part + 1, 0];
    }
    await sink?.finish(footer);
  } catch (error) {
    await sink?.discard();
    throw error;
  }
  if (rows === 0) return false;
  await store.node(
    `points/${name}`,
    groupJson({
      'encoding-type': 'ngff:points',
      axes: [...(spec.hasZ ? 'xyz' : 'xy')],
      coordinateTransformations: transformations,
      spatialdata_attrs: { feature_key: 'feature_name', instance_key: 'cell_id', version: VERSIONS.points },
    }),
  );
  return true;
}

function columnsOf({ hasZ, columns }: LabelledSpec): SinkColumn[] {
  return [
    { name: 'x', kind: 'float32' },
    { name: 'y', kind: 'float32' },
    ...(hasZ ? [{ name: 'z', kind: 'float32' } as const] : []),
    { name: 'feature_name', kind: 'text' },
    { name: 'transcript_id', kind: 'uint64' },
    { name: 'cell_id', kind: 'text' },
    ...columns.map(({ name, kind }): SinkColumn => ({ name, kind })),
    { name: ROW_INDEX, kind: 'rowNumber' },
  ];
}

function footerOf({ features, columns }: LabelledSpec, all: readonly SinkColumn[]): Record<string, string> {
  const categories = new Map([['feature_name', features.length]]);
  for (const column of columns)
    if (column.kind === 'text') categories.set(column.name, column.categories.length);
  const entries = { pandas: pandasMetadata(all, [ROW_INDEX], categories) };
  return { ...entries, 'ARROW:schema': arrowSchema(all, new Set(categories.keys()), entries) };
}

/** Turns batches into columns of the file; `first` is the number of the batch's first row. */
function encoder(spec: LabelledSpec): (batch: LabelledBatch, first: number) => Record<string, SinkData> {
  const bytes = (names: readonly string[]): Uint8Array[] => names.map((text) => Buffer.from(text, 'utf8'));
  const features = bytes(spec.features);
  const cells = new CellDictionary(spec.cellIds);
  const dictionaries = new Map(
    spec.columns.flatMap((column) =>
      column.kind === 'text' ? [[column.name, bytes(column.categories)] as const] : [],
    ),
  );
  return (batch, first) => {
    const n = batch.x.length;
    check(spec, batch, n);
    const data: Record<string, SinkData> = {
      x: batch.x,
      y: batch.y,
      ...(spec.hasZ ? { z: batch.z! } : {}),
      feature_name: { codes: batch.feature, dictionary: features },
      transcript_id: batch.transcriptId,
      cell_id: cells.encode(batch.cell.map((row) => row + 1)),
      [ROW_INDEX]:
        first + n <= 0x7fffffff
          ? Int32Array.from({ length: n }, (_, i) => first + i)
          : BigInt64Array.from({ length: n }, (_, i) => BigInt(first + i)),
    };
    for (const { name } of spec.columns) {
      const dictionary = dictionaries.get(name);
      const values = batch.values[name];
      data[name] =
        dictionary === undefined
          ? (values as Float32Array | Uint8Array)
          : { codes: values as Uint32Array, dictionary };
    }
    return data;
  };
}

function check(spec: LabelledSpec, batch: LabelledBatch, n: number): void {
  const codes: [string, Uint32Array, number][] = [
    ['feature_name', batch.feature, spec.features.length],
    ['cell_id', batch.cell, spec.cellIds.length],
    ...spec.columns.flatMap((column): [string, Uint32Array, number][] =>
      column.kind === 'text'
        ? [[column.name, batch.values[column.name] as Uint32Array, column.categories.length]]
        : [],
    ),
  ];
  const lengths = [batch.y, batch.feature, batch.transcriptId, batch.cell, ...Object.values(batch.values)];
  if (lengths.some(({ length }) => length !== n) || (spec.hasZ && batch.z?.length !== n))
    throw new SpatileError('INTERNAL', `labelled points: columns of unequal length for ${n} rows`);
  for (const [name, values, most] of codes)
    if (values.some((code) => code >= most))
      throw new SpatileError('INTERNAL', `labelled points: a code of ${name} is not below ${most}`);
}

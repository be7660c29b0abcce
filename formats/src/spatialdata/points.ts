import { SpatileError } from '../errors.ts';
import type { Affine } from '../space.ts';
import { CellDictionary } from './cell-dictionary.ts';
import { groupJson, VERSIONS } from './metadata.ts';
import { arrowSchema, pandasMetadata } from './parquet-metadata.ts';
import { ParquetSink, type SinkColumn, type SinkData } from './parquet-sink.ts';
import type { PartialStore } from './store.ts';
import { transformations } from './transforms.ts';

/** Points of a SpatialData store: one row per transcript in `points/<name>/points.parquet/part.N.parquet`. */

export interface PointsSpec {
  /** Names of genes and controls; all of them become categories, used or not. */
  features: readonly string[];
  /** Names of cells; code k of a batch is `cellIds[k - 1]`, code 0 the empty string (background). */
  cellIds: readonly string[];
  hasZ: boolean;
  hasQv: boolean;
  /** Rows per Parquet file and per row group; defaults 5,000,000 and 1,000,000. */
  rowsPerPart?: number;
  rowsPerGroup?: number;
}

/** Any number of consecutive transcripts; all arrays have equal length. */
export interface PointsBatch {
  x: Float32Array;
  y: Float32Array;
  z: Float32Array | null;
  feature: Int32Array | Uint32Array;
  transcriptId: BigUint64Array;
  qv: Float32Array | null;
  cell: Uint32Array;
  probability: Float32Array;
  isControl: Uint8Array;
}

/** The name under which dask keeps an index without a name; pandas sees unique row numbers through all parts. */
const ROW_INDEX = '__null_dask_index__';

/** Columns of one row group as they fill up. */
interface Buffers {
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  feature: Int32Array;
  transcriptId: BigUint64Array;
  qv: Float32Array;
  cell: Uint32Array;
  probability: Float32Array;
  isControl: Uint8Array;
}

const makeBuffers = (rows: number, spec: PointsSpec): Buffers => ({
  x: new Float32Array(rows),
  y: new Float32Array(rows),
  z: new Float32Array(spec.hasZ ? rows : 0),
  feature: new Int32Array(rows),
  transcriptId: new BigUint64Array(rows),
  qv: new Float32Array(spec.hasQv ? rows : 0),
  cell: new Uint32Array(rows),
  probability: new Float32Array(rows),
  isControl: new Uint8Array(rows),
});

function columnsOf(spec: PointsSpec): SinkColumn[] {
  const optional = (there: boolean, name: string): SinkColumn[] => (there ? [{ name, kind: 'float32' }] : []);
  return [
    { name: 'x', kind: 'float32' },
    { name: 'y', kind: 'float32' },
    ...optional(spec.hasZ, 'z'),
    { name: 'feature_name', kind: 'text' },
    { name: 'transcript_id', kind: 'uint64' },
    ...optional(spec.hasQv, 'qv'),
    { name: 'cell_id', kind: 'text' },
    { name: 'probability', kind: 'float32' },
    { name: 'is_control', kind: 'bool' },
    { name: ROW_INDEX, kind: 'rowNumber' },
  ];
}

/** `first`, `first + 1`, ...; 32 bits where they suffice, since the encoder is many times faster on them. */
function rowNumbers(first: number, rows: number): Int32Array | BigInt64Array {
  if (first + rows <= 0x7fffffff) {
    const numbers = new Int32Array(rows);
    for (let i = 0; i < rows; i++) numbers[i] = first + i;
    return numbers;
  }
  return BigInt64Array.from({ length: rows }, (_, i) => BigInt(first + i));
}

/** Collects rows into row groups and row groups into parts, whatever the sizes of the batches. */
class PointsSink {
  readonly #store: PartialStore;
  readonly #folder: string;
  readonly #spec: PointsSpec;
  readonly #columns: SinkColumn[];
  readonly #rowsPerGroup: number;
  readonly #groupsPerPart: number;
  readonly #features: Uint8Array[];
  readonly #cells: CellDictionary;
  readonly #footer: Record<string, string>;
  #buffers: Buffers;
  #capacity: number;
  #rows = 0;
  #firstRow = 0;
  #part = 0;
  #groups = 0;
  #sink: ParquetSink | null = null;
  /** The row group that is being encoded and written; the next one fills up meanwhile. */
  #writing: Promise<void> = Promise.resolve();

  constructor(store: PartialStore, folder: string, spec: PointsSpec) {
    this.#store = store;
    this.#folder = folder;
    this.#spec = spec;
    this.#columns = columnsOf(spec);
    this.#rowsPerGroup = spec.rowsPerGroup ?? 1_000_000;
    this.#groupsPerPart = Math.max(1, Math.round((spec.rowsPerPart ?? 5_000_000) / this.#rowsPerGroup));
    this.#features = spec.features.map((name) => Buffer.from(name, 'utf8'));
    this.#cells = new CellDictionary(spec.cellIds);
    this.#capacity = Math.min(this.#rowsPerGroup, 65_536);
    this.#buffers = makeBuffers(this.#capacity, spec);
    const entries = {
      pandas: pandasMetadata(this.#columns, [ROW_INDEX], new Map([['feature_name', spec.features.length]])),
    };
    this.#footer = {
      ...entries,
      'ARROW:schema': arrowSchema(this.#columns, new Set(['feature_name']), entries),
    };
  }

  async add(batch: PointsBatch): Promise<void> {
    this.#check(batch);
    // A full row group then waits for no file before its columns are given out.
    await this.#openPart();
    for (let from = 0; from < batch.x.length; ) {
      const count = Math.min(batch.x.length - from, this.#rowsPerGroup - this.#rows);
      this.#grow(this.#rows + count);
      this.#copy(batch, from, count);
      this.#rows += count;
      from += count;
      if (this.#rows === this.#rowsPerGroup) await this.#writeGroup();
    }
  }

  #check(batch: PointsBatch): void {
    const length = batch.x.length;
    for (const [name, values] of Object.entries(batch)) {
      const expected =
        (name === 'z' && !this.#spec.hasZ) || (name === 'qv' && !this.#spec.hasQv) ? null : length;
      if ((values?.length ?? null) !== expected && expected !== null) {
        throw new SpatileError(
          'INTERNAL',
          `points: column ${name} has ${values?.length ?? 'no'} values for ${length} rows`,
        );
      }
    }
    for (let i = 0; i < length; i++) {
      if (batch.feature[i] >= this.#features.length || batch.feature[i] < 0) {
        throw new SpatileError(
          'INTERNAL',
          `points: feature code ${batch.feature[i]} of ${this.#features.length}`,
        );
      }
    }
  }

  /** Row groups of small slides stay small: buffers double up to the full size. */
  #grow(rows: number): void {
    if (rows <= this.#capacity) return;
    while (this.#capacity < rows) this.#capacity = Math.min(this.#rowsPerGroup, this.#capacity * 2);
    const grown = makeBuffers(this.#capacity, this.#spec);
    for (const key of Object.keys(grown) as (keyof Buffers)[]) {
      if (grown[key].length > 0) (grown[key] as Float32Array).set(this.#buffers[key] as Float32Array);
    }
    this.#buffers = grown;
  }

  #copy(batch: PointsBatch, from: number, count: number): void {
    for (const key of Object.keys(this.#buffers) as (keyof Buffers)[]) {
      const source = batch[key];
      if (this.#buffers[key].length === 0 || source === null) continue;
      (this.#buffers[key] as Float32Array).set(
        (source as Float32Array).subarray(from, from + count),
        this.#rows,
      );
    }
  }

  async #openPart(): Promise<ParquetSink> {
    const name = `${this.#folder}/part.${this.#part}.parquet`;
    this.#sink ??= await ParquetSink.open(this.#store, name, this.#columns);
    return this.#sink;
  }

  async #writeGroup(): Promise<void> {
    const rows = this.#rows;
    const own = this.#buffers;
    const data: Record<string, SinkData> = {
      x: own.x.subarray(0, rows),
      y: own.y.subarray(0, rows),
      z: own.z.subarray(0, rows),
      feature_name: { codes: own.feature.subarray(0, rows), dictionary: this.#features },
      transcript_id: own.transcriptId.subarray(0, rows),
      qv: own.qv.subarray(0, rows),
      cell_id: this.#cells.encode(own.cell.subarray(0, rows)),
      probability: own.probability.subarray(0, rows),
      is_control: own.isControl.subarray(0, rows),
      [ROW_INDEX]: rowNumbers(this.#firstRow, rows),
    };
    await this.#writing;
    const sink = await this.#openPart();
    this.#writing = sink.rowGroup(
      rows,
      this.#columns.map(({ name }) => data[name]),
    );
    // Whoever waits for it next hears of a failure.
    this.#writing.catch(() => undefined);
    this.#buffers = makeBuffers(this.#capacity, this.#spec);
    this.#firstRow += rows;
    this.#rows = 0;
    if (++this.#groups === this.#groupsPerPart) await this.#closePart();
  }

  async #closePart(): Promise<void> {
    await this.#writing;
    await (await this.#openPart()).finish(this.#footer);
    this.#sink = null;
    this.#groups = 0;
    this.#part++;
  }

  async finish(): Promise<void> {
    if (this.#rows > 0) await this.#writeGroup();
    if (this.#groups > 0) await this.#closePart();
    if (this.#part === 0)
      throw new SpatileError(
        'INTERNAL',
        `${this.#folder}: no row was given; SpatialData cannot read empty points`,
      );
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#sink?.discard();
  }
}

/**
 * Writes `points/<name>`. Memory is two row groups; the bytes do not depend on how rows are cut into batches.
 * Throws `INTERNAL` for codes out of range, unequal columns, and no row at all.
 */
export async function writePoints(
  store: PartialStore,
  name: string,
  spec: PointsSpec,
  batches: AsyncIterable<PointsBatch>,
  targets: [string, Affine][],
): Promise<void> {
  const axes = spec.hasZ ? 'xyz' : 'xy';
  const sink = new PointsSink(store, `points/${name}/points.parquet`, spec);
  try {
    for await (const batch of batches) await sink.add(batch);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error;
  }
  await store.node(
    `points/${name}`,
    groupJson({
      'encoding-type': 'ngff:points',
      axes: [...axes],
      coordinateTransformations: transformations(axes, targets),
      spatialdata_attrs: { feature_key: 'feature_name', instance_key: 'cell_id', version: VERSIONS.points },
    }),
  );
}

import { SpatileError } from '../errors.ts';
import type { Affine } from '../space.ts';
import { CellDictionary } from './cell-dictionary.ts';
import { groupJson, VERSIONS } from './metadata.ts';
import type { EncodedChunk } from './parquet-chunk.ts';
import { arrowSchema, pandasMetadata } from './parquet-metadata.ts';
import { ParquetSink, type SinkColumn, type SinkData } from './parquet-sink.ts';
import {
  type EarlyPoints,
  type FixedPoints,
  featureDictionary,
  fixedData,
  type PointCells,
  type PointsColumnsSpec,
  pointColumns,
  ROW_INDEX,
} from './point-columns.ts';
import type { PartialStore } from './store.ts';
import { transformations } from './transforms.ts';

/** Points of a SpatialData store: one row per transcript in `points/<name>/points.parquet/part.N.parquet`. */

export interface PointsSpec extends PointsColumnsSpec {
  /** Names of cells; code k of a batch is `cellIds[k - 1]`, code 0 the empty string (background). */
  cellIds: readonly string[];
  /** Rows per Parquet file and per row group; defaults 5,000,000 and 1,000,000. */
  rowsPerPart?: number;
  rowsPerGroup?: number;
  /** Columns of the first rows that were encoded before; batches have nothing but cells of these, and are cut where they end. */
  early?: EarlyPoints | null;
}

/** Any number of consecutive transcripts; all arrays have equal length. */
export interface PointsBatch extends FixedPoints, PointCells {}

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

/** @param early whether all columns but those of cells are there already and need no room. */
function makeBuffers(rows: number, { hasZ, hasQv }: PointsSpec, early: boolean): Buffers {
  const fixed = early ? 0 : rows;
  return {
    x: new Float32Array(fixed),
    y: new Float32Array(fixed),
    z: new Float32Array(hasZ ? fixed : 0),
    feature: new Int32Array(fixed),
    transcriptId: new BigUint64Array(fixed),
    qv: new Float32Array(hasQv ? fixed : 0),
    cell: new Uint32Array(rows),
    probability: new Float32Array(rows),
    isControl: new Uint8Array(fixed),
  };
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
  readonly #early: EarlyPoints | null;
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
    this.#columns = pointColumns(spec);
    this.#early = spec.early ?? null;
    this.#rowsPerGroup = spec.rowsPerGroup ?? 1_000_000;
    this.#groupsPerPart = Math.max(1, Math.round((spec.rowsPerPart ?? 5_000_000) / this.#rowsPerGroup));
    this.#features = featureDictionary(spec);
    this.#cells = new CellDictionary(spec.cellIds);
    this.#capacity = Math.min(this.#rowsPerGroup, 65_536);
    this.#buffers = this.#room();
    const entries = {
      pandas: pandasMetadata(this.#columns, [ROW_INDEX], new Map([['feature_name', spec.features.length]])),
    };
    this.#footer = {
      ...entries,
      'ARROW:schema': arrowSchema(this.#columns, new Set(['feature_name']), entries),
    };
  }

  async add(batch: PointsBatch | PointCells): Promise<void> {
    this.#check(batch);
    // A full row group then waits for no file before its columns are given out.
    await this.#openPart();
    for (let from = 0; from < batch.cell.length; ) {
      const count = Math.min(batch.cell.length - from, this.#rowsPerGroup - this.#rows);
      this.#grow(this.#rows + count);
      this.#copy(batch, from, count);
      this.#rows += count;
      from += count;
      if (this.#rows === this.#rowsPerGroup) await this.#writeGroup();
    }
  }

  /** Whether the row group that fills up has its other columns already. */
  get #isEarly(): boolean {
    return this.#firstRow < (this.#early?.rows ?? 0);
  }

  #room(): Buffers {
    return makeBuffers(this.#capacity, this.#spec, this.#isEarly);
  }

  #check(batch: PointsBatch | PointCells): void {
    const { length } = batch.cell;
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
    const before = this.#firstRow + this.#rows;
    const early = this.#early?.rows ?? 0;
    if (!('x' in batch)) {
      if (before + length <= early) return;
      throw new SpatileError(
        'INTERNAL',
        `points: rows ${before} to ${before + length} have cells only, and the columns of ${early} rows were encoded before`,
      );
    }
    if (length > 0 && this.#isEarly)
      throw new SpatileError('INTERNAL', `points: columns of row ${before} were encoded before`);
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
    const grown = this.#room();
    for (const key of Object.keys(grown) as (keyof Buffers)[]) {
      if (grown[key].length > 0) (grown[key] as Float32Array).set(this.#buffers[key] as Float32Array);
    }
    this.#buffers = grown;
  }

  #copy(batch: PointsBatch | PointCells, from: number, count: number): void {
    for (const key of Object.keys(this.#buffers) as (keyof Buffers)[]) {
      const source = (batch as PointsBatch)[key];
      if (this.#buffers[key].length === 0 || source === null) continue;
      (this.#buffers[key] as Float32Array).set(
        (source as Float32Array).subarray(from, from + count),
        this.#rows,
      );
    }
  }

  #fixedPoints(): FixedPoints {
    const { hasZ, hasQv } = this.#spec;
    const own = <T extends { subarray(from: number, to: number): T }>(values: T): T =>
      values.subarray(0, this.#rows);
    const { x, y, z, feature, transcriptId, qv, isControl } = this.#buffers;
    return {
      ...{ x: own(x), y: own(y), z: hasZ ? own(z) : null, qv: hasQv ? own(qv) : null },
      ...{ feature: own(feature), transcriptId: own(transcriptId), isControl: own(isControl) },
    };
  }

  async #openPart(): Promise<ParquetSink> {
    const name = `${this.#folder}/part.${this.#part}.parquet`;
    this.#sink ??= await ParquetSink.open(this.#store, name, this.#columns);
    return this.#sink;
  }

  async #writeGroup(): Promise<void> {
    const rows = this.#rows;
    const own = this.#buffers;
    const fixed: ReadonlyMap<string, SinkData | EncodedChunk> = this.#isEarly
      ? await this.#early!.group(Math.floor(this.#firstRow / this.#rowsPerGroup))
      : new Map(Object.entries(fixedData(this.#fixedPoints(), this.#features, this.#firstRow)));
    const data = new Map<string, SinkData | EncodedChunk>([
      ...fixed,
      ['cell_id', this.#cells.encode(own.cell.subarray(0, rows))],
      ['probability', own.probability.subarray(0, rows)],
    ]);
    await this.#writing;
    const sink = await this.#openPart();
    this.#writing = sink.rowGroup(
      rows,
      this.#columns.map(({ name }) => data.get(name)!),
    );
    // Whoever waits for it next hears of a failure.
    this.#writing.catch(() => undefined);
    this.#firstRow += rows;
    this.#rows = 0;
    this.#buffers = this.#room();
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
  batches: AsyncIterable<PointsBatch | PointCells>,
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

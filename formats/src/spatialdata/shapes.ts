import { SpatileError } from '../errors.ts';
import { decodeWkb } from '../geometry/wkb.ts';
import type { Affine } from '../space.ts';
import { groupJson, SOFTWARE, VERSIONS } from './metadata.ts';
import { assertNames } from './names.ts';
import { arrowSchema, pandasMetadata } from './parquet-metadata.ts';
import { ParquetSink, type SinkColumn, type SinkData } from './parquet-sink.ts';
import type { PartialStore } from './store.ts';
import { transformations } from './transforms.ts';

/** Shapes of a SpatialData store: one GeoParquet 1.0 file of polygons with the cell id as pandas index. */

export interface ShapesBatch {
  /** Unique over the element. */
  id: readonly string[];
  /** Little-endian WKB of a Polygon or MultiPolygon in microns, one per id. */
  wkb: readonly Uint8Array[];
  /** Further columns; names and types must be the same in all batches. */
  columns?: Readonly<Record<string, Float32Array | Float64Array | Int32Array | readonly string[]>>;
}

const ROWS_PER_GROUP = 20_000;
const WKB_POLYGON = 3;

type Kind = 'float32' | 'float64' | 'int32' | 'text';

function kindOf(values: unknown): Kind {
  if (Array.isArray(values)) return 'text';
  if (values instanceof Float32Array) return 'float32';
  return values instanceof Float64Array ? 'float64' : 'int32';
}

/** Text as a column of a row group: each value once, in order of appearance. */
function textData(values: readonly string[]): SinkData {
  const place = new Map<string, number>();
  const codes = Int32Array.from(values, (value) => {
    const known = place.get(value) ?? place.size;
    place.set(value, known);
    return known;
  });
  return { codes, dictionary: [...place.keys()].map((value) => Buffer.from(value, 'utf8')) };
}

/** Least x, least y, most x, most y. */
type Box = [number, number, number, number];

/** The box around a box and x, y pairs. */
function boxAround([x0, y0, x1, y1]: Box, ring: Float64Array): Box {
  for (let i = 0; i < ring.length; i += 2) {
    x0 = Math.min(x0, ring[i]);
    y0 = Math.min(y0, ring[i + 1]);
    x1 = Math.max(x1, ring[i]);
    y1 = Math.max(y1, ring[i + 1]);
  }
  return [x0, y0, x1, y1];
}

/** Extent and kinds of all geometries seen, for the `geo` entry. */
class GeometrySummary {
  #bbox: Box = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  #polygons = false;
  #multiPolygons = false;

  add(wkb: Uint8Array): void {
    if (wkb[1] === WKB_POLYGON) this.#polygons = true;
    else this.#multiPolygons = true;
    for (const [outline] of decodeWkb(wkb)) this.#bbox = boxAround(this.#bbox, outline);
  }

  /** GeoParquet 1.0.0 metadata. `crs: null` must be said: leaving it out would mean longitude and latitude. */
  geo(): string {
    const types = [...(this.#polygons ? ['Polygon'] : []), ...(this.#multiPolygons ? ['MultiPolygon'] : [])];
    const geometry = { encoding: 'WKB', crs: null, geometry_types: types, bbox: this.#bbox };
    return JSON.stringify({
      version: '1.0.0',
      primary_column: 'geometry',
      columns: { geometry },
      creator: SOFTWARE,
    });
  }
}

/** Rows waiting for a full row group. */
interface Pending {
  id: string[];
  wkb: Uint8Array[];
  extra: Map<string, (number | string)[]>;
}

/**
 * Writes `shapes/<name>` and says whether it did: an element without rows is left out, since SpatialData refuses it.
 * Throws `INTERNAL` for unequal columns and repeated ids, `GEOMETRY_INVALID` for bytes that are no polygon.
 */
export async function writeShapes(
  store: PartialStore,
  name: string,
  batches: AsyncIterable<ShapesBatch>,
  targets: [string, Affine][],
): Promise<boolean> {
  const summary = new GeometrySummary();
  const seen = new Set<string>();
  let extra: [string, Kind][] = [];
  let columns: SinkColumn[] = [];
  let sink: ParquetSink | null = null;
  let pending: Pending = { id: [], wkb: [], extra: new Map() };

  async function flush(): Promise<void> {
    const rows = pending.id.length;
    if (rows === 0) return;
    sink ??= await ParquetSink.open(store, `shapes/${name}/shapes.parquet`, columns);
    const codes = Int32Array.from({ length: rows }, (_, i) => i);
    const data: SinkData[] = [
      { codes, dictionary: pending.id.map((id) => Buffer.from(id, 'utf8')) },
      pending.wkb,
      ...extra.map(([key, kind]) => {
        const values = (pending.extra.get(key) ?? []) as number[];
        if (kind === 'text') return textData(values as unknown as string[]);
        if (kind === 'int32') return Int32Array.from(values);
        return kind === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
      }),
    ];
    await sink.rowGroup(rows, data);
    pending = { id: [], wkb: [], extra: new Map() };
  }

  function start(batch: ShapesBatch): void {
    extra = Object.entries(batch.columns ?? {}).map(([key, values]) => [key, kindOf(values)]);
    assertNames(`shapes ${name}`, ['cell_id', 'geometry', ...extra.map(([key]) => key)]);
    columns = [
      { name: 'cell_id', kind: 'text' },
      { name: 'geometry', kind: 'binary' },
      ...extra.map(([key, kind]): SinkColumn => ({ name: key, kind })),
    ];
  }

  try {
    for await (const batch of batches) {
      if (columns.length === 0) start(batch);
      for (let i = 0; i < batch.id.length; i++) {
        addRow(name, batch, i, extra, seen, pending);
        summary.add(batch.wkb[i]);
        if (pending.id.length === ROWS_PER_GROUP) await flush();
      }
    }
    await flush();
    if (sink === null) return false;
    const entries = { pandas: pandasMetadata(columns, ['cell_id']), geo: summary.geo() };
    await (sink as ParquetSink).finish({
      ...entries,
      'ARROW:schema': arrowSchema(columns, new Set(), entries),
    });
  } catch (error) {
    await (sink as ParquetSink | null)?.discard();
    throw error;
  }
  await store.node(
    `shapes/${name}`,
    groupJson({
      'encoding-type': 'ngff:shapes',
      axes: ['x', 'y'],
      coordinateTransformations: transformations('xy', targets),
      spatialdata_attrs: { version: VERSIONS.shapes },
    }),
  );
  return true;
}

function addRow(
  name: string,
  batch: ShapesBatch,
  i: number,
  extra: [string, Kind][],
  seen: Set<string>,
  pending: Pending,
): void {
  const id = batch.id[i];
  if (seen.has(id)) throw new SpatileError('INTERNAL', `shapes ${name}: the id ${id} occurs twice`);
  seen.add(id);
  if (batch.wkb[i] === undefined) throw new SpatileError('INTERNAL', `shapes ${name}: ${id} has no geometry`);
  pending.id.push(id);
  pending.wkb.push(batch.wkb[i]);
  for (const [key] of extra) {
    const value = batch.columns?.[key]?.[i];
    if (value === undefined) throw new SpatileError('INTERNAL', `shapes ${name}: ${id} has no ${key}`);
    const values = pending.extra.get(key) ?? [];
    values.push(value);
    pending.extra.set(key, values);
  }
}

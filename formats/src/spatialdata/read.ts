import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zarr from 'zarrita';
import { isSpatileError, SpatileError } from '../errors.ts';
import { decodeWkb, type Polygon } from '../geometry/wkb.ts';
import { openParquet } from '../parquet/file.ts';
import type { ColumnRequest } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { readShapesFile } from './shapes-file.ts';
import type { NodeJson } from './store.ts';
import type { CsrMatrix, TableColumn } from './table.ts';

/** Reads back what spatile wrote, for the report, the judge and the validator. Zarr by zarrita, Parquet by hyparquet. */

/** `STORE_INVALID` with the house sentence. */
export function storeInvalid(path: string, what: string, cause?: unknown): SpatileError {
  return new SpatileError(
    'STORE_INVALID',
    `${path}: ${what}; expected a SpatialData store written by spatile; check that it was copied completely or run again`,
    { fields: { file: path }, cause },
  );
}

async function guarded<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw storeInvalid(path, `${doing} failed (${cause instanceof Error ? cause.message : cause})`, cause);
  }
}

/** Parses one `zarr.json`. Errors: `INPUT_MISSING` when the store is not there, `STORE_INVALID`. */
export async function readNode(path: string, name: string): Promise<NodeJson> {
  const file = join(path, name, 'zarr.json');
  const text = await readFile(file, 'utf8').catch((cause) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || name !== '')
      throw storeInvalid(file, 'cannot be read', cause);
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: is no Zarr v3 store (no zarr.json); expected a SpatialData store; check the path`,
      {
        fields: { file: path },
        cause,
      },
    );
  });
  return guarded(file, 'parsing', async () => JSON.parse(text) as NodeJson);
}

/** Attributes of the root group: `spatialdata_attrs`, and `spatile` with configuration, versions and input digests. */
export async function readRootAttrs(path: string): Promise<Record<string, unknown>> {
  return ((await readNode(path, '')).attributes ?? {}) as Record<string, unknown>;
}

/** Elements of each type, sorted by name, such as `{ points: ['transcripts'], tables: ['table'], ... }`. */
export async function listElements(
  path: string,
): Promise<Record<'images' | 'labels' | 'points' | 'shapes' | 'tables', string[]>> {
  const list = async (type: string): Promise<string[]> => {
    const entries = await readdir(join(path, type), { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  };
  const [images, labels, points, shapes, tables] = await Promise.all(
    ['images', 'labels', 'points', 'shapes', 'tables'].map(list),
  );
  return { images, labels, points, shapes, tables };
}

export interface StoredTable {
  obsIndex: string[];
  /** In stored order. */
  obs: TableColumn[];
  varIndex: string[];
  var: TableColumn[];
  x: CsrMatrix;
  /** Row-major. */
  obsm: Record<string, { data: Float32Array | Float64Array | Int32Array; columns: number }>;
  /** What the rows annotate; null when nothing. */
  region: { region: string; regionKey: string; instanceKey: string } | null;
}

/** Zarr arrays of one store, read whole. */
class ArrayReader {
  readonly #root: zarr.Location<zarr.AsyncReadable>;

  constructor(path: string) {
    const get = async (key: zarr.AbsolutePath): Promise<Uint8Array | undefined> =>
      readFile(join(path, key.slice(1))).catch((error) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      });
    this.#root = zarr.root({ get });
  }

  async get(name: string): Promise<{ data: unknown; shape: number[] }> {
    const array = await zarr.open.v3(this.#root.resolve(name), { kind: 'array' });
    const { data, shape } = await zarr.get(array);
    return { data, shape };
  }

  async strings(name: string): Promise<string[]> {
    return Array.from((await this.get(name)).data as Iterable<string>);
  }
}

/** A table without its matrix: what is known of each cell and of each gene. */
export type StoredAnnotation = Omit<StoredTable, 'x'>;

/**
 * Reads a whole table (cells, not transcripts, decide its size).
 * Errors: `INPUT_MISSING`, `STORE_INVALID`.
 */
export async function readTable(path: string, name = 'table'): Promise<StoredTable> {
  const annotation = await readAnnotation(path, name);
  const root = `tables/${name}`;
  const arrays = new ArrayReader(path);
  return guarded(join(path, root), 'reading the table', async () => {
    const part = async (member: string): Promise<unknown> => (await arrays.get(`${root}/X/${member}`)).data;
    const x = {
      indptr: (await part('indptr')) as Int32Array,
      indices: (await part('indices')) as Int32Array,
      data: (await part('data')) as Int32Array,
    };
    return { ...annotation, x };
  });
}

/** Reads a table but for its matrix, which is much the largest part. Errors: as `readTable`. */
export async function readAnnotation(path: string, name = 'table'): Promise<StoredAnnotation> {
  const root = `tables/${name}`;
  const arrays = new ArrayReader(path);
  return guarded(join(path, root), 'reading the table', async () => {
    const { attributes } = (await readNode(path, root)) as { attributes: Record<string, string | null> };
    const obsm: StoredTable['obsm'] = {};
    for (const key of (await readdir(join(path, root, 'obsm')))
      .filter((entry) => entry !== 'zarr.json')
      .sort()) {
      const { data, shape } = await arrays.get(`${root}/obsm/${key}`);
      obsm[key] = { data: data as Float64Array, columns: shape[1] };
    }
    const { region, region_key: regionKey, instance_key: instanceKey } = attributes;
    return {
      ...(await readFrame(path, arrays, `${root}/obs`).then(({ index, columns }) => ({
        obsIndex: index,
        obs: columns,
      }))),
      ...(await readFrame(path, arrays, `${root}/var`).then(({ index, columns }) => ({
        varIndex: index,
        var: columns,
      }))),
      obsm,
      region: region && regionKey && instanceKey ? { region, regionKey, instanceKey } : null,
    };
  });
}

async function readFrame(
  path: string,
  arrays: ArrayReader,
  root: string,
): Promise<{ index: string[]; columns: TableColumn[] }> {
  const { attributes } = (await readNode(path, root)) as {
    attributes: { _index: string; 'column-order': string[] };
  };
  const columns: TableColumn[] = [];
  for (const name of attributes['column-order'])
    columns.push(await readColumn(path, arrays, `${root}/${name}`, name));
  return { index: await arrays.strings(`${root}/${attributes._index}`), columns };
}

async function readColumn(
  path: string,
  arrays: ArrayReader,
  root: string,
  name: string,
): Promise<TableColumn> {
  const node = (await readNode(path, root)) as { attributes: Record<string, unknown>; data_type?: string };
  if (node.attributes['encoding-type'] === 'categorical') {
    const values = Int32Array.from((await arrays.get(`${root}/codes`)).data as Int8Array);
    return { name, kind: 'categorical', values, categories: await arrays.strings(`${root}/categories`) };
  }
  if (node.data_type === 'string') return { name, kind: 'string', values: await arrays.strings(root) };
  const { data } = await arrays.get(root);
  if (node.data_type === 'bool')
    return { name, kind: 'bool', values: Uint8Array.from(data as Iterable<number>, Number) };
  const kinds = ['float32', 'float64', 'int32', 'int64'] as const;
  const kind = kinds.find((known) => known === node.data_type);
  if (kind === undefined)
    throw storeInvalid(join(path, root), `a column of type ${node.data_type} is not read`);
  return { name, kind, values: data } as TableColumn;
}

export interface StoredShapes {
  id: string[];
  /** Each cell's polygons: outline first, then holes; x, y pairs in microns. */
  polygons: Polygon[][];
}

/** Streams the shapes of an element by row group. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `GEOMETRY_INVALID`. */
export async function* readShapes(path: string, name: string): AsyncGenerator<StoredShapes> {
  for await (const { id, wkb } of readShapesFile(join(path, 'shapes', name, 'shapes.parquet'))) {
    yield { id, polygons: wkb.map(decodeWkb) };
  }
}

/** A column of points and the typed array it comes as. Text comes as codes into the table of that name. */
const POINT_REQUESTS: Record<PointsColumn, 'float32' | 'uint64' | 'code'> = {
  x: 'float32',
  y: 'float32',
  z: 'float32',
  qv: 'float32',
  probability: 'float32',
  transcript_id: 'uint64',
  feature_name: 'code',
  cell_id: 'code',
  is_control: 'code',
};

export type PointsColumn =
  | 'x'
  | 'y'
  | 'z'
  | 'qv'
  | 'probability'
  | 'transcript_id'
  | 'feature_name'
  | 'cell_id'
  | 'is_control';

export interface StoredPoints {
  firstRow: number;
  length: number;
  /** The columns asked for; `is_control` as 0 and 1, text columns as codes into `texts`. */
  columns: Partial<Record<PointsColumn, Float32Array | BigUint64Array | Uint32Array>>;
  /** Texts by code, in the order first met; grows from batch to batch. */
  texts: { feature_name: readonly string[]; cell_id: readonly string[] };
}

/** Rows of a batch. */
const POINTS_BATCH = 262_144;

/** Streams columns of points through all parts in order. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `COLUMN_MISSING`. */
export async function* readPoints(
  path: string,
  name: string,
  columns: readonly PointsColumn[],
): AsyncGenerator<StoredPoints> {
  const folder = join(path, 'points', name, 'points.parquet');
  const tables = { feature_name: new TextTable(), cell_id: new TextTable(), is_control: new TextTable() };
  let firstRow = 0;
  for (const part of await listParts(folder)) {
    const file = await openParquet(join(folder, part));
    const absent = columns.filter((column) => !file.columns.some(({ name: there }) => there === column));
    if (absent.length > 0) {
      throw new SpatileError(
        'COLUMN_MISSING',
        `${file.path}: no column ${absent.join(', ')}; expected points written by spatile; leave it out`,
      );
    }
    const requests = columns.map((column): ColumnRequest => {
      const as = POINT_REQUESTS[column];
      if (as === 'code') return { name: column, as, table: tables[column as 'cell_id'] };
      return as === 'float32' ? { name: column, as, scale: 1 } : { name: column, as };
    });
    for await (const batch of file.batches(requests, POINTS_BATCH)) {
      const out: StoredPoints['columns'] = {};
      for (const [i, column] of columns.entries()) out[column] = batch.columns[i];
      if (out.is_control) out.is_control = flags(out.is_control as Uint32Array, tables.is_control.names);
      yield {
        firstRow,
        length: batch.length,
        columns: out,
        texts: { feature_name: tables.feature_name.names, cell_id: tables.cell_id.names },
      };
      firstRow += batch.length;
    }
  }
}

const flags = (codes: Uint32Array, texts: readonly string[]): Uint32Array =>
  codes.map((code) => (texts[code] === 'true' ? 1 : 0));

/** `part.N.parquet` in the order of N. */
export async function listParts(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw storeInvalid(folder, 'the folder of points cannot be listed', cause);
  });
  const number = (name: string): number => Number(/^part\.(\d+)\.parquet$/.exec(name)?.[1] ?? Number.NaN);
  return names.filter((name) => !Number.isNaN(number(name))).sort((a, b) => number(a) - number(b));
}

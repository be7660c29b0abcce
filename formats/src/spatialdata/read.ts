import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zarr from 'zarrita';
import { isSpatileError, SpatileError } from '../errors.ts';
import { decodeWkb, type Polygon } from '../geometry/wkb.ts';
import { readShapesFile } from './shapes-file.ts';
import type { NodeJson } from './store.ts';
import { storeInvalid } from './store-invalid.ts';
import type { CsrMatrix, DenseRows, TableColumn } from './table.ts';

export { type PointsColumn, readPoints, type StoredPoints } from './points-file.ts';
export { storeInvalid } from './store-invalid.ts';

/** Reads back what spatile wrote, for the report, the judge and the validator. Zarr by zarrita, Parquet by hyparquet. */

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
  /** The dense ones; sparse ones are read by `readMatrix`. */
  obsm: Record<string, DenseRows>;
  /** What the rows annotate; null when nothing. */
  region: { region: string; regionKey: string; instanceKey: string } | null;
}

const EMPTY = { int8: Int8Array, int32: Int32Array, int64: BigInt64Array, float32: Float32Array };

/** No elements, in the container that elements of this type come in. */
function emptyOf(dtype: string): unknown {
  if (dtype === 'string' || dtype === 'bool') return [];
  return new (EMPTY[dtype as keyof typeof EMPTY] ?? Float64Array)(0);
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
    // zarrita cannot read an array without elements; the counts of cells that hold nothing are one.
    if (array.shape.includes(0)) return { data: emptyOf(array.dtype), shape: array.shape };
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

/** A one-dimensional array of texts. Errors: `STORE_INVALID`. */
export async function readStrings(path: string, name: string): Promise<string[]> {
  return guarded(join(path, name), 'reading texts', () => new ArrayReader(path).strings(name));
}

/** One layer of a table, such as corrected counts. Errors: `STORE_INVALID` when there is none of that name. */
export const readLayer = (path: string, name: string, layer: string): Promise<CsrMatrix> =>
  readMatrix(path, `tables/${name}/layers/${layer}`);

/** A sparse matrix, such as `tables/table/obsm/rctd_score_mat`. Errors: `STORE_INVALID` when there is none. */
export async function readMatrix(path: string, root: string): Promise<CsrMatrix> {
  const arrays = new ArrayReader(path);
  return guarded(join(path, root), 'reading the matrix', async () => ({
    indptr: (await arrays.get(`${root}/indptr`)).data as Int32Array,
    indices: (await arrays.get(`${root}/indices`)).data as Int32Array,
    data: (await arrays.get(`${root}/data`)).data as Float32Array,
  }));
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
      if ((await readNode(path, `${root}/obsm/${key}`)).node_type === 'group') continue;
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

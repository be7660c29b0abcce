import { SpatileError } from '../errors.ts';
import { type NumericArray, writeNumbers, writeScalar, writeStrings } from './arrays.ts';
import { type CsrBlocks, isBlocks, writeCsrBlocks } from './csr-blocks.ts';
import { groupJson, VERSIONS } from './metadata.ts';
import { assertNames } from './names.ts';
import { settled } from './settled.ts';
import type { NodeJson, PartialStore } from './store.ts';

/** Writes an AnnData table (on-disk encodings of anndata 0.8 and later) annotated as a SpatialData table. */

export type TableColumn =
  | { name: string; kind: 'float32'; values: Float32Array }
  | { name: string; kind: 'float64'; values: Float64Array }
  | { name: string; kind: 'int32'; values: Int32Array }
  | { name: string; kind: 'int64'; values: BigInt64Array }
  | { name: string; kind: 'bool'; values: Uint8Array }
  | { name: string; kind: 'string'; values: readonly string[] }
  /** `values` index `categories`; -1 is missing. */
  | { name: string; kind: 'categorical'; values: Int32Array; categories: readonly string[] };

/** Compressed sparse rows; column indices ascend within each row. */
export interface CsrMatrix {
  indptr: Int32Array | BigInt64Array;
  indices: Int32Array;
  data: Int32Array | Float32Array;
}

export type UnsValue =
  | string
  | number
  | boolean
  | null
  | readonly number[]
  | readonly string[]
  | { [key: string]: UnsValue };

/** Row-major array with so many values for each row of a table. */
export interface DenseRows {
  data: Float32Array | Float64Array | Int32Array;
  columns: number;
}

export interface TableSpec {
  /** Unique strings, one per row: the cell ids. */
  obsIndex: readonly string[];
  obs: readonly TableColumn[];
  varIndex: readonly string[];
  var: readonly TableColumn[];
  x: CsrMatrix;
  layers?: Readonly<Record<string, CsrMatrix | CsrBlocks>>;
  /** Row-major arrays of rows x columns, or sparse ones. */
  obsm?: Readonly<Record<string, DenseRows | (CsrBlocks & { columns: number })>>;
  uns?: { readonly [key: string]: UnsValue };
  /** The element the rows annotate; null when there is none. A missing `region` column or instance column is added. */
  region: { region: string; regionKey: string; instanceKey: string } | null;
}

/** A table whose counts may be made block by block when they are written. */
export type StreamedTable = Omit<TableSpec, 'x'> & { x: CsrMatrix | CsrBlocks };

/** What is added to a table that is there. */
export interface TableAdditions {
  obs: readonly TableColumn[];
  layers: Readonly<Record<string, CsrMatrix | CsrBlocks>>;
  obsm: NonNullable<TableSpec['obsm']>;
  uns: NonNullable<TableSpec['uns']>;
  /** Rows and columns of the table. */
  shape: readonly [number, number];
}

const ARRAY = { 'encoding-type': 'array', 'encoding-version': '0.2.0' };
const DICT = { 'encoding-type': 'dict', 'encoding-version': '0.1.0' };

const refuse = (what: string): never => {
  throw new SpatileError('INTERNAL', `table: ${what}`);
};

/** Writes `tables/<name>`. Throws `INTERNAL` when lengths or names do not fit. */
export async function writeTable(store: PartialStore, name: string, given: StreamedTable): Promise<void> {
  const spec = annotated(given);
  const path = `tables/${name}`;
  checkTable(spec);
  await store.node(
    path,
    groupJson({
      'encoding-type': 'anndata',
      'encoding-version': '0.1.0',
      'spatialdata-encoding-type': 'ngff:regions_table',
      region: spec.region?.region ?? null,
      region_key: spec.region?.regionKey ?? null,
      instance_key: spec.region?.instanceKey ?? null,
      version: VERSIONS.table,
    }),
  );
  await writeCsr(store, `${path}/X`, spec.x, spec.obsIndex.length, spec.varIndex.length);
  await writeDataframe(store, `${path}/obs`, spec.obsIndex, spec.obs);
  await writeDataframe(store, `${path}/var`, spec.varIndex, spec.var);
  await store.node(`${path}/layers`, groupJson(DICT));
  for (const [key, matrix] of Object.entries(spec.layers ?? {})) {
    await writeCsr(store, `${path}/layers/${key}`, matrix, spec.obsIndex.length, spec.varIndex.length);
  }
  await store.node(`${path}/obsm`, groupJson(DICT));
  await writeObsm(store, path, spec.obsm ?? {}, spec.obsIndex.length);
  for (const empty of ['obsp', 'varm', 'varp']) await store.node(`${path}/${empty}`, groupJson(DICT));
  const link = spec.region && {
    region: spec.region.region,
    region_key: spec.region.regionKey,
    instance_key: spec.region.instanceKey,
  };
  await writeUns(store, `${path}/uns`, { ...spec.uns, ...(link ? { spatialdata_attrs: link } : {}) });
}

/**
 * Writes columns, layers and more beside what `tables/<name>` holds; the caller sees to the list of columns in the metadata of
 * `obs`. Errors: `INTERNAL` when lengths or names do not fit.
 */
export async function addToTable(store: PartialStore, name: string, added: TableAdditions): Promise<void> {
  const path = `tables/${name}`;
  const [rows, columns] = added.shape;
  for (const { name: column, values } of added.obs)
    if (values.length !== rows)
      refuse(`column ${column} of obs has ${values.length} values for ${rows} rows`);
  for (const column of added.obs) await writeColumn(store, `${path}/obs/${column.name}`, column);
  for (const [key, matrix] of Object.entries(added.layers)) {
    if (!isBlocks(matrix)) checkCsr(matrix, rows, columns);
    await writeCsr(store, `${path}/layers/${key}`, matrix, rows, columns);
  }
  checkObsm(added.obsm, rows);
  await writeObsm(store, path, added.obsm, rows);
  for (const [key, value] of Object.entries(added.uns)) await writeUns(store, `${path}/uns/${key}`, value);
}

/** Adds the columns that link rows to the region element. */
function annotated(spec: StreamedTable): StreamedTable {
  if (spec.region === null) return spec;
  const { region, regionKey, instanceKey } = spec.region;
  const obs = [...spec.obs];
  if (!obs.some((column) => column.name === instanceKey)) {
    obs.unshift({ name: instanceKey, kind: 'string', values: spec.obsIndex });
  }
  if (!obs.some((column) => column.name === regionKey)) {
    obs.unshift({
      name: regionKey,
      kind: 'categorical',
      values: new Int32Array(spec.obsIndex.length),
      categories: [region],
    });
  }
  return { ...spec, obs };
}

function checkTable(spec: StreamedTable): void {
  const rows = spec.obsIndex.length;
  const columns = spec.varIndex.length;
  if (new Set(spec.obsIndex).size !== rows) refuse('the index of obs is not unique');
  if (new Set(spec.varIndex).size !== columns) refuse('the index of var is not unique');
  for (const [what, list, length] of [
    ['obs', spec.obs, rows],
    ['var', spec.var, columns],
  ] as const) {
    assertNames(`table ${what}`, ['_index', ...list.map((column) => column.name)]);
    for (const column of list) {
      if (column.values.length !== length)
        refuse(`column ${column.name} of ${what} has ${column.values.length} values for ${length} rows`);
    }
  }
  for (const [what, keys] of [
    ['layers', spec.layers],
    ['obsm', spec.obsm],
    ['uns', spec.uns],
  ] as const) {
    assertNames(`table ${what}`, Object.keys(keys ?? {}));
  }
  checkObsm(spec.obsm ?? {}, rows);
  for (const matrix of [spec.x, ...Object.values(spec.layers ?? {})]) {
    if (!isBlocks(matrix)) checkCsr(matrix, rows, columns);
    else if (matrix.rows !== rows) refuse(`a matrix of blocks has ${matrix.rows} rows for ${rows}`);
  }
}

function checkObsm(obsm: NonNullable<TableSpec['obsm']>, rows: number): void {
  for (const [key, entry] of Object.entries(obsm)) {
    const values = isBlocks(entry) ? entry.rows * entry.columns : entry.data.length;
    if (values !== rows * entry.columns)
      refuse(`obsm ${key} has ${values} values for ${rows} x ${entry.columns}`);
  }
}

function checkCsr({ indptr, indices, data }: CsrMatrix, rows: number, columns: number): void {
  if (indptr.length !== rows + 1 || Number(indptr[rows]) !== data.length || indices.length !== data.length) {
    refuse(
      `a matrix of ${rows} rows has ${indptr.length} row pointers, ${indices.length} indices and ${data.length} values`,
    );
  }
  for (let row = 0; row < rows; row++) {
    let last = -1;
    for (let i = Number(indptr[row]); i < Number(indptr[row + 1]); i++) {
      if (indices[i] <= last || indices[i] >= columns)
        refuse(`the columns of row ${row} do not ascend below ${columns}`);
      last = indices[i];
    }
  }
}

async function writeObsm(
  store: PartialStore,
  path: string,
  obsm: NonNullable<TableSpec['obsm']>,
  rows: number,
): Promise<void> {
  for (const [key, entry] of Object.entries(obsm)) {
    const { columns } = entry;
    if (isBlocks(entry)) await writeCsr(store, `${path}/obsm/${key}`, entry, rows, columns);
    else await writeNumbers(store, `${path}/obsm/${key}`, entry.data, ARRAY, { columns });
  }
}

async function writeCsr(
  store: PartialStore,
  path: string,
  matrix: CsrMatrix | CsrBlocks,
  rows: number,
  columns: number,
): Promise<void> {
  await store.node(
    path,
    groupJson({ 'encoding-type': 'csr_matrix', 'encoding-version': '0.1.0', shape: [rows, columns] }),
  );
  if (isBlocks(matrix)) return writeCsrBlocks(store, path, matrix, columns);
  // Side by side, since their chunks may be compressed in threads; one matrix at a time, since each chunk on its way is a copy.
  await settled(
    (['data', 'indices', 'indptr'] as const).map((part) =>
      writeNumbers(store, `${path}/${part}`, matrix[part], {}),
    ),
  );
}

async function writeDataframe(
  store: PartialStore,
  path: string,
  index: readonly string[],
  columns: readonly TableColumn[],
): Promise<void> {
  await store.node(
    path,
    groupJson({
      'encoding-type': 'dataframe',
      'encoding-version': '0.2.0',
      _index: '_index',
      'column-order': columns.map(({ name }) => name),
    }),
  );
  await writeStrings(store, `${path}/_index`, index);
  for (const column of columns) await writeColumn(store, `${path}/${column.name}`, column);
}

async function writeColumn(store: PartialStore, path: string, column: TableColumn): Promise<void> {
  if (column.kind === 'string') return writeStrings(store, path, column.values);
  if (column.kind === 'bool') return writeNumbers(store, path, column.values, ARRAY, { type: 'bool' });
  if (column.kind !== 'categorical') return writeNumbers(store, path, column.values, ARRAY);
  await store.node(
    path,
    groupJson({ 'encoding-type': 'categorical', 'encoding-version': '0.2.0', ordered: false }),
  );
  await writeNumbers(store, `${path}/codes`, narrowCodes(column.values, column.categories.length), ARRAY);
  await writeStrings(store, `${path}/categories`, column.categories);
}

/** pandas picks the smallest signed type that holds the codes. */
function narrowCodes(codes: Int32Array, categories: number): NumericArray {
  if (codes.some((code) => code < -1 || code >= categories))
    refuse(`a code lies outside the ${categories} categories`);
  if (categories <= 127) return Int8Array.from(codes);
  return categories <= 32_767 ? Int16Array.from(codes) : codes;
}

async function writeUns(store: PartialStore, path: string, value: UnsValue): Promise<void> {
  const tag = (type: string, version: string): NodeJson => ({
    'encoding-type': type,
    'encoding-version': version,
  });
  if (value === null) return writeScalar(store, path, new Uint8Array(1), tag('null', '0.1.0'), 'bool');
  if (typeof value === 'string') return writeScalar(store, path, value, tag('string', '0.2.0'));
  if (typeof value === 'boolean') {
    return writeScalar(store, path, Uint8Array.of(value ? 1 : 0), tag('numeric-scalar', '0.2.0'), 'bool');
  }
  if (typeof value === 'number') {
    const number = Number.isSafeInteger(value) ? BigInt64Array.of(BigInt(value)) : Float64Array.of(value);
    return writeScalar(store, path, number, tag('numeric-scalar', '0.2.0'));
  }
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((entry) => typeof entry === 'string'))
      return writeStrings(store, path, value as string[]);
    if (value.every(Number.isSafeInteger))
      return writeNumbers(store, path, BigInt64Array.from((value as number[]).map(BigInt)), ARRAY);
    return writeNumbers(store, path, Float64Array.from(value as number[]), ARRAY);
  }
  const entries = Object.entries(value as Record<string, UnsValue>);
  assertNames(
    path,
    entries.map(([key]) => key),
  );
  await store.node(path, groupJson(DICT));
  for (const [key, entry] of entries) await writeUns(store, `${path}/${key}`, entry);
}

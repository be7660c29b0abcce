import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openParquet, type ParquetFile } from '@spatile/formats/parquet/file';
import { type ColumnRequest, checkColumns } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import type { Marker } from './coexpression.ts';
import { IdIndex } from './id-index.ts';
import { loadPanel } from './panel.ts';
import { loadProfiles } from './profiles.ts';
import { fileOutlines } from './read/outlines.ts';
import type { CellOutline } from './read/result.ts';
import { truthInvalid } from './truth-invalid.ts';

const ROWS_PER_BATCH = 200_000;

/** Beyond this the file is not a truth of ours: 2^30 rows need 25 GB. */
const MAX_ROWS = 2 ** 30;

/** What was simulated, by row of the truth. Memory: 23 bytes per transcript. */
export interface Truth {
  folder: string;
  ids: IdIndex;
  /** Cell of origin 1..`cells`; 0 = background. */
  cell: Uint32Array;
  /** Index into the panel's features; below `genes` it is a gene. */
  feature: Uint16Array | Uint32Array;
  genes: number;
  qv: Float32Array;
  /** 1 = leaked and seen outside its cell. */
  leaked: Uint8Array;
  /** Place of birth in microns. */
  x: Float32Array;
  y: Float32Array;
  cells: number;
  types: readonly string[];
  /** Type of cell c at c - 1, as an index into `types`. */
  typeOf: Uint32Array;
  /** Genes that one type alone expresses, and the type of each as an index into `types`. */
  markers: readonly Marker[];
  markerTypes: Uint32Array;
  /** By feature: index into `markers`, -1 = not a marker. */
  markerAt: Int32Array;
  /** Expected share of gene g in a cell of type k at `g * types.length + k`; null when the truth does not tell. */
  profiles: Float64Array | null;
  /** True outlines; null when the truth has none. */
  outlines: (() => AsyncIterable<CellOutline>) | null;
}

/** Reads the folder the simulator wrote. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `METADATA_INVALID`, `COLUMN_MISSING`. */
export async function loadTruth(folder: string): Promise<Truth> {
  const path = join(folder, 'transcripts.parquet');
  const table = await openParquet(path);
  const number = (name: string): ColumnRequest => ({ name, as: 'float32', scale: 1 });
  const integer = (name: string): ColumnRequest => ({ name, as: 'uint64' });
  const requests = [
    integer('transcript_id'),
    integer('cell'),
    integer('feature'),
    ...['qv', 'displaced', 'outside', 'born_x', 'born_y'].map(number),
  ];
  checkColumns(
    table,
    requests.map(({ name }) => ({ name, use: 'number' })),
    'expected the truth that spatile simulate wrote; simulate the slide again',
  );
  const n = checkedRows(table, MAX_ROWS);
  const { types, typeOf } = await loadCells(folder);
  const cells = typeOf.length;
  const panel = await loadPanel(join(folder, 'panel.json'), types);
  const ids = new BigUint64Array(n);
  const out = {
    cell: new Uint32Array(n),
    feature: panel.features <= 65_536 ? new Uint16Array(n) : new Uint32Array(n),
    qv: new Float32Array(n),
    leaked: new Uint8Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
  };
  for await (const { firstRow, length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
    ids.set(columns[0] as BigUint64Array, firstRow);
    const cell = columns[1] as BigUint64Array;
    const feature = columns[2] as BigUint64Array;
    for (let i = 0; i < length; i++) {
      out.cell[firstRow + i] = checked(path, 'cell', cell[i], cells + 1);
      out.feature[firstRow + i] = checked(path, 'feature', feature[i], panel.features);
      out.leaked[firstRow + i] = columns[4][i] === 1 && columns[5][i] === 1 ? 1 : 0;
    }
    out.qv.set(columns[3] as Float32Array, firstRow);
    out.x.set(places(path, columns[6] as Float32Array), firstRow);
    out.y.set(places(path, columns[7] as Float32Array), firstRow);
  }
  const profiles = await loadProfiles(join(folder, 'profiles.parquet'), panel.genes, types);
  const polygons = join(folder, 'cell_polygons.parquet');
  return {
    folder,
    ids: new IdIndex(ids, path),
    ...out,
    genes: panel.genes,
    cells,
    types: types.names,
    typeOf,
    markers: panel.markers,
    markerTypes: panel.markerTypes,
    markerAt: panel.markerAt,
    profiles,
    outlines: existsSync(polygons) ? () => fileOutlines(polygons, Number) : null,
  };
}

async function loadCells(folder: string): Promise<{ types: TextTable; typeOf: Uint32Array }> {
  const path = join(folder, 'cells.parquet');
  const table = await openParquet(path);
  const types = new TextTable();
  checkColumns(table, [{ name: 'type', use: 'name' }], 'expected the truth that spatile simulate wrote');
  const typeOf = new Uint32Array(checkedRows(table, MAX_ROWS));
  for await (const { firstRow, columns } of table.batches(
    [{ name: 'type', as: 'code', table: types }],
    ROWS_PER_BATCH,
  )) {
    typeOf.set(columns[0] as Uint32Array, firstRow);
  }
  return { types, typeOf };
}

/** The rows that a file says it has, before room is made for them: the simulator writes some bytes for each. */
function checkedRows({ path, rowCount, sizeBytes }: ParquetFile, most: number): number {
  if (rowCount <= Math.min(most, sizeBytes)) return rowCount;
  throw truthInvalid(
    path,
    `it claims ${rowCount} rows in ${sizeBytes} bytes`,
    `at most one row per byte and ${most} in all`,
  );
}

function checked(file: string, column: string, value: bigint, limit: number): number {
  if (value < limit) return Number(value);
  throw truthInvalid(file, `column "${column}" is out of range (${value})`, `less than ${limit}`);
}

function places(file: string, values: Float32Array): Float32Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw truthInvalid(file, `a place of birth is no number (${values[at]})`, 'finite places in microns');
}

import type { PriorSource } from '@spatile/formats/bundle/slide';
import { isSpatileError } from '@spatile/formats/errors';
import { type GeoJsonItem, geoJsonPolygons, readGeoJson } from '@spatile/formats/geometry/geojson';
import { decodeWkb, type Polygon } from '@spatile/formats/geometry/wkb';
import {
  checkGeometryColumns,
  type GeometryTable,
  geometryRows,
  metadataText,
  openGeometryTable,
} from '@spatile/formats/prior/geometry-table';
import type { CellOutline } from './result.ts';
import { resultInvalid } from './result-invalid.ts';
import { openRing, polygonsOfRings } from './rings.ts';

/** Number of a cell by its id. */
export type NumberOf = (id: string) => number;

/** Streams outlines with the numbers that it is told. */
export type OutlineReader = (numberOf: NumberOf) => AsyncIterable<CellOutline>;

const ID_COLUMNS = ['cell_id', 'cell', 'EntityID', 'id', '__index_level_0__'];

/**
 * Outlines of a file: GeoJSON (plain or gzipped) or GeoParquet, by its name. Cells without an area are left out.
 * Errors: `RESULT_INVALID`, `INPUT_*`, `PARQUET_INVALID`, `COLUMN_MISSING`, `GEOMETRY_INVALID`.
 */
export function fileOutlines(path: string, numberOf: NumberOf): AsyncIterable<CellOutline> {
  return /\.(geo)?parquet$/i.test(path) ? parquetOutlines(path, numberOf) : geoJsonOutlines(path, numberOf);
}

async function* geoJsonOutlines(path: string, numberOf: NumberOf): AsyncGenerator<CellOutline> {
  const invalid = (what: string, cause?: unknown) =>
    resultInvalid(path, what, 'GeoJSON with one polygon or multipolygon per cell', 'export it again', cause);
  let order = 0;
  for await (const item of readGeoJson(path, invalid)) {
    order++;
    const id = idOf(item);
    if (id === null) throw invalid(`feature ${order} names no cell (neither id nor properties.cell)`);
    if (membersOf(item.properties).layer !== undefined) throw inLayers(path, `feature ${order} has a layer`);
    const geometry = item.type === 'Feature' ? item.geometry : item;
    if (geometry === null || geometry === undefined) continue;
    const polygons = geoJsonPolygons(geometry);
    if (polygons === null) throw invalid(`feature ${order} is no polygon`);
    const outline = outlineOf(numberOf(id), polygons);
    if (outline !== null) yield outline;
  }
}

const inLayers = (path: string, found: string) =>
  resultInvalid(
    path,
    `the outlines are those of planes in z (${found})`,
    'one flat outline per cell',
    'give such a file, of Proseg that of --output-cell-polygons',
  );

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function idOf(item: GeoJsonItem): string | null {
  const { cell, cell_id } = membersOf(item.properties);
  for (const id of [cell, cell_id, item.id, item.cell]) {
    if (typeof id === 'number' || (typeof id === 'string' && id !== '')) return String(id);
  }
  return null;
}

async function* parquetOutlines(path: string, numberOf: NumberOf): AsyncGenerator<CellOutline> {
  const table = await openGeometryTable(path);
  if (table.file.columns.some(({ name }) => name === 'ZIndex'))
    throw inLayers(path, 'it has a column ZIndex');
  const columns = { geometry: 'geometry', id: idColumn(table), plane: null };
  checkGeometryColumns(
    table,
    columns,
    'expected GeoParquet with a geometry per cell; write it with GeoPandas to_parquet',
  );
  for await (const { id, wkb } of geometryRows(table, columns)) {
    if (wkb === null) continue;
    const outline = outlineOf(numberOf(id!), decodeNamed(path, id!, wkb));
    if (outline !== null) yield outline;
  }
}

/** The index that pandas stored, which SpatialData calls the instance, else a column of a usual name. */
function idColumn(table: GeometryTable): string {
  const there = (name: unknown): name is string => table.file.columns.some((column) => column.name === name);
  const stored = metadataText(table, 'pandas');
  const index = stored === null ? undefined : /"index_columns"\s*:\s*\[\s*"([^"]*)"/.exec(stored)?.[1];
  return there(index) && index !== '__index_level_0__' ? index : (ID_COLUMNS.find(there) ?? ID_COLUMNS[0]);
}

function decodeNamed(path: string, id: string, wkb: Uint8Array): Polygon[] {
  try {
    return decodeWkb(wkb);
  } catch (cause) {
    if (!isSpatileError(cause) || cause.code !== 'GEOMETRY_INVALID') throw cause;
    throw resultInvalid(
      path,
      `the geometry of cell ${id} cannot be read (${cause.message})`,
      'WKB polygons',
      'write the file again',
      cause,
    );
  }
}

/** Outlines of a bundle's own cells. Errors: those of the prior. */
export async function* priorOutlines(prior: PriorSource, numberOf: NumberOf): AsyncGenerator<CellOutline> {
  for await (const { cellId, rings } of prior.outlines())
    yield { cell: numberOf(cellId), polygons: polygonsOfRings(rings) };
}

/** Without polygons and holes of less than three points; null when nothing is left. */
function outlineOf(cell: number, polygons: readonly Polygon[]): CellOutline | null {
  const isUsable = (ring: Float64Array): boolean => ring.length >= 6 && ring.every(Number.isFinite);
  const usable = polygons
    .map((rings) => rings.map(openRing))
    .filter(([outer]) => outer !== undefined && isUsable(outer))
    .map((rings) => rings.filter(isUsable));
  return usable.length === 0 ? null : { cell, polygons: usable };
}

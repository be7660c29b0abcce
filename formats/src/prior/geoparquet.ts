import { basename } from 'node:path';
import type { PriorSource } from '../bundle/slide.ts';
import { SpatileError } from '../errors.ts';
import {
  checkGeometryColumns,
  type GeometryTable,
  geometryRows,
  metadataText,
  openGeometryTable,
  wkbRings,
} from './geometry-table.ts';
import { merscopeParquetPrior } from './merscope-parquet.ts';
import { priorSource } from './tally.ts';
import { scaleRings } from './usable-rings.ts';

/** Columns that name cells, by preference; after them comes the index of pandas. */
const ID_COLUMNS = ['cell_id', 'EntityID', 'id'];

/**
 * Outlines of a GeoParquet file with WKB geometries, one per row. Ids come from a column `cell_id`, `EntityID` or `id`,
 * else from the index that pandas stored, else from the order (1 = first row). A coordinate reference system is ignored.
 * Tables with one row per cell and z plane (vpt) are read as those of MERSCOPE bundles.
 * @param umPerUnit microns per unit of the coordinates.
 * Errors: `INPUT_*`, `PARQUET_INVALID`, `PRIOR_INVALID` (no `geo` metadata, or not WKB), `COLUMN_MISSING`, `COLUMN_TYPE`.
 */
export async function geoParquetPrior(
  path: string,
  kind: PriorSource['kind'],
  umPerUnit: number,
): Promise<PriorSource> {
  const name = basename(path);
  const table = await openGeometryTable(path);
  const there = (column: string): boolean => table.file.columns.some((found) => found.name === column);
  if (there('EntityID') && there('ZIndex')) return merscopeParquetPrior(path, kind, umPerUnit);
  const geometry = geometryColumn(table, name);
  const id = ID_COLUMNS.find(there) ?? pandasIndex(table);
  const columns = { geometry, id, plane: null };
  checkGeometryColumns(table, columns, 'expected GeoParquet; write the file again with GeoPandas');
  return priorSource(kind, name, [], async function* (tally) {
    let order = 0;
    for await (const row of geometryRows(table, columns)) {
      order++;
      if (row.id === '') {
        tally.add('PRIOR_NO_ID');
        continue;
      }
      const rings = wkbRings(row.wkb, tally);
      if (rings.length > 0) yield { cellId: row.id ?? String(order), rings: scaleRings(rings, umPerUnit) };
    }
  });
}

/** JSON object under a key of the metadata; null when absent or not JSON. */
function metadataObject(table: GeometryTable, key: string): Record<string, unknown> | null {
  const text = metadataText(table, key);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function geometryColumn(table: GeometryTable, name: string): string {
  const geo = metadataObject(table, 'geo');
  const refused = (what: string): SpatileError =>
    new SpatileError(
      'PRIOR_INVALID',
      `${name}: ${what}; expected GeoParquet with WKB geometries; write it with GeoPandas to_parquet`,
      {
        fields: { file: table.file.path },
      },
    );
  const column = geo?.primary_column;
  if (typeof column !== 'string') {
    const found = table.file.columns
      .map((each) => each.name)
      .slice(0, 40)
      .join(', ');
    throw refused(`no "geo" metadata that names a geometry column (found columns ${found})`);
  }
  const columns = geo?.columns as Record<string, { encoding?: unknown }> | undefined;
  const encoding = columns?.[column]?.encoding ?? 'WKB';
  if (encoding !== 'WKB') throw refused(`the geometries are encoded as ${String(encoding)}`);
  return column;
}

/** Column that pandas made the index; null when the index is a mere count of rows. */
function pandasIndex(table: GeometryTable): string | null {
  const index = metadataObject(table, 'pandas')?.index_columns;
  const first: unknown = Array.isArray(index) ? index[0] : null;
  return typeof first === 'string' && table.file.columns.some(({ name }) => name === first) ? first : null;
}

import { basename } from 'node:path';
import type { PriorSource } from '../bundle/slide.ts';
import {
  checkGeometryColumns,
  type GeometryTable,
  geometryRows,
  isEmptyGeometry,
  openGeometryTable,
  wkbRings,
} from './geometry-table.ts';
import { PlaneCensus, type PlaneChoice, planeFinding } from './planes.ts';
import { priorSource } from './tally.ts';
import { scaleRings } from './usable-rings.ts';

const ADVICE = 'expected a boundary table of MERSCOPE or vpt; export it again';

/**
 * Cells of a MERSCOPE boundary table (one WKB geometry per cell and z plane, microns), one outline per cell: that of the
 * middle plane, else of the nearest plane with one. Ids are 64-bit integers, given as decimal text. Two passes.
 * @param umPerUnit microns per unit of the coordinates.
 * Errors: `INPUT_*`, `PARQUET_INVALID`, `COLUMN_MISSING`, `COLUMN_TYPE`.
 */
export async function merscopeParquetPrior(
  path: string,
  kind: PriorSource['kind'],
  umPerUnit = 1,
): Promise<PriorSource> {
  const name = basename(path);
  const table = await openGeometryTable(path);
  const named = (wanted: string): string | null =>
    table.file.columns.find((column) => column.name === wanted)?.name ?? null;
  const columns = {
    // Later tools rename the column as GeoPandas does.
    geometry: named('Geometry') ?? named('geometry') ?? 'Geometry',
    id: named('EntityID') ?? named('cell_id') ?? 'EntityID',
    plane: named('ZIndex'),
  };
  checkGeometryColumns(table, columns, ADVICE);
  let choice: Promise<PlaneChoice> | null = null;
  return priorSource(kind, name, [], async function* (tally, note) {
    choice ??= choosePlanes(table, columns).catch((error) => {
      choice = null;
      throw error;
    });
    const { ofCell, ...planes } = await choice;
    if (planes.planes.length > 1) note(planeFinding(name, planes));
    if (planes.elsewhere > 0) tally.add('PRIOR_OTHER_PLANE', planes.elsewhere);
    const met = new Set<string>();
    for await (const { id, plane, wkb } of geometryRows(table, columns)) {
      const chosen = ofCell.get(id!);
      // A cell without a geometry in any plane is counted once.
      if (chosen === undefined ? met.has(id!) : chosen !== (plane ?? 0)) continue;
      met.add(id!);
      if (id === '') {
        tally.add('PRIOR_NO_ID');
        continue;
      }
      const rings = wkbRings(wkb, tally);
      if (rings.length > 0) yield { cellId: id!, rings: scaleRings(rings, umPerUnit) };
    }
  });
}

async function choosePlanes(
  table: GeometryTable,
  columns: { geometry: string; id: string; plane: string | null },
): Promise<PlaneChoice> {
  const census = new PlaneCensus();
  for await (const { id, plane, wkb } of geometryRows(table, columns)) {
    if (!isEmptyGeometry(wkb)) census.note(id!, plane ?? 0);
  }
  return census.choose();
}

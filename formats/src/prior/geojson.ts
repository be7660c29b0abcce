import type { PriorSource } from '../bundle/slide.ts';
import { SpatileError } from '../errors.ts';
import { type GeoJsonItem, geoJsonPolygons, readGeoJson } from '../geometry/geojson.ts';
import { priorSource } from './tally.ts';
import { scaleRings, usableRings } from './usable-rings.ts';

/**
 * Outlines of a GeoJSON file, streamed by feature. Ids come from `properties.cell_id`, `id`, `cell` (Xenium Ranger) or
 * `properties.name`, else from the order (1 = first feature). Of QuPath cells, a nucleus prior takes the `nucleusGeometry`.
 * @param umPerUnit microns per unit of the coordinates.
 * Errors while streaming: `INPUT_MISSING`, `INPUT_UNREADABLE`, `PRIOR_INVALID`.
 */
export function geoJsonPrior(
  path: string,
  name: string,
  kind: PriorSource['kind'],
  umPerUnit: number,
): PriorSource {
  const invalid = (what: string): SpatileError =>
    new SpatileError(
      'PRIOR_INVALID',
      `${name}: ${what}; expected GeoJSON with polygons of cells; export it again`,
      { fields: { file: path } },
    );
  return priorSource(kind, name, [], async function* (tally) {
    let order = 0;
    for await (const item of readGeoJson(path, invalid)) {
      order++;
      const geometry = geometryOf(item, kind);
      if (geometry === undefined) {
        tally.add('PRIOR_NO_NUCLEUS');
        continue;
      }
      if (geometry === null) {
        tally.add('PRIOR_NULL_GEOMETRY');
        continue;
      }
      const polygons = geoJsonPolygons(geometry);
      if (polygons === null) {
        tally.add('PRIOR_NOT_POLYGON');
        continue;
      }
      const rings = usableRings(polygons.flat(), tally);
      if (rings.length > 0)
        yield { cellId: idOf(item) ?? String(order), rings: scaleRings(rings, umPerUnit) };
    }
  });
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The geometry to take; undefined for a QuPath cell without the nucleus that is wanted. */
function geometryOf(item: GeoJsonItem, kind: PriorSource['kind']): unknown {
  if (item.type !== 'Feature') return item;
  const properties = membersOf(item.properties);
  const nucleus = item.nucleusGeometry ?? properties.nucleusGeometry;
  if (kind === 'cell') return item.geometry ?? null;
  if (nucleus !== undefined && nucleus !== null) return nucleus;
  return properties.objectType === 'cell' ? undefined : (item.geometry ?? null);
}

function idOf(item: GeoJsonItem): string | null {
  const properties = membersOf(item.properties);
  for (const id of [properties.cell_id, item.id, item.cell, properties.name]) {
    if (typeof id === 'number' || (typeof id === 'string' && id !== '')) return String(id);
  }
  return null;
}

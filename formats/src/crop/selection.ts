import { basename } from 'node:path';
import { SpatileError } from '../errors.ts';
import { geoJsonPolygons, readGeoJson } from '../geometry/geojson.ts';
import { closeRing, MIN_RING_POINTS, ringBounds, signedRingArea } from '../geometry/ring.ts';
import type { Polygon } from '../geometry/wkb.ts';
import { type RectUm, rectContains } from '../space.ts';
import { readExplorerCsv } from './explorer-csv.ts';
import { ScanlineIndex } from './scanline.ts';

/** Part of a slide that a user selected: the union of polygons, in microns. */
export interface Selection {
  /** All rings, closed, as x, y pairs in microns: outlines and holes. */
  rings: Float64Array[];
  /** Smallest rectangle around all of them. */
  bounds: RectUm;
  /** Whether a point in microns is selected: inside any polygon, holes taken out by the even-odd rule. */
  contains(x: number, y: number): boolean;
  /** Sum of the areas of the polygons; ground that two of them share counts twice. */
  areaUm2: number;
}

/**
 * Reads a selection: a Xenium Explorer CSV, or GeoJSON with polygons of any kind.
 * @param unit of the coordinates; `px` needs the pixel size in microns.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `CROP_INVALID` (not readable, no polygon, or pixels of unknown size).
 */
export async function readSelection(
  path: string,
  unit: 'um' | 'px',
  pixelSizeUm: number | null,
): Promise<Selection> {
  const name = basename(path);
  const invalid = (what: string): SpatileError =>
    new SpatileError(
      'CROP_INVALID',
      `${name}: ${what}; expected a Xenium Explorer selection (.csv) or GeoJSON polygons; export the selection again`,
      { fields: { file: path } },
    );
  if (unit === 'px' && pixelSizeUm === null) {
    throw new SpatileError(
      'CROP_INVALID',
      `${name}: the selection is in pixels of unknown size; expected a bundle that states its pixel size; give the selection in um with --crop-unit um`,
      { fields: { file: path } },
    );
  }
  const polygons = /\.(geo)?json$/i.test(path)
    ? await polygonsOfGeoJson(path, invalid)
    : await readExplorerCsv(path, invalid);
  const scale = unit === 'px' ? pixelSizeUm! : 1;
  return selectionOf(polygons, scale, invalid);
}

async function polygonsOfGeoJson(path: string, invalid: (what: string) => SpatileError): Promise<Polygon[]> {
  const polygons: Polygon[] = [];
  let items = 0;
  for await (const item of readGeoJson(path, invalid)) {
    items++;
    const found = geoJsonPolygons(item.type === 'Feature' ? item.geometry : item);
    if (found === null) throw invalid(`feature ${items} is no polygon`);
    polygons.push(...found);
  }
  return polygons;
}

function selectionOf(polygons: Polygon[], scale: number, invalid: (what: string) => SpatileError): Selection {
  const closed = polygons
    .filter((rings) => rings.length > 0)
    .map((rings, index) => rings.map((ring) => checkedRing(ring, scale, index + 1, invalid)));
  if (closed.length === 0) throw invalid('the file holds no polygon');
  const parts = closed.map((rings) => ({ bounds: ringBounds(rings)!, index: new ScanlineIndex(rings) }));
  const rings = closed.flat();
  const areaUm2 = closed.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
  if (!(areaUm2 > 0)) throw invalid('the polygons enclose no area');
  return {
    rings,
    bounds: ringBounds(rings)!,
    areaUm2,
    contains: (x, y) => parts.some(({ bounds, index }) => rectContains(bounds, x, y) && index.contains(x, y)),
  };
}

function checkedRing(
  ring: Float64Array,
  scale: number,
  polygon: number,
  invalid: (what: string) => SpatileError,
): Float64Array {
  const closed = closeRing(ring).map((value) => value * scale);
  if (closed.length < 2 * MIN_RING_POINTS) throw invalid(`polygon ${polygon} has under 3 corners`);
  if (!closed.every(Number.isFinite)) throw invalid(`polygon ${polygon} has a vertex that is no number`);
  return closed;
}

/** Area of the outline less that of its holes. */
function polygonArea([outline, ...holes]: Polygon): number {
  return holes.reduce(
    (area, hole) => area - Math.abs(signedRingArea(hole)),
    Math.abs(signedRingArea(outline)),
  );
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import * as z from 'zod';
import { isSpatileError } from '../errors.ts';
import { decodeWkb, type Polygon } from '../geometry/wkb.ts';
import { parseNode, pointsAttributes, shapesAttributes } from './node-schemas.ts';
import { listParts } from './points-file.ts';
import { readFooter, readShapesFile } from './shapes-file.ts';
import type { StoreCheck } from './validate.ts';

/** Checks of points and shapes: attributes, Parquet schemas and their pandas and geo entries, geometry. */

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const pandasEntry = z.looseObject({
  index_columns: z.array(z.string()),
  columns: z.array(z.looseObject({ name: z.string(), pandas_type: z.string(), metadata: z.unknown() })),
});

function parseEntry<T>(schema: z.ZodType<T>, text: string | undefined): { value: T } | { problem: string } {
  if (text === undefined) return { problem: 'is absent' };
  try {
    return parseNode(schema, JSON.parse(text));
  } catch {
    return { problem: 'is no JSON' };
  }
}

/** A coordinate must be a 32 or 64-bit integer or float. */
function isCoordinate({ type, converted_type: logical }: SchemaElement): boolean {
  if (type === 'FLOAT' || type === 'DOUBLE') return true;
  return (
    (type === 'INT32' || type === 'INT64') &&
    (logical === undefined || logical === 'INT_32' || logical === 'INT_64')
  );
}

/** Checks `points/<name>`: attributes, and one schema with equal footers in all parts. */
export async function checkPoints({ path, nodes, report }: StoreCheck, element: string): Promise<void> {
  const parsed = parseNode(pointsAttributes, nodes.get(element)?.attributes);
  if ('problem' in parsed) {
    report('POINTS_ATTRIBUTES', `${element}: ${parsed.problem}`);
    return;
  }
  const { axes, coordinateTransformations, spatialdata_attrs: keys } = parsed.value;
  checkFrames(report, element, axes, coordinateTransformations);
  const folder = join(path, element, 'points.parquet');
  const parts = (await exists(folder)) ? await listParts(folder) : [];
  if (parts.length === 0 || parts.some((part, i) => part !== `part.${i}.parquet`)) {
    report(
      'POINTS_PARTS',
      `${element}: the parts are ${parts.join(', ') || 'missing'}, expected part.0.parquet and so on`,
    );
    return;
  }
  let first: { schema: string; pandas: string | undefined; arrow: string | undefined } | undefined;
  for (const part of parts) {
    const { metadata, entries } = await readFooter(join(folder, part));
    const own = {
      schema: JSON.stringify(metadata.schema),
      pandas: entries.get('pandas'),
      arrow: entries.get('ARROW:schema'),
    };
    if (first === undefined) checkPointColumns(report, element, axes, keys, metadata.schema, own);
    else if (own.schema !== first.schema || own.pandas !== first.pandas || own.arrow !== first.arrow) {
      report('POINTS_PARTS', `${element}: ${part} has another schema than part.0.parquet`);
    }
    first ??= own;
  }
}

function checkPointColumns(
  report: StoreCheck['report'],
  element: string,
  axes: string[],
  keys: { feature_key: string; instance_key: string },
  schema: SchemaElement[],
  footer: { pandas: string | undefined; arrow: string | undefined },
): void {
  for (const axis of axes) {
    const column = schema.find(({ name }) => name === axis);
    if (!column || !isCoordinate(column))
      report('POINTS_COORDINATES', `${element}: column ${axis} is ${column ? column.type : 'missing'}`);
  }
  for (const key of [keys.feature_key, keys.instance_key]) {
    if (!schema.some(({ name }) => name === key))
      report('POINTS_KEY', `${element}: the key column ${key} is missing`);
  }
  const pandas = parseEntry(pandasEntry, footer.pandas);
  if ('problem' in pandas) report('POINTS_PANDAS', `${element}: the pandas entry ${pandas.problem}`);
  else if (
    pandas.value.columns.find(({ name }) => name === keys.feature_key)?.pandas_type !== 'categorical'
  ) {
    report('POINTS_CATEGORICAL', `${element}: ${keys.feature_key} does not come back as categorical`);
  }
  if (!footer.arrow)
    report(
      'POINTS_CATEGORICAL',
      `${element}: no ARROW:schema entry, so text does not come back as categorical`,
    );
}

function checkFrames(
  report: StoreCheck['report'],
  element: string,
  axes: string[],
  transformations: { input: { name: string }; output: { name: string } }[],
): void {
  for (const { input } of transformations) {
    if (input.name !== axes.join(''))
      report(
        'VECTOR_TRANSFORM',
        `${element}: a transformation starts from ${input.name}, the axes are ${axes.join('')}`,
      );
  }
  for (const frame of ['global', 'microns']) {
    if (!transformations.some(({ output }) => output.name === frame))
      report('VECTOR_TRANSFORM', `${element}: no transformation to ${frame}`);
  }
}

const geoEntry = z.looseObject({
  version: z.string(),
  primary_column: z.literal('geometry'),
  columns: z.looseObject({
    geometry: z.looseObject({
      encoding: z.literal('WKB'),
      // Absent would mean longitude and latitude, so null must be there.
      crs: z.null(),
      geometry_types: z.array(z.enum(['Polygon', 'MultiPolygon'])),
      bbox: z.array(z.number()).length(4),
    }),
  }),
});

/** Checks `shapes/<name>`: attributes, GeoParquet entries, index, and every geometry. */
export async function checkShapes(
  { path, nodes, report, shapeIds }: StoreCheck,
  element: string,
): Promise<void> {
  const parsed = parseNode(shapesAttributes, nodes.get(element)?.attributes);
  if ('problem' in parsed) report('SHAPES_ATTRIBUTES', `${element}: ${parsed.problem}`);
  else checkFrames(report, element, parsed.value.axes, parsed.value.coordinateTransformations);
  const file = join(path, element, 'shapes.parquet');
  const { metadata, entries } = await readFooter(file);
  const geo = parseEntry(geoEntry, entries.get('geo'));
  if ('problem' in geo) report('SHAPES_GEO', `${element}: the geo entry ${geo.problem}`);
  const pandas = parseEntry(pandasEntry, entries.get('pandas'));
  if ('problem' in pandas || pandas.value.index_columns.join() !== 'cell_id') {
    report(
      'SHAPES_INDEX',
      `${element}: the pandas index is ${'problem' in pandas ? pandas.problem : pandas.value.index_columns}, expected cell_id`,
    );
  }
  for (const column of ['cell_id', 'geometry']) {
    if (metadata.schema.some(({ name }) => name === column)) continue;
    report('SHAPES_COLUMNS', `${element}: column ${column} is missing`);
    return;
  }
  if (metadata.num_rows === 0n)
    report('SHAPES_EMPTY', `${element}: the element is empty, which SpatialData refuses`);
  const ids = new Set<string>();
  for await (const { id, wkb } of readShapesFile(file)) {
    for (const [i, bytes] of wkb.entries()) {
      if (ids.has(id[i])) report('SHAPES_ID', `${element}: the id ${id[i]} occurs twice`);
      ids.add(id[i]);
      const problem = geometryProblem(bytes);
      if (problem !== null) report('SHAPES_GEOMETRY', `${element}: ${id[i]} ${problem}`);
    }
  }
  shapeIds.set(element.slice('shapes/'.length), ids);
}

/** What is wrong with a geometry: undecodable, without polygon, or with an open, short or non-finite ring. */
function geometryProblem(bytes: Uint8Array): string | null {
  let polygons: Polygon[];
  try {
    polygons = decodeWkb(bytes);
  } catch (error) {
    if (isSpatileError(error)) return `is no polygon (${error.message})`;
    throw error;
  }
  if (polygons.length === 0) return 'has no polygon';
  for (const ring of polygons.flat()) {
    const n = ring.length;
    if (n < 8) return `has a ring of ${n / 2} points`;
    if (ring[0] !== ring[n - 2] || ring[1] !== ring[n - 1]) return 'has an open ring';
    if (!ring.every(Number.isFinite)) return 'has a vertex that is not finite';
  }
  return null;
}

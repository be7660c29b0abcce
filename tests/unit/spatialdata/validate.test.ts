import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { createSpatialData, type ShapesBatch, type TableSpec } from '@spatile/formats/spatialdata/write';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleShapes, exampleTable, TO_GLOBAL, writeExampleStore } from './example-store.ts';

let folder = '';
let store = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-validate-'));
  store = join(folder, 'example.zarr');
  await writeExampleStore(store, folder, { spec: { rowsPerGroup: 500, rowsPerPart: 500 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// biome-ignore lint/suspicious/noExplicitAny: the tests spoil metadata at any depth
type Json = Record<string, any>;

let copies = 0;
async function copy(): Promise<string> {
  const path = join(folder, `copy${copies++}.zarr`);
  // Chunks of images are left behind: the validator does not open them and they are most of the files.
  await cp(store, path, { recursive: true, filter: (from) => !/images\/.*\/c$/.test(from) });
  return path;
}

/** Codes found in a copy of the store after `change`; consolidated metadata is brought up to date with changed nodes. */
async function codesAfter(change: (path: string) => Promise<void>): Promise<string[]> {
  const path = await copy();
  await change(path);
  const codes = (await validateSpatialData(path)).map(({ code }) => code);
  await rm(path, { recursive: true });
  return [...new Set(codes)];
}

/** Changes the `zarr.json` of a node both in place and in the root. */
const edit = (node: string, change: (json: Json) => void) => async (path: string) => {
  const file = join(path, node, 'zarr.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as Json;
  change(json);
  await writeFile(file, JSON.stringify(json));
  if (node === '') return;
  const rootFile = join(path, 'zarr.json');
  const root = JSON.parse(await readFile(rootFile, 'utf8')) as Json;
  root.consolidated_metadata.metadata[node] = json;
  await writeFile(rootFile, JSON.stringify(root));
};

const attributes = (node: string, change: (attributes: Json) => void) =>
  edit(node, (json) => change(json.attributes));
const multiscale = (change: (multiscale: Json, ome: Json) => void) =>
  attributes('images/morphology_focus', ({ ome }) => change(ome.multiscales[0], ome));

describe('validateSpatialData', () => {
  it('finds nothing in what the writer wrote', async () => {
    expect(await validateSpatialData(store)).toEqual([]);
  });

  const mutations: [string, string, (path: string) => Promise<void>][] = [
    ['container version', 'STORE_CONTAINER', edit('', (root) => delete root.attributes.spatialdata_attrs)],
    [
      'container version 0.1',
      'STORE_CONTAINER',
      edit('', (root) => (root.attributes.spatialdata_attrs.version = '0.1')),
    ],
    ['no consolidated metadata', 'STORE_CONSOLIDATED', edit('', (root) => delete root.consolidated_metadata)],
    [
      'a node that is not listed',
      'STORE_CONSOLIDATED',
      edit('', (root) => delete root.consolidated_metadata.metadata['shapes/cell_boundaries']),
    ],
    [
      'a listed node that is not there',
      'STORE_CONSOLIDATED',
      edit('', (root) => (root.consolidated_metadata.metadata.labels = { zarr_format: 3 })),
    ],
    [
      'a stale copy',
      'STORE_CONSOLIDATED',
      (path) =>
        writeFile(
          join(path, 'shapes/zarr.json'),
          '{"zarr_format":3,"node_type":"group","attributes":{"a":1}}',
        ),
    ],
    [
      'siblings apart',
      'STORE_CONSOLIDATED_ORDER',
      edit(
        '',
        (root) =>
          (root.consolidated_metadata.metadata = Object.fromEntries(
            Object.entries(root.consolidated_metadata.metadata).reverse(),
          )),
      ),
    ],
    ['a report inside', 'STORE_STRAY_FILE', (path) => writeFile(join(path, 'report.html'), '')],
    ['broken JSON', 'STORE_JSON', (path) => writeFile(join(path, 'points/zarr.json'), '{')],
    [
      'a name with a space',
      'ELEMENT_NAME',
      (path) => rename(join(path, 'shapes/cell_boundaries'), join(path, 'shapes/cell boundaries')),
    ],
    [
      'a name used twice',
      'ELEMENT_NAME',
      (path) => rename(join(path, 'shapes/cell_boundaries'), join(path, 'shapes/Transcripts')),
    ],
    [
      'points without key',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => delete a.spatialdata_attrs.feature_key),
    ],
    [
      'points version',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => (a.spatialdata_attrs.version = '0.1')),
    ],
    [
      'points encoding',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => delete a['encoding-type']),
    ],
    [
      'no transformations',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => (a.coordinateTransformations = [])),
    ],
    [
      'transformation without input',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => delete a.coordinateTransformations[0].input),
    ],
    [
      'axis without unit',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => delete a.coordinateTransformations[0].output.axes[0].unit),
    ],
    [
      'scale of two numbers for three axes',
      'POINTS_ATTRIBUTES',
      attributes('points/transcripts', (a) => (a.coordinateTransformations[0].scale = [2, 2])),
    ],
    [
      'no frame microns',
      'VECTOR_TRANSFORM',
      attributes('points/transcripts', (a) => a.coordinateTransformations.pop()),
    ],
    [
      'feature column missing',
      'POINTS_KEY',
      attributes('points/transcripts', (a) => (a.spatialdata_attrs.feature_key = 'gene')),
    ],
    [
      'feature column not categorical',
      'POINTS_CATEGORICAL',
      attributes('points/transcripts', (a) => (a.spatialdata_attrs.feature_key = 'cell_id')),
    ],
    [
      'axis missing as column',
      'POINTS_COORDINATES',
      (path) =>
        cp(
          join(path, 'shapes/cell_boundaries/shapes.parquet'),
          join(path, 'points/transcripts/points.parquet/part.0.parquet'),
        ),
    ],
    [
      'parts that differ',
      'POINTS_PARTS',
      (path) =>
        cp(
          join(path, 'shapes/cell_boundaries/shapes.parquet'),
          join(path, 'points/transcripts/points.parquet/part.1.parquet'),
        ),
    ],
    [
      'a part missing',
      'POINTS_PARTS',
      (path) => rm(join(path, 'points/transcripts/points.parquet/part.0.parquet')),
    ],
    [
      'points truncated',
      'ELEMENT_UNREADABLE',
      (path) => writeFile(join(path, 'points/transcripts/points.parquet/part.0.parquet'), 'PAR1'),
    ],
    [
      'shapes version',
      'SHAPES_ATTRIBUTES',
      attributes('shapes/cell_boundaries', (a) => (a.spatialdata_attrs.version = '0.2')),
    ],
    [
      'shapes file missing',
      'ELEMENT_UNREADABLE',
      (path) => rm(join(path, 'shapes/cell_boundaries/shapes.parquet')),
    ],
    [
      'shapes without geo',
      'SHAPES_GEO',
      (path) =>
        cp(
          join(path, 'points/transcripts/points.parquet/part.0.parquet'),
          join(path, 'shapes/cell_boundaries/shapes.parquet'),
        ),
    ],
    ['NGFF version of plain OME-Zarr', 'RASTER_ATTRIBUTES', multiscale((_, ome) => (ome.version = '0.5'))],
    ['two multiscales', 'RASTER_ATTRIBUTES', multiscale((m, ome) => ome.multiscales.push(m))],
    [
      'raster version',
      'RASTER_ATTRIBUTES',
      attributes('images/morphology_focus', (a) => (a.spatialdata_attrs.version = '0.2')),
    ],
    [
      'image without transformations',
      'RASTER_ATTRIBUTES',
      multiscale((m) => delete m.coordinateTransformations),
    ],
    ['image axes', 'RASTER_AXES', multiscale((m) => m.axes.reverse())],
    ['levels in another order', 'RASTER_LEVELS', multiscale((m) => m.datasets.reverse())],
    [
      'a level that is missing',
      'RASTER_LEVELS',
      (path) => rm(join(path, 'images/morphology_focus/s1'), { recursive: true }),
    ],
    [
      'scale of a level',
      'RASTER_LEVEL_SCALE',
      multiscale((m) => (m.datasets[1].coordinateTransformations[0].scale = [1, 3, 3])),
    ],
    ['channels', 'IMAGE_CHANNELS', multiscale((_, ome) => ome.omero.channels.pop())],
    ['channels twice', 'IMAGE_CHANNELS', multiscale((_, ome) => (ome.omero.channels[1].label = 'DAPI'))],
    [
      'dimension names',
      'RASTER_AXES',
      edit('images/morphology_focus/s0', (json) => delete json.dimension_names),
    ],
    [
      'a chunk over 2 GiB',
      'RASTER_CHUNK',
      edit(
        'images/morphology_focus/s0',
        (json) => (json.chunk_grid.configuration.chunk_shape = [1, 65_536, 65_536]),
      ),
    ],
    ['table version', 'TABLE_ATTRIBUTES', attributes('tables/table', (a) => delete a.version)],
    ['table encoding', 'TABLE_ATTRIBUTES', attributes('tables/table', (a) => delete a['encoding-type'])],
    [
      'a part of the table missing',
      'TABLE_LAYOUT',
      (path) => rm(join(path, 'tables/table/varp'), { recursive: true }),
    ],
    ['a region that is not there', 'TABLE_TARGET', attributes('tables/table', (a) => (a.region = 'cells'))],
    ['region values', 'TABLE_REGION', attributes('tables/table', (a) => (a.region = 'transcripts'))],
    ['region key', 'TABLE_REGION_KEY', attributes('tables/table', (a) => (a.region_key = 'tissue'))],
    [
      'region not categorical',
      'TABLE_REGION_KEY',
      attributes('tables/table', (a) => (a.region_key = 'cell_id')),
    ],
    [
      'instance key of floats',
      'TABLE_INSTANCE_KEY',
      attributes('tables/table', (a) => (a.instance_key = 'area')),
    ],
    [
      'no copy of the link in uns',
      'TABLE_REGION',
      (path) => rm(join(path, 'tables/table/uns/spatialdata_attrs'), { recursive: true }),
    ],
    ['shape of X', 'TABLE_MATRIX', attributes('tables/table/X', (a) => (a.shape = [12, 20]))],
    [
      'a column with a space',
      'TABLE_KEY',
      (path) =>
        cp(join(path, 'tables/table/obs/area'), join(path, 'tables/table/obs/cell area'), {
          recursive: true,
        }),
    ],
    [
      'a column missing',
      'ELEMENT_UNREADABLE',
      (path) => rm(join(path, 'tables/table/obs/area'), { recursive: true }),
    ],
  ];
  for (const [what, code, change] of mutations) {
    it(`${what}: ${code}`, async () => expect(await codesAfter(change)).toContain(code));
  }

  it('needs a store', async () => {
    expect((await validateSpatialData(join(folder, 'none.zarr'))).map(({ code }) => code)).toEqual([
      'STORE_ROOT',
    ]);
  });

  /** Codes of a store of shapes and a table. */
  async function codesOf(shapes: AsyncIterable<ShapesBatch>, table: TableSpec): Promise<string[]> {
    const path = join(folder, `made${copies++}.zarr`);
    const writer = await createSpatialData(path, {
      attrs: {},
      pixelSizeUm: null,
      micronsToGlobal: TO_GLOBAL,
    });
    await writer.shapes('cell_boundaries', shapes);
    await writer.table('table', table);
    await writer.finish();
    return (await validateSpatialData(path)).map(({ code }) => code);
  }

  it('compares ids of the table with those of the shapes, and wants positive integer counts', async () => {
    const table = exampleTable();
    expect(await codesOf(exampleShapes(), table)).toEqual([]);
    const renamed = { ...table, obsIndex: table.obsIndex.map((id) => `${id}x`), obs: table.obs.slice(1) };
    expect(await codesOf(exampleShapes(), renamed)).toEqual(['TABLE_INSTANCES']);
    const halves = {
      ...table,
      x: { ...table.x, data: Float32Array.from(table.x.data, (value) => value / 2) },
    };
    expect(await codesOf(exampleShapes(), halves)).toEqual(['TABLE_COUNTS']);
  });

  it('checks every ring', async () => {
    const ring = (...points: number[]): Uint8Array => {
      const bytes = Buffer.alloc(13 + points.length * 8);
      bytes.writeUInt8(1, 0);
      bytes.writeUInt32LE(3, 1);
      bytes.writeUInt32LE(1, 5);
      bytes.writeUInt32LE(points.length / 2, 9);
      points.forEach((value, i) => {
        bytes.writeDoubleLE(value, 13 + i * 8);
      });
      return bytes;
    };
    const table = { ...exampleTable(), region: null };
    for (const bad of [
      ring(0, 0, 1, 0, 1, 1, 0, 1),
      ring(0, 0, 1, 1, 0, 0),
      ring(0, 0, Number.NaN, 0, 1, 1, 0, 0),
    ]) {
      const shapes = (async function* () {
        yield { id: ['a'], wkb: [bad] };
      })();
      expect(await codesOf(shapes, table)).toContain('SHAPES_GEOMETRY');
    }
  });
});

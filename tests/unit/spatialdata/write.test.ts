import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfStore } from '@spatile/formats/spatialdata/store';
import { createSpatialData, type ShapesBatch } from '@spatile/formats/spatialdata/write';
import { tableFromIPC } from 'apache-arrow';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { readParquet } from 'parquet-wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import {
  batchesOf,
  CELL_IDS,
  examplePixels,
  exampleShapes,
  exampleTable,
  exampleTranscripts,
  FEATURES,
  IMAGE_HEIGHT,
  IMAGE_WIDTH,
  SPEC,
  TO_GLOBAL,
  TRANSCRIPTS,
  writeExampleStore,
} from './example-store.ts';

let folder = '';
let store = '';
let digest = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-sd-'));
  store = join(folder, 'example.zarr');
  digest = await writeExampleStore(store, folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const equalBytes = (a: Uint16Array, b: Uint16Array): boolean =>
  Buffer.compare(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;
const json = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(join(store, path, 'zarr.json'), 'utf8'));
const options = { attrs: {}, pixelSizeUm: null, micronsToGlobal: TO_GLOBAL };

async function listFiles(root: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true });
  const lists = await Promise.all(
    entries.map((entry) =>
      entry.isDirectory() ? listFiles(root, `${prefix}${entry.name}/`) : [prefix + entry.name],
    ),
  );
  return lists.flat().sort();
}

const axes = (names: string) =>
  [...names].map((name) =>
    name === 'c' ? { name, type: 'channel' } : { name, type: 'space', unit: 'unit' },
  );
const entry = (names: string, target: string, payload: object) => ({
  ...payload,
  input: { name: names, axes: axes(names) },
  output: { name: target, axes: axes(names) },
});

describe('metadata, against the documented form (unknown keys fail)', () => {
  it('root', async () => {
    const root = (await json('')) as {
      attributes: unknown;
      consolidated_metadata: { metadata: Record<string, unknown> };
    };
    expect(Object.keys(root)).toEqual(['attributes', 'zarr_format', 'node_type', 'consolidated_metadata']);
    expect(root.attributes).toEqual({
      spatialdata_attrs: { version: '0.2', spatialdata_software_version: 'spatile-0.1.0' },
      spatile: { version: '0.1.0', seed: 7, inputs: [{ name: 'transcripts.parquet', sha256: '00' }] },
    });
    const listed = Object.keys(root.consolidated_metadata.metadata);
    const nodes = (await listFiles(store))
      .filter((path) => path.endsWith('/zarr.json'))
      .map((path) => path.slice(0, -10))
      .sort();
    expect([...listed].sort()).toEqual(nodes);
    const depth = listed.map((path) => path.split('/').length);
    expect(depth).toEqual([...depth].sort((a, b) => a - b));
    expect(root.consolidated_metadata.metadata['images/morphology_focus/s0']).toEqual(
      await json('images/morphology_focus/s0'),
    );
    expect(root.consolidated_metadata.metadata.images).toEqual({
      attributes: {},
      zarr_format: 3,
      node_type: 'group',
      consolidated_metadata: { kind: 'inline', must_understand: false, metadata: {} },
    });
  });

  it('points', async () => {
    expect(await json('points/transcripts')).toEqual({
      attributes: {
        'encoding-type': 'ngff:points',
        axes: ['x', 'y', 'z'],
        coordinateTransformations: [
          entry('xyz', 'global', { type: 'scale', scale: [2, 2, 1] }),
          entry('xyz', 'microns', { type: 'identity' }),
        ],
        spatialdata_attrs: { feature_key: 'feature_name', instance_key: 'cell_id', version: '0.2' },
      },
      zarr_format: 3,
      node_type: 'group',
    });
  });

  it('shapes', async () => {
    expect(((await json('shapes/cell_boundaries')) as { attributes: unknown }).attributes).toEqual({
      'encoding-type': 'ngff:shapes',
      axes: ['x', 'y'],
      coordinateTransformations: [
        entry('xy', 'global', { type: 'scale', scale: [2, 2] }),
        entry('xy', 'microns', { type: 'identity' }),
      ],
      spatialdata_attrs: { version: '0.3' },
    });
  });

  it('image and its levels', async () => {
    const level = (path: string, y: number, x: number) => ({
      path,
      coordinateTransformations: [{ type: 'scale', scale: [1, IMAGE_HEIGHT / y, IMAGE_WIDTH / x] }],
    });
    expect(((await json('images/morphology_focus')) as { attributes: unknown }).attributes).toEqual({
      ome: {
        version: '0.5-dev-spatialdata',
        omero: { channels: [{ label: 'DAPI' }, { label: '18S' }] },
        multiscales: [
          {
            name: '/images/morphology_focus',
            axes: [
              { name: 'c', type: 'channel' },
              { name: 'y', type: 'space' },
              { name: 'x', type: 'space' },
            ],
            datasets: [level('s0', 1300, 1101), level('s1', 650, 551), level('s2', 325, 276)],
            coordinateTransformations: [
              entry('cyx', 'global', { type: 'identity' }),
              entry('cyx', 'microns', { type: 'scale', scale: [1, 0.5, 0.5] }),
            ],
          },
        ],
      },
      spatialdata_attrs: { version: '0.3' },
    });
    expect(await json('images/morphology_focus/s0')).toEqual({
      zarr_format: 3,
      node_type: 'array',
      shape: [2, 1300, 1101],
      data_type: 'uint16',
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [1, 1024, 1024] } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: 0,
      codecs: [
        { name: 'bytes', configuration: { endian: 'little' } },
        { name: 'zstd', configuration: { level: 3, checksum: false } },
      ],
      attributes: {},
      dimension_names: ['c', 'y', 'x'],
      storage_transformers: [],
    });
  });

  it('table', async () => {
    const attributes = async (path: string) =>
      ((await json(`tables/table${path}`)) as { attributes: unknown }).attributes;
    expect(await attributes('')).toEqual({
      'encoding-type': 'anndata',
      'encoding-version': '0.1.0',
      'spatialdata-encoding-type': 'ngff:regions_table',
      region: 'cell_boundaries',
      region_key: 'region',
      instance_key: 'cell_id',
      version: '0.2',
    });
    expect(await attributes('/X')).toEqual({
      'encoding-type': 'csr_matrix',
      'encoding-version': '0.1.0',
      shape: [12, 21],
    });
    expect(await attributes('/obs')).toEqual({
      'encoding-type': 'dataframe',
      'encoding-version': '0.2.0',
      _index: '_index',
      'column-order': ['region', ...exampleTable().obs.map(({ name }) => name)],
    });
    expect(await attributes('/obs/region')).toEqual({
      'encoding-type': 'categorical',
      'encoding-version': '0.2.0',
      ordered: false,
    });
    expect(await attributes('/uns/spatialdata_attrs/region')).toEqual({
      'encoding-type': 'string',
      'encoding-version': '0.2.0',
    });
    expect(await attributes('/uns/spatile/nested/none')).toEqual({
      'encoding-type': 'null',
      'encoding-version': '0.1.0',
    });
    expect(await json('tables/table/obs/cell_id')).toEqual({
      zarr_format: 3,
      node_type: 'array',
      shape: [12],
      data_type: 'string',
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [12] } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: '',
      codecs: [
        { name: 'vlen-utf8', configuration: {} },
        { name: 'zstd', configuration: { level: 3, checksum: false } },
      ],
      attributes: { 'encoding-type': 'string-array', 'encoding-version': '0.2.0' },
      storage_transformers: [],
    });
    for (const group of ['layers', 'obsm', 'obsp', 'varm', 'varp', 'uns']) {
      expect(await attributes(`/${group}`)).toEqual({ 'encoding-type': 'dict', 'encoding-version': '0.1.0' });
    }
  });
});

describe('contents, read by other libraries', () => {
  const part = (): string => join(store, 'points/transcripts/points.parquet/part.0.parquet');

  it('points by hyparquet: every row and column', async () => {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(part()), compressors });
    const expected = exampleTranscripts();
    expect(rows.length).toBe(TRANSCRIPTS);
    expect(Object.keys(rows[0])).toEqual([
      'x',
      'y',
      'z',
      'feature_name',
      'transcript_id',
      'qv',
      'cell_id',
      'probability',
      'is_control',
      '__null_dask_index__',
    ]);
    rows.forEach((row, i) => {
      expect(row).toEqual({
        x: expected.x[i],
        y: expected.y[i],
        z: expected.z![i],
        feature_name: FEATURES[expected.feature[i]],
        transcript_id: expected.transcriptId[i],
        qv: expected.qv![i],
        cell_id: expected.cell[i] === 0 ? '' : CELL_IDS[expected.cell[i] - 1],
        probability: expected.probability[i],
        is_control: expected.isControl[i] === 1,
        __null_dask_index__: BigInt(i),
      });
    });
  });

  it('points by parquet-wasm: features are a dictionary with all names in order', async () => {
    const table = tableFromIPC(readParquet(await readFile(part())).intoIPCStream());
    expect(String(table.schema.fields.find(({ name }) => name === 'feature_name')?.type)).toBe(
      'Dictionary<Int32, Utf8>',
    );
    const features = table.getChild('feature_name')!;
    expect(Array.from(features.data[0].dictionary!.toArray())).toEqual(FEATURES);
    const expected = exampleTranscripts();
    expect(Array.from(features)).toEqual(Array.from(expected.feature, (code) => FEATURES[code]));
    expect(table.getChild('transcript_id')!.toArray()).toEqual(expected.transcriptId);
    expect(table.getChild('x')!.toArray()).toEqual(expected.x);
  });

  it('parts and row groups have the sizes asked for, each with all features, and run on', async () => {
    const path = join(folder, 'parts.zarr');
    const writer = await createSpatialData(path, options);
    await writer.points('transcripts', { ...SPEC, rowsPerGroup: 100, rowsPerPart: 300 }, batchesOf(77));
    await writer.finish();
    const names = await readdir(join(path, 'points/transcripts/points.parquet'));
    expect(names.sort()).toEqual([0, 1, 2, 3].map((n) => `part.${n}.parquet`));
    const sizes: number[][] = [];
    const ids: bigint[] = [];
    for (const name of names) {
      const file = await asyncBufferFromFile(join(path, 'points/transcripts/points.parquet', name));
      const metadata = await parquetMetadataAsync(file);
      sizes.push(metadata.row_groups.map(({ num_rows }) => Number(num_rows)));
      for (const row of await parquetReadObjects({ file, compressors }))
        ids.push(row.transcript_id as bigint);
      const bytes = await readFile(join(path, 'points/transcripts/points.parquet', name));
      for (let group = 0; group < metadata.row_groups.length; group++) {
        const table = tableFromIPC(readParquet(bytes, { rowGroups: [group] }).intoIPCStream());
        expect(Array.from(table.getChild('feature_name')!.data[0].dictionary!.toArray())).toEqual(FEATURES);
      }
    }
    expect(sizes).toEqual([[100, 100, 100], [100, 100, 100], [100, 100, 100], [100]]);
    expect(ids).toEqual(Array.from(exampleTranscripts().transcriptId));
  });

  it('z and qv can be absent', async () => {
    const path = join(folder, 'flat.zarr');
    const writer = await createSpatialData(path, options);
    await writer.points('transcripts', { ...SPEC, hasZ: false, hasQv: false }, batchesOf(400));
    await writer.finish();
    const bytes = await readFile(join(path, 'points/transcripts/points.parquet/part.0.parquet'));
    const { fields } = tableFromIPC(readParquet(bytes).intoIPCStream()).schema;
    expect(fields.map(({ name }) => name)).toEqual([
      'x',
      'y',
      'feature_name',
      'transcript_id',
      'cell_id',
      'probability',
      'is_control',
      '__null_dask_index__',
    ]);
  });

  it('shapes by hyparquet, which understands GeoParquet', async () => {
    const file = await asyncBufferFromFile(join(store, 'shapes/cell_boundaries/shapes.parquet'));
    const entries = new Map(
      (await parquetMetadataAsync(file)).key_value_metadata!.map(({ key, value }) => [key, value]),
    );
    expect(JSON.parse(entries.get('geo')!)).toEqual({
      version: '1.0.0',
      primary_column: 'geometry',
      columns: {
        geometry: {
          encoding: 'WKB',
          crs: null,
          geometry_types: ['Polygon', 'MultiPolygon'],
          bbox: [1, 1, 41, 29],
        },
      },
      creator: { library: 'spatile', version: '0.1.0' },
    });
    expect(JSON.parse(entries.get('pandas')!).index_columns).toEqual(['cell_id']);
    const rows = await parquetReadObjects({ file, compressors });
    expect(rows.map(({ cell_id }) => cell_id)).toEqual(CELL_IDS);
    expect(rows[1].geometry).toEqual({
      type: 'Polygon',
      coordinates: [
        [
          [11, 1],
          [19, 1],
          [19, 9],
          [11, 9],
          [11, 1],
        ],
      ],
    });
    expect(rows[11].geometry.type).toBe('MultiPolygon');
    expect(rows.map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4, ...new Array(7).fill(9)]);
  });

  const array = async (path: string) =>
    zarr.get(
      await zarr.open.v3(
        zarr.root({ get: (key: string) => readFile(join(store, key)).catch(() => undefined) }).resolve(path),
        { kind: 'array' },
      ),
    );

  it('image by zarrita: pixels, means of the levels, and no chunk of zeros', async () => {
    const full = (await array('images/morphology_focus/s0')).data as Uint16Array;
    const size = IMAGE_WIDTH * IMAGE_HEIGHT;
    for (const channel of [0, 1])
      expect(equalBytes(full.subarray(channel * size, (channel + 1) * size), examplePixels(channel))).toBe(
        true,
      );
    const half = (await array('images/morphology_focus/s1')).data as Uint16Array;
    for (const [y, x] of [
      [0, 0],
      [3, 511],
      [3, 512],
      [511, 17],
      [512, 300],
      [649, 549],
    ]) {
      const sum = [0, 1]
        .flatMap((dy) => [0, 1].map((dx) => full[(2 * y + dy) * IMAGE_WIDTH + 2 * x + dx]))
        .reduce((a, b) => a + b);
      expect(half[y * 551 + x], `${y}, ${x}`).toBe(Math.floor(sum / 4 + 0.5));
    }
    // Column 550 of the level has only one column of pixels behind it.
    expect(half[550]).toBe(Math.floor((full[1100] + full[IMAGE_WIDTH + 1100]) / 2 + 0.5));
    const chunks = (await listFiles(join(store, 'images/morphology_focus/s0'))).filter((name) =>
      name.startsWith('c/'),
    );
    expect(chunks).toEqual(['c/0/0/0', 'c/0/0/1', 'c/0/1/0', 'c/0/1/1', 'c/1/0/0']);
  });

  it('table by zarrita: matrix and columns', async () => {
    const table = exampleTable();
    for (const key of ['data', 'indices', 'indptr'] as const)
      expect((await array(`tables/table/X/${key}`)).data).toEqual(table.x[key]);
    expect((await array('tables/table/obsm/spatial')).shape).toEqual([12, 2]);
    expect(Array.from((await array('tables/table/obs/prior_id')).data as string[])).toEqual(
      table.obs.find(({ name }) => name === 'prior_id')!.values,
    );
    expect(
      Array.from((await array('tables/table/obs/touches_border')).data as Iterable<boolean>, Number),
    ).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect((await array('tables/table/obs/big')).data).toEqual(new BigInt64Array(12).fill(9007199254740993n));
    expect(Array.from((await array('tables/table/var/_index')).data as string[])).toEqual(
      FEATURES.slice(0, 21),
    );
  });
});

describe('determinism and the life of the folder', () => {
  it('gives the same bytes however the rows are cut into batches, and says their digest', async () => {
    expect(digest).toBe(await digestOfStore(store));
    const again = join(folder, 'again.zarr');
    expect(await writeExampleStore(again, folder, { batch: 13 })).toBe(digest);
    const files = await listFiles(store);
    expect(await listFiles(again)).toEqual(files);
    for (const name of files)
      expect(Buffer.compare(await readFile(join(again, name)), await readFile(join(store, name))), name).toBe(
        0,
      );
  });

  it('changes its digest with any byte', async () => {
    const copy = join(folder, 'copy.zarr');
    await writeExampleStore(copy, folder);
    await writeFile(join(copy, 'extra'), 'x');
    expect(await digestOfStore(copy)).not.toBe(digest);
  });

  it('leaves out shapes without rows and says so', async () => {
    const path = join(folder, 'noshapes.zarr');
    const writer = await createSpatialData(path, options);
    expect(
      await writer.shapes('nucleus_boundaries', (async function* (): AsyncGenerator<ShapesBatch> {})()),
    ).toBe(false);
    await writer.finish();
    expect(await listFiles(path)).toEqual(['shapes/zarr.json', 'zarr.json']);
  });

  it('appears only when finished and vanishes when aborted', async () => {
    const path = join(folder, 'late.zarr');
    const writer = await createSpatialData(path, options);
    await writer.shapes('cell_boundaries', exampleShapes());
    await expect(access(path)).rejects.toThrow();
    await access(`${path}.partial`);
    await writer.abort();
    await expect(access(`${path}.partial`)).rejects.toThrow();
    await expect(access(path)).rejects.toThrow();
  });

  it('clears what a killed run left behind', async () => {
    const path = join(folder, 'killed.zarr');
    await mkdir(`${path}.partial/points`, { recursive: true });
    await writeFile(`${path}.partial/points/old.parquet`, 'old');
    const writer = await createSpatialData(path, options);
    await writer.finish();
    expect(await listFiles(path)).toEqual(['zarr.json']);
  });

  it('refuses an output that exists, a folder that is not there, and one it may not write', async () => {
    await expect(createSpatialData(store, options)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await expect(createSpatialData(join(folder, 'none/out.zarr'), options)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    if (process.getuid?.() === 0) return;
    const locked = join(folder, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o500);
    await expect(createSpatialData(join(locked, 'out.zarr'), options)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
  });

  it('refuses wrong codes, lengths, names and tables as bugs', async () => {
    const writer = await createSpatialData(join(folder, 'bugs.zarr'), options);
    const internal = { code: 'INTERNAL' };
    const one = exampleTranscripts(0, 5);
    const points = (name: string, change: object) =>
      writer.points(
        name,
        SPEC,
        (async function* () {
          yield { ...one, ...change };
        })(),
      );
    await expect(points('a', { feature: Int32Array.of(0, 1, 2, 3, 99) })).rejects.toMatchObject(internal);
    await expect(points('b', { cell: Uint32Array.of(0, 1, 2, 3, 99) })).rejects.toMatchObject(internal);
    await expect(points('c', { y: new Float32Array(4) })).rejects.toMatchObject(internal);
    await expect(points('d', { z: null })).rejects.toMatchObject(internal);
    await expect(writer.points('e', SPEC, batchesOf(10, 0))).rejects.toMatchObject(internal);
    await expect(points('with space', {})).rejects.toMatchObject(internal);
    await expect(points('A', {})).rejects.toMatchObject(internal);
    const table = exampleTable();
    await expect(
      writer.table('t1', { ...table, obsIndex: [...CELL_IDS.slice(1), 'cell-2'] }),
    ).rejects.toMatchObject(internal);
    await expect(
      writer.table('t2', {
        ...table,
        obs: [{ name: 'cell area', kind: 'int32', values: new Int32Array(12) }],
      }),
    ).rejects.toMatchObject(internal);
    await expect(
      writer.table('t3', { ...table, x: { ...table.x, indices: table.x.indices.slice().reverse() } }),
    ).rejects.toMatchObject(internal);
    await writer.abort();
  });
});

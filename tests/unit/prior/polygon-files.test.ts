import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { encodePolygonWkb, type Polygon } from '@spatile/formats/geometry/wkb';
import { bundlePriors } from '@spatile/formats/prior/bundle';
import { type FilePriorOptions, filePrior } from '@spatile/formats/prior/file';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaOf, codesOf, collect } from './collect.ts';

const DATA = resolve('../shared/data');
const options: FilePriorOptions = {
  kind: 'cell',
  unit: 'um',
  pixelSizeUm: 0.5,
  maskPixelSizeUm: null,
  maskOriginUm: [0, 0],
  imageSizePx: null,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-polygons-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function geoJson(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const square = (x: number, size = 2): number[][] => [
  [x, 0],
  [x + size, 0],
  [x + size, size],
  [x, size],
  [x, 0],
];
const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings });
const feature = (geometry: unknown, properties: unknown = {}, more: object = {}) => ({
  type: 'Feature',
  geometry,
  properties,
  ...more,
});
const collection = (...features: unknown[]) => ({ type: 'FeatureCollection', features });

describe('GeoJSON', () => {
  it('gives rings of polygons with holes and of several parts, in microns', async () => {
    const multi = { type: 'MultiPolygon', coordinates: [[square(0)], [square(10, 4), square(11, 1)]] };
    const path = await geoJson('parts.geojson', collection(feature(multi, { cell_id: 'a' })));
    const um = await collect(await filePrior(path, options));
    expect(um.map(({ cellId, rings }) => [cellId, rings.length])).toEqual([['a', 3]]);
    const px = await collect(await filePrior(path, { ...options, unit: 'px' }));
    expect(px[0].rings).toEqual(um[0].rings.map((ring) => ring.map((value) => value / 2)));
    await expect(filePrior(path, { ...options, unit: 'px', pixelSizeUm: null })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('takes ids from cell_id, id, cell, name or the order, and keeps 18 digits', async () => {
    const text = JSON.stringify(
      collection(
        feature(polygon(square(0)), { cell_id: 'BIG', name: 'n' }, { id: 'i' }),
        feature(polygon(square(0)), { name: 'n' }, { id: 17 }),
        feature(polygon(square(0)), { name: 'n' }),
        feature(polygon(square(0)), null),
      ),
    ).replace('"BIG"', '112824700230101249');
    const outlines = await collect(await filePrior(await geoJson('ids.geojson', text), options));
    expect(outlines.map(({ cellId }) => cellId)).toEqual(['112824700230101249', '17', 'n', '4']);
    const ranger = { type: 'GeometryCollection', geometries: [{ ...polygon(square(0)), cell: 12 }] };
    const [cell] = await collect(await filePrior(await geoJson('ranger.json', ranger), options));
    expect(cell.cellId).toBe('12');
  });

  it('takes the nucleus of QuPath cells for a nucleus prior and the cell for a cell prior', async () => {
    const path = await geoJson('qupath.geojson', [
      feature(
        polygon(square(0, 4)),
        { objectType: 'cell' },
        { id: 'a', nucleusGeometry: polygon(square(1, 1)) },
      ),
      feature(polygon(square(9, 4)), { objectType: 'cell' }, { id: 'b' }),
      feature(polygon(square(20, 3)), { objectType: 'detection' }, { id: 'c' }),
    ]);
    const nuclei = await filePrior(path, { ...options, kind: 'nucleus' });
    expect((await collect(nuclei)).map((outline) => [outline.cellId, areaOf(outline)])).toEqual([
      ['a', 1],
      ['c', 9],
    ]);
    expect(codesOf(nuclei)).toEqual(['PRIOR_NO_NUCLEUS']);
    const cells = await collect(await filePrior(path, options));
    expect(cells.map(areaOf)).toEqual([16, 16, 9]);
  });

  it('counts what is no polygon, has no geometry or too few points', async () => {
    const path = await geoJson(
      'litter.geojson',
      collection(
        feature({ type: 'Point', coordinates: [1, 2] }),
        feature(null),
        feature(
          polygon([
            [0, 0],
            [1, 1],
          ]),
        ),
        feature(polygon(square(0)), { cell_id: 'kept' }),
      ),
    );
    const prior = await filePrior(path, options);
    expect((await collect(prior)).map(({ cellId }) => cellId)).toEqual(['kept']);
    expect(codesOf(prior)).toEqual(['PRIOR_SHORT_RING', 'PRIOR_NULL_GEOMETRY', 'PRIOR_NOT_POLYGON']);
  });

  it.each([
    [
      'cut.geojson',
      '{"type":"FeatureCollection","features":[{"type":"Feature"',
      /ends in the middle of a value/,
    ],
    ['text.geojson', 'cell,x,y\n1,2,3', /not valid JSON/],
    ['void.geojson', '', /the file is empty/],
  ])('%s is refused in one sentence', async (name, content, message) => {
    const prior = await filePrior(await geoJson(name, content), options);
    const error = await collect(prior).catch((cause) => cause);
    expect(error.code).toBe('PRIOR_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/; expected .*; /);
  });

  it('that is not there is missed when it is opened', async () => {
    await expect(filePrior(join(folder, 'no.geojson'), options)).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    });
  });

  it('larger than a chunk comes out whole, wherever the chunks end', async () => {
    const many = Array.from({ length: 6000 }, (_, i) =>
      feature(polygon(square(i)), { cell_id: `zelle-ä-${i}` }),
    );
    const outlines = await collect(
      await filePrior(await geoJson('many.geojson', collection(...many)), options),
    );
    expect(outlines.map(({ cellId }) => cellId)).toEqual(many.map((_, i) => `zelle-ä-${i}`));
    expect(outlines.map(({ rings }) => rings[0][0])).toEqual(many.map((_, i) => i));
  });
});

describe('GeoParquet', () => {
  const geo = (encoding = 'WKB') => ({
    key: 'geo',
    value: JSON.stringify({
      version: '1.0.0',
      primary_column: 'geometry',
      columns: { geometry: { encoding } },
    }),
  });
  const pandas = (index: string) => ({ key: 'pandas', value: JSON.stringify({ index_columns: [index] }) });
  const triangle = (x: number): Polygon => [Float64Array.of(x, 0, x + 2, 0, x, 2, x, 0)];

  function write(name: string, columnData: object[], kvMetadata: object[], rowGroupSize = 1000): string {
    const filename = join(folder, name);
    parquetWriteFile({ filename, columnData, kvMetadata, rowGroupSize } as never);
    return filename;
  }
  const geometries = (values: (Uint8Array | null)[]) => ({
    name: 'geometry',
    data: values,
    type: 'BYTE_ARRAY',
    nullable: true,
  });

  it('gives back any polygons, whatever the row groups', async () => {
    const ring = fc
      .array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
        minLength: 3,
        maxLength: 6,
      })
      .map((points) => Float64Array.from([...points, points[0]].flat()));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.array(ring, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }), {
          minLength: 1,
          maxLength: 9,
        }),
        fc.integer({ min: 1, max: 10 }),
        async (cells, rowGroupSize) => {
          const path = write('any.parquet', [geometries(cells.map(encodePolygonWkb))], [geo()], rowGroupSize);
          const outlines = await collect(await filePrior(path, options));
          expect(outlines.map(({ rings }) => rings)).toEqual(cells.map((polygons) => polygons.flat()));
          expect(outlines.map(({ cellId }) => cellId)).toEqual(cells.map((_, i) => String(i + 1)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes ids from cell_id, else from the index of pandas, 64-bit integers too', async () => {
    const data = [0, 5].map((x) => encodePolygonWkb([triangle(x)]));
    const big = { name: '__index_level_0__', data: [9007199254740993n, 9007199254740992n], type: 'INT64' };
    const text = { name: 'cell_id', data: ['a', 'b'], type: 'STRING' };
    const indexed = write('index.parquet', [geometries(data), big], [geo(), pandas('__index_level_0__')]);
    const named = write('named.parquet', [geometries(data), text, big], [geo(), pandas('__index_level_0__')]);
    const idsOf = async (path: string) =>
      (await collect(await filePrior(path, options))).map(({ cellId }) => cellId);
    expect(await idsOf(indexed)).toEqual(['9007199254740993', '9007199254740992']);
    expect(await idsOf(named)).toEqual(['a', 'b']);
  });

  it('counts nulls, empty geometries and damaged ones, and scales pixels', async () => {
    const damaged = encodePolygonWkb([triangle(0)]).subarray(0, 40);
    const values = [encodePolygonWkb([triangle(4)]), null, encodePolygonWkb([]), damaged];
    const prior = await filePrior(write('damaged.parquet', [geometries(values)], [geo()]), {
      ...options,
      unit: 'px',
    });
    const outlines = await collect(prior);
    expect(outlines).toEqual([{ cellId: '1', rings: [Float64Array.of(2, 0, 3, 0, 2, 1, 2, 0)] }]);
    expect(prior.findings.map(({ message }) => message)).toEqual([
      'damaged.parquet: 2 cells without a geometry, left out',
      'damaged.parquet: 1 geometries that are no readable polygons, left out',
    ]);
  });

  it('keeps one outline of each cell of a table with planes', async () => {
    const rows = [
      ['1', 0, triangle(0)],
      ['1', 1, triangle(1)],
      ['2', 0, triangle(20)],
      ['2', 1, null],
      ['3', 1, null],
      ['3', 2, triangle(32)],
      ['4', 1, null],
      ['4', 0, null],
    ] as const;
    const path = write(
      'planes.parquet',
      [
        { name: 'EntityID', data: rows.map(([id]) => BigInt(id)), type: 'INT64' },
        { name: 'ZIndex', data: rows.map(([, plane]) => plane), type: 'INT32' },
        { ...geometries(rows.map(([, , shape]) => shape && encodePolygonWkb([shape]))), name: 'Geometry' },
      ],
      [],
    );
    const prior = await filePrior(path, options);
    const outlines = await collect(prior);
    expect(outlines.map(({ cellId, rings }) => [cellId, rings[0][0]])).toEqual([
      ['1', 1],
      ['2', 20],
      ['3', 32],
    ]);
    expect(codesOf(prior)).toEqual(['PRIOR_PLANE', 'PRIOR_NULL_GEOMETRY', 'PRIOR_OTHER_PLANE']);
    expect(prior.findings[1].message).toMatch(/: 1 cells without a geometry/);
  });

  it('is refused in one sentence without geo metadata, with another encoding, and when damaged', async () => {
    const data = [encodePolygonWkb([triangle(0)])];
    const plain = write('plain.parquet', [geometries(data)], []);
    await expect(filePrior(plain, options)).rejects.toMatchObject({
      code: 'PRIOR_INVALID',
      message:
        'plain.parquet: no "geo" metadata that names a geometry column (found columns geometry); expected GeoParquet with WKB geometries; write it with GeoPandas to_parquet',
    });
    const arrow = write('arrow.parquet', [geometries(data)], [geo('geoarrow.polygon')]);
    await expect(filePrior(arrow, options)).rejects.toThrow(/encoded as geoarrow\.polygon/);
    const other = write('other.parquet', [{ name: 'a', data: [1], type: 'INT32' }], [geo()]);
    await expect(filePrior(other, options)).rejects.toMatchObject({ code: 'COLUMN_MISSING' });
    const wrong = write('wrong.parquet', [{ name: 'geometry', data: [1], type: 'INT32' }], [geo()]);
    await expect(filePrior(wrong, options)).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
    const cut = await geoJson('cut.parquet', 'PAR1, cut off');
    await expect(filePrior(cut, options)).rejects.toMatchObject({ code: 'PARQUET_INVALID' });
  });

  it.skipIf(!existsSync(DATA))('reads a real table of vpt like the bundle it comes from', async () => {
    const dir = join(DATA, 'merscope/cell-tables');
    const asFile = await collect(await filePrior(join(dir, 'cell_micron_space.parquet'), options));
    const [prior] = await bundlePriors('merscope', dir, { cosmxPixelSizeUm: 0.12, version: null });
    expect(asFile).toHaveLength(997);
    expect(asFile).toEqual(await collect(prior));
  });
});

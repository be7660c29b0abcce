import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSelection } from '@spatile/formats/crop/selection';
import { pointInRings } from '@spatile/formats/geometry/ring';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const EXPLORER = '../shared/data/explorer/Selection_1_coordinates.csv';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-crop-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const square = (x: number, y: number, size: number) => [
  [x, y],
  [x + size, y],
  [x + size, y + size],
  [x, y + size],
  [x, y],
];
const polygon = (...coordinates: number[][][]) => ({ type: 'Polygon', coordinates });

describe('selections of Xenium Explorer', () => {
  it.skipIf(!existsSync(EXPLORER))('have the area that Explorer wrote in the file', async () => {
    const selection = await readSelection(EXPLORER, 'um', null);
    // The vertices are rounded to 0.01 um in the file, which moves the area by some tenths of um^2.
    expect(Math.abs(selection.areaUm2 - 33463.47)).toBeLessThan(1);
    expect(selection.rings).toHaveLength(1);
    const { x0, y0, x1, y1 } = selection.bounds;
    let inside = 0;
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 200; j++) {
        const x = x0 + ((i + 0.5) / 200) * (x1 - x0);
        const y = y0 + ((j + 0.5) / 200) * (y1 - y0);
        const found = selection.contains(x, y);
        expect(found).toBe(pointInRings(selection.rings, x, y));
        inside += Number(found);
      }
    }
    expect((inside / 40_000) * (x1 - x0) * (y1 - y0)).toBeCloseTo(33463.47, -3);
  });

  it('are a union of polygons told apart by name, with BOM, CRLF and any number of remarks', async () => {
    const path = await file(
      'two.csv',
      '\ufeff#Selection name: a\r\n#Area (um^2): 1\r\n#one more\r\nSelection,X,Y\r\na,0,0\r\na,10,0\r\na,10,10\r\nb,5,5\r\nb,15,5\r\na,0,10\r\nb,15,15\r\nb,5,15\r\n',
    );
    const selection = await readSelection(path, 'um', null);
    expect(selection.bounds).toEqual({ x0: 0, y0: 0, x1: 15, y1: 15 });
    expect(selection.areaUm2).toBe(200);
    expect([1, 7, 14].map((at) => selection.contains(at, at))).toEqual([true, true, true]);
    expect(selection.contains(14, 1)).toBe(false);
  });

  it('are scaled when they are in pixels', async () => {
    const path = await file('px.csv', 'X,Y\n0,0\n40,0\n40,40\n0,40\n');
    expect((await readSelection(path, 'px', 0.25)).bounds).toEqual({ x0: 0, y0: 0, x1: 10, y1: 10 });
    await expect(readSelection(path, 'px', null)).rejects.toThrow(
      /px\.csv: the selection is in pixels of unknown size/,
    );
  });

  it.each([
    ['nothing.csv', '', /holds no header/],
    ['header.csv', 'X,Y\n', /holds no polygon/],
    ['columns.csv', 'cell_id,area\nA,2\n', /no columns X and Y \(found: cell_id, area\)/],
    ['text.csv', 'X,Y\n1,2\n3,far\n5,6\n', /line 3 is not a point/],
    ['comma.csv', 'X,Y\n1,5,2,5\n', /line 2 is not a point/],
    ['two.csv', 'X,Y\n1,2\n3,4\n', /polygon 1 has under 3 corners/],
    ['line.csv', 'X,Y\n1,1\n2,2\n3,3\n', /enclose no area/],
  ])('%s is refused in one sentence', async (name, content, message) => {
    const path = await file(name, content);
    const error = await readSelection(path, 'um', null).catch((cause) => cause);
    expect(error.code).toBe('CROP_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${name}: `)).toBe(true);
  });

  it('that do not exist are named', async () => {
    await expect(readSelection(join(folder, 'no.csv'), 'um', null)).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    });
    await expect(readSelection(join(folder, 'no.geojson'), 'um', null)).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    });
  });
});

describe('selections in GeoJSON', () => {
  const outline = polygon(square(0, 0, 10), square(4, 4, 2));
  it.each([
    [
      'collection',
      { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: outline }] },
    ],
    ['feature', { geometry: outline, type: 'Feature', properties: null }],
    ['polygon', outline],
    ['multipolygon', { type: 'MultiPolygon', coordinates: [outline.coordinates] }],
    ['geometries', { type: 'GeometryCollection', geometries: [outline] }],
    ['array', [{ type: 'Feature', geometry: outline }]],
  ])('may be a %s', async (name, content) => {
    const selection = await readSelection(await file(`${name}.geojson`, content), 'um', null);
    expect(selection.areaUm2).toBe(96);
    expect(selection.contains(1, 1)).toBe(true);
    expect(selection.contains(5, 5)).toBe(false);
  });

  it.each([
    ['broken.geojson', '{"type": "FeatureCollection", "features": [{', /ends in the middle/],
    ['text.geojson', 'X,Y\n1,2\n', /not valid JSON/],
    ['point.geojson', { type: 'Point', coordinates: [1, 2] }, /feature 1 is no polygon/],
    ['strings.geojson', polygon([['a', 1]] as never), /feature 1 is no polygon/],
    ['empty.geojson', { type: 'FeatureCollection', features: [] }, /holds no polygon/],
    ['none.geojson', '', /is empty/],
  ])('%s is refused in one sentence', async (name, content, message) => {
    const error = await readSelection(await file(name, content), 'um', null).catch((cause) => cause);
    expect(error.code).toBe('CROP_INVALID');
    expect(error.message).toMatch(message);
  });

  it('contain what even-odd says, for any ring', async () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(point, { minLength: 3, maxLength: 12 }),
        fc.array(point, { minLength: 5, maxLength: 20 }),
        async (corners, points) => {
          const path = await file('any.geojson', polygon([...corners, corners[0]]));
          const selection = await readSelection(path, 'um', null).catch(() => null);
          if (selection === null) return;
          for (const [x, y] of points) {
            expect(selection.contains(x, y)).toBe(pointInRings(selection.rings, x, y));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { createSpatialData, type LabelSource } from '@spatile/formats/spatialdata/write';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as zarr from 'zarrita';

/** Wider than a chunk, with an odd last column; a label of one pixel, a line, and blocks. */
const [WIDTH, HEIGHT] = [1101, 90];
const labelAt = (x: number, y: number): number => {
  if (x === 3 && y === 2) return 70000;
  if (x === 1100) return 5;
  return x >= 1000 && x < 1060 && y >= 10 && y < 50 ? 9 : 0;
};
const source: LabelSource = {
  widthPx: WIDTH,
  heightPx: HEIGHT,
  pixelToUm: [0.5, 0, 10, 0, 0.25, 20, 0, 0, 1],
  read: (x0, y0, x1, y1) =>
    Uint32Array.from({ length: (x1 - x0) * (y1 - y0) }, (_, i) =>
      labelAt(x0 + (i % (x1 - x0)), y0 + Math.floor(i / (x1 - x0))),
    ),
};

let folder = '';
let store = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-labels-'));
  store = join(folder, 'labels.zarr');
  const writer = await createSpatialData(store, {
    attrs: {},
    pixelSizeUm: 0.25,
    micronsToGlobal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  });
  await writer.labelImage('cell_labels', source);
  await writer.labelImage('nucleus_labels', { ...source, read: () => null });
  await writer.finish();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function level(name: string): Promise<{ shape: number[]; data: Uint32Array }> {
  const root = zarr.root({ get: (key: string) => readFile(join(store, key)).catch(() => undefined) });
  const array = await zarr.open.v3(root.resolve(`labels/${name}`), { kind: 'array' });
  const { data } = await zarr.get(array);
  return { shape: array.shape, data: data as Uint32Array };
}

it('writes a store that passes the checks, with a list of its labels', async () => {
  expect(await validateSpatialData(store)).toEqual([]);
  const { attributes } = JSON.parse(await readFile(join(store, 'labels/zarr.json'), 'utf8'));
  expect(attributes).toEqual({ ome: { labels: ['cell_labels', 'nucleus_labels'] } });
});

it('holds every pixel, and places them in both frames', async () => {
  const { shape, data } = await level('cell_labels/s0');
  expect(shape).toEqual([HEIGHT, WIDTH]);
  expect(data.every((label, i) => label === labelAt(i % WIDTH, Math.floor(i / WIDTH)))).toBe(true);
  const { attributes } = JSON.parse(await readFile(join(store, 'labels/cell_labels/zarr.json'), 'utf8'));
  const [{ coordinateTransformations }] = attributes.ome.multiscales;
  expect(coordinateTransformations).toMatchObject([
    {
      type: 'affine',
      affine: [
        [1, 0, 80],
        [0, 2, 40],
      ],
      input: { name: 'yx' },
      output: { name: 'global' },
    },
    {
      type: 'affine',
      affine: [
        [0.25, 0, 20],
        [0, 0.5, 10],
      ],
      output: { name: 'microns' },
    },
  ]);
});

it('halves by the most frequent label and makes no new ones', async () => {
  const half = await level('cell_labels/s1');
  expect(half.shape).toEqual([45, 551]);
  expect(new Set(half.data)).toEqual(new Set([0, 5, 9]));
  expect(half.data.filter((label) => label === 9)).toHaveLength(30 * 20);
  // The odd column stands for itself.
  expect(half.data.filter((label) => label === 5)).toHaveLength(45);
  expect((await level('cell_labels/s2')).shape).toEqual([23, 276]);
});

it('leaves out chunks without labels', async () => {
  expect(await readdir(join(store, 'labels/nucleus_labels/s0'))).toEqual(['zarr.json']);
});

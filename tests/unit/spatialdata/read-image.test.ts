import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStoredImage } from '@spatile/formats/spatialdata/read-image';
import { createSpatialData } from '@spatile/formats/spatialdata/write';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  exampleImage,
  examplePixels,
  IMAGE_HEIGHT,
  IMAGE_WIDTH,
  PIXEL_UM,
  writeExampleStore,
} from './example-store.ts';

let folder = '';
let store = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-read-image-'));
  store = join(folder, 'example.zarr');
  await writeExampleStore(store, folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('describes channels, levels and where they lie', async () => {
  const image = await openStoredImage(store, 'morphology_focus');
  expect(image.channels).toEqual(['DAPI', '18S']);
  expect(image.levels.map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual([
    [IMAGE_WIDTH, IMAGE_HEIGHT],
    [551, 650],
    [276, 325],
  ]);
  expect(image.levels[0].toUm).toEqual([PIXEL_UM, 0, 0, 0, PIXEL_UM, 0, 0, 0, 1]);
  // The far corner of every level is the same place.
  for (const { widthPx, heightPx, toUm } of image.levels) {
    expect([toUm[0] * widthPx, toUm[4] * heightPx]).toEqual([
      expect.closeTo(PIXEL_UM * IMAGE_WIDTH, 9),
      expect.closeTo(PIXEL_UM * IMAGE_HEIGHT, 9),
    ]);
  }
});

it('reads a window across chunks', async () => {
  const image = await openStoredImage(store, 'morphology_focus');
  const pixels = await image.read(0, 0, 1000, 1010, 1050, 1040);
  const source = examplePixels(0);
  expect(pixels).toEqual(
    Uint16Array.from(
      { length: 50 * 30 },
      (_, i) => source[(1010 + Math.floor(i / 50)) * IMAGE_WIDTH + 1000 + (i % 50)],
    ),
  );
  expect([...(await image.read(0, 1, 8, 0, 12, 1))]).toEqual([1000, 1000, 0, 0]);
});

it('gives affine places as they were written', async () => {
  const rotated = join(folder, 'rotated.zarr');
  const writer = await createSpatialData(rotated, {
    attrs: {},
    pixelSizeUm: null,
    micronsToGlobal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  });
  await writer.image('turned', { ...(await exampleImage(folder)), pixelToUm: [0, -2, 30, 2, 0, 7, 0, 0, 1] });
  await writer.finish();
  const image = await openStoredImage(rotated, 'turned');
  expect(image.levels[0].toUm).toEqual([0, -2, 30, 2, 0, 7, 0, 0, 1]);
});

it('says in one sentence what is damaged', async () => {
  await expect(openStoredImage(store, 'none')).rejects.toMatchObject({ code: 'STORE_INVALID' });
  const node = join(store, 'images/morphology_focus/zarr.json');
  const text = await readFile(node, 'utf8');
  await writeFile(node, text.replaceAll('"microns"', '"elsewhere"'));
  await expect(openStoredImage(store, 'morphology_focus')).rejects.toMatchObject({
    code: 'STORE_INVALID',
    message: expect.stringContaining('no transform to the frame "microns"'),
  });
  await writeFile(node, text);
  await writeFile(join(store, 'images/morphology_focus/s2/c/0/0/0'), 'not zstd');
  const image = await openStoredImage(store, 'morphology_focus');
  await expect(image.read(2, 0, 0, 0, 5, 5)).rejects.toMatchObject({ code: 'STORE_INVALID' });
});

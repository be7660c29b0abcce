import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stainNames } from '@spatile/formats/bundle/cosmx-fields';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { unpackWindow } from '@spatile/formats/image/packed';
import type { SlideImage } from '@spatile/formats/image/slide-image';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';
import { jpeg2000Encoder } from '../image/jpeg2000-encoder.ts';
import { tiffBytes } from '../image/tiff-bytes.ts';
import { cosmxSlide, LEFT, PICTURE_HEIGHT, PICTURE_WIDTH, shown, TOP, type Variant } from './cosmx-slide.ts';

const folder = testFolder();
const UM = 0.12;
const STAINS = JSON.stringify({
  ChannelOrder: 'BUY',
  MorphologyKit: {
    MorphologyReagents: [
      { BiologicalTarget: 'CD298/B2M', Fluorophore: { ChannelId: 'B' } },
      { BiologicalTarget: 'DNA', Fluorophore: { ChannelId: 'U' } },
    ],
  },
});
const planes = [1, 2, 3].map((step) =>
  Uint16Array.from({ length: PICTURE_WIDTH * PICTURE_HEIGHT }, (_, i) => 1 + ((i * step * 37) % 60000)),
);

const encode = await jpeg2000Encoder(16);

let made = 0;
async function fields(variant: Variant = {}, change = async (_dir: string) => {}): Promise<SlideImage> {
  const dir = await cosmxSlide(folder(`slide-${made++}`), planes, STAINS, { pixelSizeUm: UM, ...variant });
  await change(dir);
  const bundle = await openBundle(dir, { ...defaultConfig().input, cosmxPixelSizeUm: UM });
  return bundle.fieldImages!.open(null);
}

async function pixelsOf(image: SlideImage, channel: number): Promise<Float32Array> {
  const window = { x0: 0, y0: 0, x1: PICTURE_WIDTH, y1: PICTURE_HEIGHT };
  return unpackWindow(await image.pack(0, channel, window), window);
}

describe('images per field of view', () => {
  it.each<[string, Variant]>([
    ['as old exports place them', {}],
    ['with local y down', { down: true }],
    ['with positions of upper corners', { positions: 'upper' }],
    ['with positions in mm', { positions: 'mm' }],
    ['without positions', { positions: 'none' }],
    ['in tiles that reach beyond the field', { tiff: { tile: 16, compression: 'deflate' } }],
    ['in coded tiles that reach beyond the field', { tiff: { tile: 48, compression: 'jpeg2000', encode } }],
    ['in strips', { tiff: { rowsPerStrip: 5 } }],
    ['with labels that lie right', { labels: 'right' }],
    ['with labels, and local y down', { labels: 'right', down: true }],
  ])('%s are one image of the slide', async (_, variant) => {
    const image = await fields(variant);
    expect(image.channels).toEqual(['CD298/B2M', 'DNA', 'Y']);
    expect(image.levels).toMatchObject([{ widthPx: PICTURE_WIDTH, heightPx: PICTURE_HEIGHT, factor: 1 }]);
    const [size, , x, , , y] = image.pixelToUm;
    expect(size).toBe(UM);
    expect(x).toBeCloseTo(LEFT * UM, 3);
    expect(y).toBeCloseTo(-TOP * UM, 3);
    for (const channel of [0, 2]) expect(await pixelsOf(image, channel)).toEqual(shown(planes[channel]));
    // Between fields, and beyond all of them.
    const gap = { x0: 60, y0: 40, x1: 80, y1: 65 };
    expect(new Set(await unpackWindow(await image.pack(0, 1, gap), gap))).toEqual(new Set([0]));
    await image.close();
  });

  it.each<[string, Variant, (dir: string) => Promise<unknown>, RegExp]>([
    [
      'a position that does not fit the transcripts',
      { misplaced: [3, 40] },
      async () => {},
      /METADATA_INVALID .*positions_file\.csv: it places field 3 40 pixels away/,
    ],
    [
      'labels that lie upside down',
      { labels: 'upside down' },
      async () => {},
      /IMAGE_INVALID .*turned against the transcripts \(labels agree with \d+ % of .*upside down with 100 %\)/,
    ],
    [
      'an image of a field that is nowhere',
      {},
      (dir) => rename(image(dir, 3), image(dir, 9)),
      /METADATA_INVALID .*F00009\.TIF: nothing says where field 9 lies/,
    ],
    [
      'two images of one field',
      {},
      async (dir) => writeFile(join(dir, 'Morphology2D', 'other_F3.tif'), await readFile(image(dir, 3))),
      /IMAGE_INVALID .*two images are of field 3/,
    ],
    [
      'an image cut short',
      {},
      async (dir) => writeFile(image(dir, 7), (await readFile(image(dir, 7))).subarray(0, 4000)),
      /IMAGE_INVALID .*F00007\.TIF/,
    ],
    [
      'a field that is far too large',
      {},
      (dir) => {
        const [width, height] = [8192, 8208];
        const pixels = new Uint8Array(width * height);
        return writeFile(image(dir, 3), tiffBytes({ width, height, pixels, compression: 'deflate' }));
      },
      /IMAGE_INVALID .*F00003\.TIF: too large for a field of view \(8192 x 8208 pixels\)/,
    ],
    [
      'a folder in the place of an image',
      {},
      async (dir) => {
        await rm(image(dir, 3));
        await mkdir(join(dir, 'Morphology2D', 'slide_F00003.jpg'));
      },
      /INPUT_UNREADABLE .*F00003\.jpg: cannot be read \(EISDIR\)/,
    ],
    [
      'fields of other channels',
      {},
      async (dir) => {
        const other = await cosmxSlide(`${dir}-2`, planes.slice(1), STAINS);
        await rename(image(other, 3), image(dir, 3));
      },
      /IMAGE_INVALID .*F00003\.TIF: its channels are/,
    ],
    [
      'no position and no local pixels',
      { positions: 'none' },
      async (dir) => {
        const path = join(dir, 'slide_tx_file.csv');
        await writeFile(path, (await readFile(path, 'utf8')).replaceAll('_local_', '_other_'));
      },
      /INPUT_MISSING .*nothing says where the fields of view lie/,
    ],
    [
      'more fields than a slide has',
      { positions: 'none' },
      async (dir) => {
        const path = join(dir, 'slide_tx_file.csv');
        const [head, row] = (await readFile(path, 'utf8')).split('\n');
        const at = head.split(',').findIndex((name) => name.replaceAll('"', '') === 'fov');
        const rows = Array.from({ length: 2 ** 16 + 1 }, (_, fov) =>
          row.split(',').with(at, `${fov}`).join(','),
        );
        await writeFile(path, `${[head, ...rows].join('\n')}\n`);
      },
      /METADATA_INVALID .*its column fov holds more than 65536 different values/,
    ],
    [
      'positions without a number of the field',
      {},
      (dir) => writeFile(join(dir, 'slide_fov_positions_file.csv'), 'a,b\n1,2\n'),
      /COLUMN_MISSING .*no column for the number of a field of view/,
    ],
    [
      'a folder without images',
      {},
      async (dir) => {
        for (const fov of [2, 3, 7]) await rm(image(dir, fov));
        await writeFile(join(dir, 'Morphology2D', 'notes.txt'), 'none');
      },
      /INPUT_MISSING .*holds no image of a field of view/,
    ],
  ])('%s ends with one sentence', async (_, variant, change, sentence) => {
    const error = await fields(variant, change as (dir: string) => Promise<void>).catch((cause) => cause);
    expect(error).toBeInstanceOf(SpatileError);
    expect(`${error.code} ${error.message}`).toMatch(sentence);
    expect(error.message).not.toMatch(/\n/);
  });

  it('name their stains by fluorophores, and nothing where the description is no such text', () => {
    expect(stainNames(STAINS)).toEqual(['CD298/B2M', 'DNA', 'Y']);
    for (const text of ['', 'ImageJ=1.5', '[1,2', '{"ChannelOrder": 5}', 'null'])
      expect(stainNames(text)).toEqual([]);
  });
});

const image = (dir: string, fov: number): string =>
  join(dir, 'Morphology2D', `slide_F${String(fov).padStart(5, '0')}.TIF`);

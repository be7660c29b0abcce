import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { SpatileError } from '@spatile/formats/errors';
import { openImageFile } from '@spatile/formats/image/open';
import { unpackWindow } from '@spatile/formats/image/packed';
import { encode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tiffBytes } from './tiff-bytes.ts';

const PLACE = { pixelSizeUm: 0.5, originUm: [10, 20] as const };
const MCMICRO = '../shared/data/mcmicro/exemplar-001.crop.image.ome.zarr';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-windows-'));
});
afterAll(() => rm(folder, { recursive: true }));

const [WIDTH, HEIGHT] = [70, 50];
const ramp = <T extends Uint8Array | Uint16Array | Uint32Array | Float32Array>(pixels: T): T => {
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7) % 251;
  return pixels;
};

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function windowOf(path: string, channel = 0): Promise<Float32Array> {
  const image = await openImageFile(path, PLACE);
  try {
    const rect = { x0: 5, y0: 3, x1: 66, y1: 41 };
    return await unpackWindow(await image.pack(0, channel, rect), rect);
  } finally {
    await image.close();
  }
}

const expected = (pixels: ArrayLike<number>): Float32Array =>
  Float32Array.from({ length: 61 * 38 }, (_, i) => pixels[(3 + Math.floor(i / 61)) * WIDTH + 5 + (i % 61)]);

/** The one sentence of a failure. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(SpatileError);
  expect(error.message).not.toMatch(/\n/);
  return `${error.code} ${error.message}`;
}

test.each([
  ['uint8', new Uint8Array(WIDTH * HEIGHT)],
  ['uint16', new Uint16Array(WIDTH * HEIGHT)],
  ['uint32', new Uint32Array(WIDTH * HEIGHT)],
  ['float32', new Float32Array(WIDTH * HEIGHT)],
])('packed windows of %s TIFFs unpack to their pixels, in tiles and strips', async (type, empty) => {
  const pixels = ramp(empty);
  for (const layout of [{ tile: 16 }, { rowsPerStrip: 7 }, { tile: 32, bigTiff: true, bigEndian: true }]) {
    const bytes = tiffBytes({ width: WIDTH, height: HEIGHT, pixels, compression: 'deflate', ...layout });
    expect(await windowOf(await file(`${type}.tif`, bytes))).toEqual(expected(pixels));
  }
});

test('PNG of one and of three samples', async () => {
  const grey = ramp(new Uint16Array(WIDTH * HEIGHT));
  const path = await file(
    'grey.png',
    encode({ width: WIDTH, height: HEIGHT, data: grey, channels: 1, depth: 16 }),
  );
  expect(await windowOf(path)).toEqual(expected(grey));
  const rgb = ramp(new Uint8Array(3 * WIDTH * HEIGHT));
  const colour = await file(
    'rgb.png',
    encode({ width: WIDTH, height: HEIGHT, data: rgb, channels: 3, depth: 8 }),
  );
  expect(await windowOf(colour, 2)).toEqual(expected(rgb.filter((_, i) => i % 3 === 2)));
});

test.skipIf(!existsSync(MCMICRO))(
  'an OME-Zarr 0.4 image, channel by channel and level by level',
  async () => {
    const image = await openImageFile(MCMICRO, PLACE);
    expect(image.channels).toHaveLength(4);
    const rect = { x0: 10, y0: 20, x1: 90, y1: 60 };
    const means = await Promise.all(
      image.channels.map(async (_, channel) => {
        const pixels = await unpackWindow(await image.pack(0, channel, rect), rect);
        return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
      }),
    );
    expect(new Set(means).size).toBe(4);
    expect(image.levels.map(({ factor }) => factor).slice(0, 3)).toEqual([1, 2, 4]);
    expect(image.pixelToUm).toEqual([0.5, 0, 10, 0, 0.5, 20, 0, 0, 1]);
  },
);

test('a TIFF cut short, one of unknown compression, a missing file, other formats: one sentence each', async () => {
  const pixels = ramp(new Uint16Array(WIDTH * HEIGHT));
  const whole = tiffBytes({ width: WIDTH, height: HEIGHT, pixels, tile: 16 });
  expect(await failure(windowOf(await file('cut.tif', whole.subarray(0, whole.length - 900))))).toMatch(
    /^IMAGE_INVALID .*cut\.tif/,
  );
  const odd = Buffer.from(whole);
  const view = new DataView(odd.buffer, odd.byteOffset, odd.length);
  const directory = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(directory, true); i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, true) === 259) view.setUint16(entry + 8, 34999, true);
  }
  expect(await failure(windowOf(await file('odd.tif', odd)))).toMatch(/compression is not read.*34999/);
  expect(await failure(windowOf(join(folder, 'none.tif')))).toMatch(/^INPUT_MISSING/);
  expect(await failure(windowOf(await file('image.bmp', whole)))).toMatch(/^IMAGE_INVALID/);
  expect(await failure(windowOf(await file('not.png', whole)))).toMatch(/not a PNG/);
  expect(
    await failure(openImageFile(await file('size.tif', whole), { ...PLACE, pixelSizeUm: null })),
  ).toMatch(/segment\.pixelSizeUm/);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('a pixel of %d is refused', async (value) => {
  const pixels = ramp(new Float32Array(WIDTH * HEIGHT));
  pixels[20 * WIDTH + 20] = value;
  const path = await file('wrong.tif', tiffBytes({ width: WIDTH, height: HEIGHT, pixels, tile: 16 }));
  expect(await failure(windowOf(path))).toMatch(/^IMAGE_INVALID .*a pixel is (NaN|infinite|negative)/);
});

test('a block that unpacks to far more than it holds is stopped', async () => {
  const bytes = Buffer.from(
    tiffBytes({
      width: WIDTH,
      height: HEIGHT,
      pixels: new Uint8Array(WIDTH * HEIGHT),
      compression: 'deflate',
    }),
  );
  const bomb = deflateSync(new Uint8Array(2 ** 27));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const directory = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(directory, true); i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, true) === 273) view.setUint32(entry + 8, bytes.length, true);
    if (view.getUint16(entry, true) === 279) view.setUint32(entry + 8, bomb.length, true);
  }
  expect(await failure(windowOf(await file('bomb.tif', Buffer.concat([bytes, bomb]))))).toMatch(
    /unpacks to more/,
  );
});

test('a small file that claims a huge image is refused before anything is allocated', async () => {
  const bytes = Buffer.from(
    tiffBytes({ width: WIDTH, height: HEIGHT, pixels: new Uint8Array(WIDTH * HEIGHT) }),
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const directory = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(directory, true); i++) {
    const entry = directory + 2 + 12 * i;
    if ([256, 257, 278].includes(view.getUint16(entry, true))) {
      view.setUint16(entry + 2, 4, true);
      view.setUint32(entry + 8, 2_000_000_000, true);
    }
  }
  expect(await failure(windowOf(await file('huge.tif', bytes)))).toMatch(/^IMAGE_INVALID/);
});

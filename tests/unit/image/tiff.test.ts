import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeTiff, openPlane } from '@spatile/formats/image/tiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpeg2000Encoder } from './jpeg2000-encoder.ts';
import { type TiffSpec, tiffBytes } from './tiff-bytes.ts';

const data = resolve('../shared/data');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-tiff-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function file(bytes: Uint8Array, name = `image${files++}.tif`): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Deterministic, not repeating within a row, different in every byte. */
function pattern<T extends TiffSpec['pixels']>(pixels: T, limit: number): T {
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7919 + (i >> 5) * 104_729) % limit;
  return pixels;
}

async function readAll(path: string, page = 0, sample = 0): Promise<TiffSpec['pixels']> {
  const plane = await openPlane(path, page, sample);
  try {
    return await plane.readWindow(0, 0, plane.widthPx, plane.heightPx);
  } finally {
    await plane.close();
  }
}

const W = 101;
const H = 77;
const kinds: [string, () => TiffSpec['pixels'], string][] = [
  ['uint8', () => pattern(new Uint8Array(W * H), 256), 'uint8'],
  ['uint16', () => pattern(new Uint16Array(W * H), 65_536), 'uint16'],
  ['uint32', () => pattern(new Uint32Array(W * H), 2 ** 32), 'uint32'],
  ['float32', () => pattern(new Float32Array(W * H), 1000).map((value) => value / 8 - 20), 'float32'],
];
const layouts: [string, Partial<TiffSpec>][] = [
  ['one strip', {}],
  ['strips of 10 rows', { rowsPerStrip: 10 }],
  ['tiles of 32', { tile: 32 }],
  ['tiles of 48, deflate', { tile: 48, compression: 'deflate' }],
  ['strips, deflate, predictor', { rowsPerStrip: 9, compression: 'deflate', predictor: 2 }],
  ['BigTIFF', { tile: 16, bigTiff: true }],
];

describe('reading pixels', () => {
  for (const [type, pixels, dataType] of kinds) {
    for (const [layout, options] of layouts) {
      // Predictor 2 is defined for integers.
      if (type === 'float32' && options.predictor === 2) continue;
      for (const bigEndian of [false, true]) {
        it(`${type}, ${layout}, ${bigEndian ? 'big' : 'little'}-endian`, async () => {
          const spec: TiffSpec = { width: W, height: H, pixels: pixels(), bigEndian, ...options };
          const path = await file(tiffBytes(spec));
          expect(await describeTiff(path)).toMatchObject({
            widthPx: W,
            heightPx: H,
            samples: 1,
            dataType,
            pages: 1,
          });
          expect(
            Buffer.compare(Buffer.from((await readAll(path)).buffer), Buffer.from(spec.pixels.buffer)),
          ).toBe(0);
        });
      }
    }
  }

  it('reads any window of interleaved samples', async () => {
    const pixels = pattern(new Uint8Array(W * H * 3), 256);
    const path = await file(
      tiffBytes({ width: W, height: H, samples: 3, pixels, tile: 16, compression: 'deflate' }),
    );
    const plane = await openPlane(path, 0, 2);
    const window = await plane.readWindow(7, 30, 60, 41);
    for (let y = 30; y < 41; y++) {
      for (let x = 7; x < 60; x++) expect(window[(y - 30) * 53 + x - 7]).toBe(pixels[(y * W + x) * 3 + 2]);
    }
    expect((await plane.readWindow(5, 5, 5, 9)).length).toBe(0);
    await expect(plane.readWindow(0, 0, W + 1, 1)).rejects.toThrow(RangeError);
    await plane.close();
  });

  it('hands out signed integers when none is negative and refuses them otherwise', async () => {
    const pixels = new Int32Array(W * H).fill(7);
    expect((await readAll(await file(tiffBytes({ width: W, height: H, pixels }))))[3]).toBe(7);
    pixels[500] = -4;
    const path = await file(tiffBytes({ width: W, height: H, pixels }));
    await expect(readAll(path)).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining('negative (-4)'),
    });
  });

  it('reads an uncompressed strip of many rows in pieces', async () => {
    const width = 3000;
    const height = 2100;
    const pixels = pattern(new Uint16Array(width * height), 65_536);
    const path = await file(tiffBytes({ width, height, pixels }));
    const plane = await openPlane(path, 0, 0);
    const window = await plane.readWindow(1000, 690, 1010, 1500);
    for (const y of [690, 699, 700, 1399, 1400, 1499]) {
      expect(window[(y - 690) * 10 + 4]).toBe(pixels[y * width + 1004]);
    }
    await plane.close();
  });
});

describe('JPEG 2000', () => {
  it('reads lossless 16-bit and 8-bit tiles, whatever the byte order of the file', async () => {
    for (const bigEndian of [false, true]) {
      const pixels = pattern(new Uint16Array(W * H), 65_536);
      const encode16 = await jpeg2000Encoder(16);
      const encode = bigEndian
        ? (block: Uint8Array, w: number, h: number) => encode16(Buffer.from(block).swap16(), w, h)
        : encode16;
      const path = await file(
        tiffBytes({
          width: W,
          height: H,
          pixels,
          tile: 64,
          compression: 'jpeg2000',
          encode,
          bigEndian,
          bigTiff: true,
        }),
      );
      expect(await readAll(path)).toEqual(pixels);
    }
    const small = pattern(new Uint8Array(W * H), 256);
    const path = await file(
      tiffBytes({
        width: W,
        height: H,
        pixels: small,
        tile: 64,
        compression: 'jpeg2000',
        encode: await jpeg2000Encoder(8),
      }),
    );
    expect(await readAll(path)).toEqual(small);
  });

  it('refuses truncated, foreign and damaged codestreams, and reads the block after them', async () => {
    const pixels = pattern(new Uint16Array(64 * 64), 65_536);
    const good = await jpeg2000Encoder(16);
    const spec: TiffSpec = { width: 64, height: 64, pixels, tile: 64, compression: 'jpeg2000', encode: good };
    const spoil: [string, NonNullable<TiffSpec['encode']>][] = [
      ['truncated', (block, w, h) => good(block, w, h).subarray(0, 900)],
      ['says', (block, w, h) => good(block.subarray(0, block.length / 2), w / 2, h)],
      ['decod', () => new Uint8Array(500).fill(0x2a)],
    ];
    for (const [word, encode] of spoil) {
      const path = await file(tiffBytes({ ...spec, encode }));
      await expect(readAll(path)).rejects.toMatchObject({
        code: 'IMAGE_INVALID',
        message: expect.stringContaining(word),
      });
    }
    expect(await readAll(await file(tiffBytes(spec)))).toEqual(pixels);
  });
});

describe('hostile input', () => {
  const small = (): TiffSpec => ({
    width: 64,
    height: 64,
    pixels: pattern(new Uint16Array(64 * 64), 65_536),
    tile: 16,
  });
  const invalid = { code: 'IMAGE_INVALID' };

  it('names the file that is missing', async () => {
    await expect(describeTiff(join(folder, 'none.tif'))).rejects.toMatchObject({ code: 'INPUT_MISSING' });
  });

  it('refuses what is no TIFF', async () => {
    for (const bytes of [
      new Uint8Array(0),
      Buffer.from('II'),
      Buffer.from('hello, I am a text'),
      new Uint8Array(5000),
    ]) {
      await expect(describeTiff(await file(bytes))).rejects.toMatchObject(invalid);
    }
  });

  it('refuses a file truncated anywhere', async () => {
    const bytes = tiffBytes(small());
    for (let length = 0; length < bytes.length; length += 97) {
      const path = await file(bytes.subarray(0, length), 'truncated.tif');
      await expect(readAll(path), `${length} bytes`).rejects.toMatchObject(invalid);
    }
  });

  it('ends in a result or one sentence when any byte of the directory is damaged', async () => {
    const bytes = tiffBytes({ ...small(), tile: 32 });
    const start = bytes.length - 400;
    for (let at = Math.max(start, 0); at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = 0xff;
      const path = await file(damaged, 'damaged.tif');
      const outcome = await readAll(path).catch((error) => error);
      if (outcome instanceof Error) expect(outcome, `byte ${at}: ${outcome.message}`).toMatchObject(invalid);
    }
  });

  it('ends on a chain of pages that bites its tail', async () => {
    const bytes = tiffBytes(small());
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(4, true);
    view.setUint32(directory + 2 + view.getUint16(directory, true) * 12, directory, true);
    await expect(describeTiff(await file(bytes))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('does not end'),
    });
  });

  it('refuses pages and samples that are not there, and kinds of pixels that are not read', async () => {
    const path = await file(tiffBytes(small()));
    await expect(openPlane(path, 1, 0)).rejects.toMatchObject(invalid);
    await expect(openPlane(path, 0, 1)).rejects.toMatchObject(invalid);
    const bytes = tiffBytes(small());
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(4, true);
    for (let i = 0; i < view.getUint16(directory, true); i++) {
      const entry = directory + 2 + i * 12;
      if (view.getUint16(entry, true) === 258) view.setUint16(entry + 8, 12, true);
    }
    await expect(describeTiff(await file(bytes))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('12-bit'),
    });
  });

  it('refuses a compression it does not know', async () => {
    const bytes = tiffBytes(small());
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(4, true);
    for (let i = 0; i < view.getUint16(directory, true); i++) {
      const entry = directory + 2 + i * 12;
      if (view.getUint16(entry, true) === 259) view.setUint16(entry + 8, 4711, true);
    }
    const path = await file(bytes);
    await expect(readAll(path)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('4711'),
    });
  });
});

describe('real images, against other decoders (tifffile 2026.11, Pillow 13)', () => {
  const known: [file: string, page: number, sample: number, dataType: string, digest: string][] = [
    ['xenium/breast-crop/outs/morphology_focus.ome.tif', 0, 0, 'uint16', '903f18fbbe6fc70a'],
    ['merscope/brain-crop/images/mosaic_DAPI_z0.tif', 0, 0, 'uint8', '500e1922d21279dc'],
    ['merscope/brain-crop/images/mosaic_PolyT_z1.tif', 0, 0, 'uint8', '90e5632c313fb92c'],
    ['merscope/liver-demo-images/mosaic_DAPI_z2.tif', 0, 0, 'uint16', '21125f39c3514038'],
    ['merscope/cellbound-mini/images/mosaic_DAPI_z1.tif', 0, 0, 'uint8', '25adbb3e32234579'],
    ['cosmx/lung12-fov2/CellLabels/CellLabels_F002.tif', 0, 0, 'float32', '012a4a37d59a4203'],
    ['nuclei/volume-3d/mask3d.tif', 17, 0, 'uint16', 'f8c69d2991c8871b'],
  ];
  for (const [name, page, sample, dataType, digest] of known) {
    const path = join(data, name);
    it.skipIf(!existsSync(path))(`${name}, page ${page}`, async () => {
      expect((await describeTiff(path)).dataType).toBe(dataType);
      const pixels = await readAll(path, page, sample);
      expect(createHash('sha256').update(Buffer.from(pixels.buffer)).digest('hex').slice(0, 16)).toBe(digest);
    });
  }

  const xenium = join(data, 'xenium/breast-crop/outs/morphology_focus.ome.tif');
  it.skipIf(!existsSync(xenium))('channel name and pixel size of a Xenium image', async () => {
    expect(await describeTiff(xenium)).toMatchObject({
      channelNames: ['DAPI'],
      physicalSizeUm: 0.2125,
      planes: [{ page: 0, sample: 0, channel: 0 }],
    });
  });
});

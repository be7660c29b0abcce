import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { openImageFile } from '@spatile/formats/image/open';
import { unpackWindow } from '@spatile/formats/image/packed';
import { createSpatialData } from '@spatile/formats/spatialdata/write';
import { Blosc, LZ4, Zstd } from 'numcodecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleImage } from '../spatialdata/example-store.ts';

let folder: string;
let images = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-ome-zarr-'));
});
afterAll(() => rm(folder, { recursive: true }));

const EDGE = 8;
const BYTES = { name: 'bytes', configuration: { endian: 'little' } };
const PIXELS = Uint16Array.from({ length: EDGE * EDGE }, (_, i) => i * 257);

interface Spec {
  attributes?: Record<string, unknown>;
  multiscale?: Record<string, unknown>;
  scale?: unknown[];
  unit?: string;
  codecs?: unknown[];
  chunk?: Uint8Array;
}

/** One 16-bit image of 8 x 8 pixels in one chunk (or shard), as OME-Zarr 0.5. */
async function omeZarr({
  attributes,
  multiscale,
  scale,
  unit,
  codecs = [BYTES],
  chunk,
}: Spec): Promise<string> {
  const path = join(folder, `image${images++}.zarr`);
  const axes = ['c', 'y', 'x'].map((name) =>
    name === 'c' || unit === undefined ? { name } : { name, unit },
  );
  const datasets = [
    { path: 's0', coordinateTransformations: scale ?? [{ type: 'scale', scale: [1, 0.5, 0.25] }] },
  ];
  const ome = { version: '0.5', multiscales: [{ axes, datasets, ...multiscale }] };
  const group = { zarr_format: 3, node_type: 'group', attributes: { ome, ...attributes } };
  const array = {
    zarr_format: 3,
    node_type: 'array',
    shape: [1, EDGE, EDGE],
    data_type: 'uint16',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [1, EDGE, EDGE] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs,
    attributes: {},
  };
  const put = async (name: string, bytes: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  };
  await put('zarr.json', JSON.stringify(group));
  await put('s0/zarr.json', JSON.stringify(array));
  await put('s0/c/0/0/0', chunk ?? new Uint8Array(PIXELS.buffer));
  return path;
}

const STATED = { pixelSizeUm: null, originUm: [100, 200] as const };
const placeOf = async (path: string) => (await openImageFile(path, STATED)).pixelToUm;

async function pixelsOf(path: string): Promise<number[]> {
  const image = await openImageFile(path, { pixelSizeUm: 1, originUm: [0, 0] });
  const rect = { x0: 0, y0: 0, x1: EDGE, y1: EDGE };
  return [...(await unpackWindow(await image.pack(0, 0, rect), rect))];
}

const refused = (message: RegExp) => ({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) });
const frame = (name: string, unit: string) => ({
  output: {
    name,
    axes: ['c', 'y', 'x'].map((axis) => (axis === 'c' ? { name: axis } : { name: axis, unit })),
  },
});

describe('the place of an OME-Zarr image', () => {
  it.each([
    ['micrometer', 1],
    ['nanometer', 1e-3],
    ['millimeter', 1e3],
  ])('is the scale of the full resolution in %s', async (unit, um) => {
    const path = await omeZarr({ unit });
    expect(await placeOf(path)).toEqual([0.25 * um, 0, 100, 0, 0.5 * um, 200, 0, 0, 1]);
  });

  it('takes translations, and the transforms of all levels after those of one', async () => {
    const path = await omeZarr({
      unit: 'micrometer',
      scale: [
        { type: 'scale', scale: [1, 2, 4] },
        { type: 'translation', translation: [0, 6, 8] },
      ],
      multiscale: { coordinateTransformations: [{ type: 'scale', scale: [1, 0.5, 0.5] }] },
    });
    expect(await placeOf(path)).toEqual([2, 0, 104, 0, 1, 203, 0, 0, 1]);
  });

  it.each<[string, Spec]>([
    ['no unit', {}],
    ['a unit that is no length', { unit: 'pixel' }],
    ['no scale', { unit: 'micrometer', scale: [] }],
    ['a scale of other axes', { unit: 'micrometer', scale: [{ type: 'scale', scale: [1, 1] }] }],
    ['no size', { unit: 'micrometer', scale: [{ type: 'scale', scale: [1, 0, 1] }] }],
    ['an unknown transform', { unit: 'micrometer', scale: [{ type: 'rotation' }] }],
  ])('is asked for when the image has %s', async (_, spec) => {
    await expect(placeOf(await omeZarr(spec))).rejects.toMatchObject(refused(/; set segment\.pixelSizeUm$/));
  });

  it('is that of the frame "microns" in a store of our own', async () => {
    const path = join(folder, 'own.zarr');
    const micronsToGlobal = [4, 0, 0, 0, 4, 0, 0, 0, 1] as const;
    const writer = await createSpatialData(path, { attrs: {}, pixelSizeUm: 0.25, micronsToGlobal });
    const image = await exampleImage(folder);
    await writer.image('plain', { ...image, pixelToUm: [0.25, 0, 0, 0, 0.25, 0, 0, 0, 1] });
    await writer.image('moved', { ...image, pixelToUm: [0.25, 0, 30, 0, 0.25, 7, 0, 0, 1] });
    await writer.image('sheared', { ...image, pixelToUm: [1, 1, 30, 0, 1, 7, 0, 0, 1] });
    await writer.finish();
    expect(await placeOf(join(path, 'images/plain'))).toEqual([0.25, 0, 100, 0, 0.25, 200, 0, 0, 1]);
    expect(await placeOf(join(path, 'images/moved'))).toEqual([0.25, 0, 130, 0, 0.25, 207, 0, 0, 1]);
    await expect(placeOf(join(path, 'images/sheared'))).rejects.toMatchObject(
      refused(/shears.*pixelSizeUm$/),
    );
  });

  it('is that of a SpatialData frame with a unit, and refused for pixels that look like 1 um', async () => {
    const scale = [{ type: 'scale', scale: [1, 1, 1] }];
    const store = (transform: Record<string, unknown>, unit: string): Promise<string> =>
      omeZarr({
        scale,
        attributes: { spatialdata_attrs: { version: '0.3' } },
        multiscale: {
          coordinateTransformations: [
            { type: 'identity', ...frame('aligned', 'unit') },
            { ...transform, ...frame('global', unit) },
          ],
        },
      });
    const affine = {
      type: 'affine',
      affine: [
        [1, 0, 0, 0],
        [0, 0.5, 0, 3],
        [0, 0, 0.25, 5],
      ],
    };
    expect(await placeOf(await store(affine, 'micrometer'))).toEqual([0.25, 0, 105, 0, 0.5, 203, 0, 0, 1]);
    const sequence = {
      type: 'sequence',
      transformations: [
        { type: 'scale', scale: [1, 500, 250] },
        { type: 'translation', translation: [0, 3000, 5000] },
      ],
    };
    expect(await placeOf(await store(sequence, 'nanometer'))).toEqual([0.25, 0, 105, 0, 0.5, 203, 0, 0, 1]);
    await expect(placeOf(await store({ type: 'identity' }, 'unit'))).rejects.toMatchObject(
      refused(/no frame of it is in microns \(aligned, global\).*segment\.pixelSizeUm$/),
    );
  });
});

describe('shards', () => {
  const HALF = EDGE / 2;
  const sharding = (location: 'start' | 'end', codecs: unknown[], indexCodecs: unknown[]) => ({
    name: 'sharding_indexed',
    configuration: {
      chunk_shape: [1, HALF, HALF],
      codecs,
      index_codecs: indexCodecs,
      index_location: location,
    },
  });

  /** A shard of four chunks, the last of which is absent. */
  function shard(location: 'start' | 'end', packed: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const index = new BigUint64Array(8).fill(2n ** 64n - 1n);
    const parts: Uint8Array[] = [];
    let offset = location === 'start' ? index.byteLength : 0;
    for (let i = 0; i < 3; i++) {
      const [y, x] = [HALF * (i >> 1), HALF * (i & 1)];
      const chunk = new Uint16Array(HALF * HALF);
      for (let row = 0; row < HALF; row++)
        chunk.set(PIXELS.subarray((y + row) * EDGE + x, (y + row) * EDGE + x + HALF), row * HALF);
      parts.push(packed(new Uint8Array(chunk.buffer)));
      index.set([BigInt(offset), BigInt(parts[i].length)], 2 * i);
      offset += parts[i].length;
    }
    const indexBytes = new Uint8Array(index.buffer);
    return Buffer.concat(location === 'start' ? [indexBytes, ...parts] : [...parts, indexBytes]);
  }

  const expected = [...PIXELS].map((value, i) => (i >> 3 >= HALF && i % EDGE >= HALF ? 0 : value));

  it.each(['start', 'end'] as const)('are read, with the index at the %s', async (location) => {
    const plain = await omeZarr({
      codecs: [sharding(location, [BYTES], [BYTES])],
      chunk: shard(location, (bytes) => bytes),
    });
    expect(await pixelsOf(plain)).toEqual(expected);
    const gzip = { name: 'gzip', configuration: { level: 5 } };
    const packed = await omeZarr({
      codecs: [sharding(location, [BYTES, gzip], [BYTES])],
      chunk: shard(location, (bytes) => gzipSync(bytes)),
    });
    expect(await pixelsOf(packed)).toEqual(expected);
  });

  it('are refused when a chunk lies outside, or is no part of the shard', async () => {
    const whole = shard('end', (bytes) => bytes);
    const codecs = [sharding('end', [BYTES], [BYTES])];
    const far = Buffer.from(whole);
    far.writeBigUInt64LE(2n ** 40n, far.length - 64);
    for (const chunk of [far, whole.subarray(0, 20), new Uint8Array(0)])
      await expect(pixelsOf(await omeZarr({ codecs, chunk }))).rejects.toMatchObject(
        refused(/decoding the block/),
      );
    const odd = { ...codecs[0], configuration: { ...codecs[0].configuration, chunk_shape: [1, 3, 4] } };
    await expect(pixelsOf(await omeZarr({ codecs: [odd] }))).rejects.toMatchObject(
      refused(/whole chunks of 1,3,4/),
    );
  });
});

describe('compressed chunks', () => {
  const zstd = Zstd.fromConfig({ id: 'zstd', level: 3 });
  const blosc = Blosc.fromConfig({ id: 'blosc', cname: 'lz4', clevel: 5, shuffle: 1, blocksize: 0 });
  const lz4 = LZ4.fromConfig({ id: 'lz4' });
  const cases: [string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>][] = [
    ['gzip', (bytes) => gzipSync(bytes)],
    ['zlib', (bytes) => deflateSync(bytes)],
    ['zstd', (bytes) => zstd.encode(bytes)],
    ['blosc', (bytes) => blosc.encode(bytes)],
    ['numcodecs.lz4', (bytes) => lz4.encode(bytes)],
  ];

  it.each(cases)('of %s are read, and stopped when they unpack to far more', async (name, pack) => {
    const codecs = [BYTES, { name, configuration: {} }];
    const good = await omeZarr({ codecs, chunk: await pack(new Uint8Array(PIXELS.buffer)) });
    expect(await pixelsOf(good)).toEqual([...PIXELS]);
    const bomb = await omeZarr({ codecs, chunk: await pack(new Uint8Array(2 ** 22)) });
    await expect(pixelsOf(bomb)).rejects.toMatchObject(refused(/unpacks to more than the 65664 bytes/));
    await expect(pixelsOf(await omeZarr({ codecs, chunk: Uint8Array.of(1, 2) }))).rejects.toMatchObject(
      refused(/decoding the block/),
    );
  });

  it('of zstd may leave their size unsaid, but not unpack to more', async () => {
    // Frames of blocks that repeat one byte, without a content size (RFC 8878, 3.1.1).
    const frames = (sizes: number[]): Uint8Array =>
      Uint8Array.from(
        [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38].concat(
          ...sizes.map((size, i) => {
            const header = (size << 3) | 2 | Number(i === sizes.length - 1);
            return [header & 255, (header >> 8) & 255, header >> 16, 7];
          }),
        ),
      );
    const codecs = [BYTES, { name: 'zstd', configuration: {} }];
    const good = await omeZarr({ codecs, chunk: frames([100, 28]) });
    expect(await pixelsOf(good)).toEqual(Array(EDGE * EDGE).fill(0x0707));
    const bomb = await omeZarr({ codecs, chunk: frames(Array(1000).fill(100_000)) });
    await expect(pixelsOf(bomb)).rejects.toMatchObject(refused(/unpacks to more/));
  });
});

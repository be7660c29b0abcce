import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { openImageFile } from '@spatile/formats/image/open';
import { unpackWindow } from '@spatile/formats/image/packed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** 24 x 16 pixels by Pillow: rows 0 to 7 (200, 0, 0), others (0, 0, 220), columns from 12 on with 120 of green; colours halved. */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAQABgDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABwgA/8QAGhABAAIDAQAAAAAAAAAAAAAAAEXDBwiDhP/EABQBAQAAAAAAAAAAAAAAAAAAAAf/xAAmEQAAAQkJAAAAAAAAAAAAAAAAAQMlQ2JjZaPjBQYHCBcYJFFS/9oADAMBAAIRAxEAPwCSi7gCe4WJEL+v0957CXbOX3gHEp0paI9CZeDGtGHUd5WtEdiuWErDDb7FJNUDetcOm0x//9k=',
  'base64',
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-jpeg-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PLACE = { pixelSizeUm: 0.5, originUm: [3, 4] as [number, number] };

async function channelOf(bytes: Uint8Array, channel: number): Promise<Float32Array> {
  const path = join(folder, 'picture.jpg');
  await writeFile(path, bytes);
  const image = await openImageFile(path, PLACE);
  const { widthPx: x1, heightPx: y1 } = image.levels[0];
  const window = { x0: 0, y0: 0, x1, y1 };
  return unpackWindow(await image.pack(0, channel, window), window);
}

/** Bytes with the frame's fields changed: offset within the frame segment, value. */
function withFrame(...changes: [number, number][]): Uint8Array {
  const bytes = new Uint8Array(JPEG);
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0) + 4;
  for (const [offset, value] of changes) bytes[at + offset] = value;
  return bytes;
}

describe('a JPEG', () => {
  it('gives red, green and blue, within what its compression loses', async () => {
    const channels = await Promise.all([0, 1, 2].map((channel) => channelOf(JPEG, channel)));
    const at = (x: number, y: number): number[] => channels.map((pixels) => pixels[y * 24 + x]);
    for (const [x, y, colour] of [
      [3, 2, [200, 0, 0]],
      [3, 13, [0, 0, 220]],
      [20, 2, [200, 120, 0]],
      [20, 13, [0, 120, 220]],
    ] as const)
      at(x, y).forEach((value, c) => {
        expect(Math.abs(value - colour[c])).toBeLessThanOrEqual(8);
      });
  });

  it('counts with what its decoder takes', async () => {
    const path = join(folder, 'counted.jpg');
    await writeFile(path, JPEG);
    const image = await openImageFile(path, PLACE);
    expect(3 * image.levels[0].blockBytes).toBeGreaterThanOrEqual(15 * 24 * 16 * 3);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['cut within its pixels', () => JPEG.subarray(0, 300), /picture\.jpg: decoding the block at 0, 0 failed/],
    ['cut before its frame', () => JPEG.subarray(0, 60), /picture\.jpg: the JPEG ends before its pixels/],
    ['of another format', () => Buffer.from('GIF89a, and more'), /picture\.jpg: not a JPEG/],
    [
      'that claims 65535 x 65535 pixels',
      () => withFrame([1, 255], [2, 255], [3, 255], [4, 255]),
      /a JPEG of 65535 x 65535 pixels cannot be decoded whole/,
    ],
    ['of 12 bits', () => withFrame([0, 12]), /a JPEG of 12 bits and kind c0 is not read/],
    ['of four samples', () => withFrame([5, 4]), /a JPEG of 4 samples is not read/],
    ['of no pixels', () => withFrame([1, 0], [2, 0]), /a JPEG of 24 x 0 pixels/],
  ])('%s is refused in one sentence', async (_, bytes, sentence) => {
    const error = await channelOf(bytes(), 0).catch((cause) => cause);
    expect(error).toBeInstanceOf(SpatileError);
    expect(`${error.code} ${error.message}`).toMatch(/^IMAGE_INVALID [^\n]*$/);
    expect(error.message).toMatch(sentence);
  });
});

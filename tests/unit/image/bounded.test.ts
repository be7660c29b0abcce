import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import createOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs';
import { openImageFile } from '@spatile/formats/image/open';
import { unpackWindow } from '@spatile/formats/image/packed';
import { canDecode, decodeTiffBlock, type TiffBlockLayout } from '@spatile/formats/image/tiff-block';
import { checkJpegFrame, checkJpegTables } from '@spatile/formats/image/tiff-jpeg';
import { decodeLzw } from '@spatile/formats/image/tiff-lzw';
import { decodePackBits } from '@spatile/formats/image/tiff-packbits';
import { Zstd } from 'numcodecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SIDE = 64;
const block = (compression: number, change: Partial<TiffBlockLayout> = {}): TiffBlockLayout => ({
  dataType: 'uint8',
  bits: 8,
  signed: false,
  compression,
  predictor: 1,
  planar: false,
  stride: 1,
  blockWidthPx: SIDE,
  littleEndian: true,
  jpegTables: null,
  ...change,
});
const decode = (layout: TiffBlockLayout, bytes: Uint8Array) =>
  decodeTiffBlock(layout, SIDE, new Uint8Array(bytes).buffer);
const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 7919 + (i >> 5)) % 251);

/** TIFF's LZW with a table of strings, as the specification describes it; cleared when the codes run out. */
function lzw(bytes: Uint8Array): Uint8Array {
  const bits: number[] = [];
  let width = 9;
  const put = (code: number): void => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((code >> bit) & 1);
  };
  let table = new Map<string, number>();
  const codeOf = (text: string): number => (text.length === 1 ? text.charCodeAt(0) : (table.get(text) ?? -1));
  put(256);
  let held = '';
  for (const byte of bytes) {
    const longer = held + String.fromCharCode(byte);
    if (codeOf(longer) >= 0) {
      held = longer;
      continue;
    }
    put(codeOf(held));
    table.set(longer, 258 + table.size);
    if (258 + table.size === 4094) {
      put(256);
      table = new Map();
      width = 9;
    } else if (258 + table.size === 2 ** width) width++;
    held = String.fromCharCode(byte);
  }
  put(codeOf(held));
  put(257);
  const out = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    out[i >> 3] |= bit << (7 - (i & 7));
  });
  return out;
}

describe('blocks of a TIFF', () => {
  it('of LZW are read as far as the block goes', async () => {
    const large = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 7919 + (i >> 6) * 31) % 256);
    for (const bytes of [pixels, large, new Uint8Array(50_000)])
      expect(Buffer.from(decodeLzw(lzw(bytes), bytes.length)).equals(bytes)).toBe(true);
    expect(await decode(block(5), lzw(pixels))).toEqual(pixels);
    expect(decodeLzw(lzw(new Uint8Array(2 ** 20)), 100)).toEqual(new Uint8Array(100));
    await expect(decode(block(5), lzw(pixels).subarray(0, 500))).rejects.toThrow(/bytes instead of 4096/);
    await expect(decode(block(5), new Uint8Array(500).fill(0xff))).rejects.toThrow(/damaged LZW code/);
  });

  it('of PackBits are read as far as the block goes', async () => {
    // The example of TIFF 6.0, section 9.
    const packed = Buffer.from('fe aa 02 80 00 2a fd aa 03 80 00 2a 22 f7 aa'.replaceAll(' ', ''), 'hex');
    const unpacked = 'aa aa aa 80 00 2a aa aa aa aa 80 00 2a 22 aa aa aa aa aa aa aa aa aa aa'.replaceAll(
      ' ',
      '',
    );
    expect(Buffer.from(decodePackBits(packed, 24)).toString('hex')).toBe(unpacked);
    expect(Buffer.from(decodePackBits(packed, 5)).toString('hex')).toBe(unpacked.slice(0, 10));
    expect(decodePackBits(packed.subarray(0, 4), 24)).toHaveLength(4);
    const rows = Array.from({ length: SIDE }, (_, y) => [0x100 - (SIDE - 1), y]).flat();
    const bomb = Uint8Array.from([...rows, ...Array(100_000).fill(0x81)]);
    expect(await decode(block(32773), bomb)).toEqual(pixels.map((_, i) => Math.floor(i / SIDE)));
    await expect(decode(block(32773), bomb.subarray(0, 50))).rejects.toThrow(/bytes instead of 4096/);
  });

  it('of Zstandard are read, and stopped when they unpack to far more', async () => {
    const zstd = Zstd.fromConfig({ id: 'zstd', level: 3 });
    expect(await decode(block(50000), await zstd.encode(pixels))).toEqual(pixels);
    const bomb = await zstd.encode(new Uint8Array(2 ** 26));
    await expect(decode(block(50000), bomb)).rejects.toThrow(/unpacks to more/);
    expect(await decode(block(50000), await zstd.encode(pixels))).toEqual(pixels);
  });

  it('of LERC are refused before any is read', async () => {
    expect(await canDecode(block(34887))).toBe(false);
    expect(await canDecode(block(5))).toBe(true);
  });

  it('of JPEG 2000 are refused by their main header, raw or in a JP2 box', async () => {
    const { J2KEncoder } = await createOpenJpeg({ print() {}, printErr() {} });
    const codec = new J2KEncoder();
    const kind = { width: SIDE, height: SIDE, bitsPerSample: 8, componentCount: 1, isSigned: false };
    codec.getDecodedBuffer(kind).set(pixels);
    codec.setQuality(true, 0);
    codec.encode();
    const good = Uint8Array.from(codec.getEncodedBuffer());
    codec.delete();
    expect(await decode(block(34712), good)).toEqual(pixels);
    const huge = Buffer.from(good);
    huge.writeUInt32BE(60_000, 8);
    huge.writeUInt32BE(60_000, 12);
    const says = /frame is 60000 x 60000 x 1, the directory says 64 x 64 x 1/;
    await expect(decode(block(34712), huge)).rejects.toThrow(says);
    const boxed = Buffer.concat([
      Buffer.from('0000000c6a5020200d0a870a', 'hex'),
      Buffer.from('000000006a703263', 'hex'),
      huge,
    ]);
    await expect(decode(block(34712), boxed)).rejects.toThrow(says);
    await expect(decode(block(34712), Buffer.alloc(64))).rejects.toThrow(/no JPEG 2000 codestream/);
  });
});

describe('JPEG frames', () => {
  const frame = (side: number, components = 1): number[] => {
    const each = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat();
    return [
      0xff,
      0xc0,
      0,
      8 + 3 * components,
      8,
      side >> 8,
      side & 255,
      side >> 8,
      side & 255,
      components,
      ...each,
    ];
  };
  /** A frame of three components of so many samples across (high half) and down. */
  const sampled = (by: number): number[] =>
    frame(64, 3).map((byte, i) => (i > 10 && (i - 11) % 3 === 0 ? by : byte));
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
  const jpeg = (...parts: number[][]): Uint8Array =>
    Uint8Array.from([0xff, 0xd8, ...parts.flat(), 0xff, 0xd9]);

  it('may be as large as their block, after fill bytes too', () => {
    expect(() => checkJpegFrame(jpeg(frame(64), scan), 64, 64)).not.toThrow();
    expect(() => checkJpegFrame(jpeg([0xff, 0xff], frame(64), scan), 64, 64)).not.toThrow();
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['too large', jpeg(frame(65), scan), /65 x 65, the block 64 x 64/],
    ['too large after a fill byte', jpeg([0xff], frame(60_000), scan), /60000 x 60000/],
    ['too large after a first one', jpeg(frame(64), scan, frame(60_000), scan), /60000 x 60000/],
    ['twice there', jpeg(frame(64), frame(64), scan), /2 JPEG frames/],
    ['without samples', jpeg(sampled(0x01), scan), /0 x 1 samples/],
    ['without rows', jpeg(sampled(0x10), scan), /1 x 0 samples/],
    ['of too many samples', jpeg(sampled(0x5f), scan), /5 x 15 samples/],
    ['of many planes', jpeg(frame(64, 200), scan), /200 components/],
    [
      'hidden behind a wrong length',
      jpeg([0xff, 0xdd, 0, 17, 0, 0], frame(60_000), scan),
      /dd has a wrong length/,
    ],
    ['not there', jpeg(), /no JPEG frame/],
    ['cut short', jpeg(frame(64)).subarray(0, 9), /cut short/],
    ['without an end', jpeg(frame(64), scan).subarray(0, -2), /ends within its pixels/],
  ])('are refused when %s', (_, bytes, message) => {
    expect(() => checkJpegFrame(bytes, 64, 64)).toThrow(message);
  });

  it('have no place among the tables of a page', () => {
    const tables = [0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)];
    expect(() => checkJpegTables(jpeg(tables))).not.toThrow();
    expect(() => checkJpegTables(jpeg(tables, frame(8)))).toThrow(/frame/);
  });
});

describe('PNG of less than 8 bits', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-png-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const [WIDTH, HEIGHT] = [13, 5];
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  function png(bits: number, colourType: number, interlace = 0, more: Buffer[] = []): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(WIDTH, 0);
    header.writeUInt32BE(HEIGHT, 4);
    header.set([bits, colourType, 0, 0, interlace], 8);
    const rowBytes = Math.ceil((WIDTH * bits) / 8);
    const rows = Buffer.alloc((rowBytes + 1) * HEIGHT);
    for (let i = 0; i < WIDTH * HEIGHT; i++) {
      const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
      const bit = x * bits;
      rows[y * (rowBytes + 1) + 1 + (bit >> 3)] |= (i % 2 ** bits) << (8 - bits - (bit & 7));
    }
    const chunks = [
      chunk('IHDR', header),
      ...more,
      chunk('IDAT', deflateSync(rows)),
      chunk('IEND', Buffer.alloc(0)),
    ];
    return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]);
  }
  async function read(bytes: Buffer, channel = 0): Promise<number[]> {
    const path = join(folder, 'image.png');
    await writeFile(path, bytes);
    const image = await openImageFile(path, { pixelSizeUm: 1, originUm: [0, 0] });
    const rect = { x0: 0, y0: 0, x1: WIDTH, y1: HEIGHT };
    return [...(await unpackWindow(await image.pack(0, channel, rect), rect))];
  }
  const indexes = (bits: number): number[] => Array.from({ length: WIDTH * HEIGHT }, (_, i) => i % 2 ** bits);

  it.each([1, 2, 4])('is unpacked: %d bits, grey and palette', async (bits) => {
    expect(await read(png(bits, 0))).toEqual(indexes(bits));
    const palette = chunk(
      'PLTE',
      Uint8Array.from({ length: 3 * 2 ** bits }, (_, i) => 5 * i),
    );
    expect(await read(png(bits, 3, 0, [palette]), 1)).toEqual(indexes(bits).map((index) => 15 * index + 5));
  });

  it('is refused when interlaced, and any of a depth that its colours have not', async () => {
    await expect(read(png(2, 0, 1))).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(/interlaced PNG of 2 bits/),
    });
    await expect(read(png(4, 2))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await expect(read(png(3, 0))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('is read without unpacking its colour profile', async () => {
    const profile = Buffer.concat([Buffer.from('x\0\0'), Buffer.from('no deflate')]);
    expect(await read(png(4, 0, 0, [chunk('iCCP', profile)]))).toEqual(indexes(4));
  });
});

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pointInRings } from '@spatile/formats/geometry/ring';
import { openPlane } from '@spatile/formats/image/tiff';
import { type FilePriorOptions, filePrior } from '@spatile/formats/prior/file';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allUsable, areaOf, codesOf, collect } from './collect.ts';
import { npyBytes, tiffBytes } from './write-mask.ts';

const DATA = resolve('../shared/data');
const options: FilePriorOptions = {
  kind: 'nucleus',
  unit: 'um',
  pixelSizeUm: 0.5,
  maskPixelSizeUm: null,
  maskOriginUm: [0, 0],
  imageSizePx: null,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-mask-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function outlinesOf(name: string, content: Uint8Array, changed: Partial<FilePriorOptions> = {}) {
  const prior = await filePrior(await file(name, content), { ...options, ...changed });
  return { outlines: await collect(prior), codes: codesOf(prior), prior };
}

// Two cells, the second with a hole; a stray pixel of the first at the right.
const PIXELS = [
  [7, 7, 0, 0, 0, 7],
  [7, 0, 9, 9, 9, 0],
  [0, 0, 9, 0, 9, 0],
  [0, 0, 9, 9, 9, 0],
];
const ROWS = PIXELS.flat();
const COLUMNS = PIXELS[0].flatMap((_, x) => PIXELS.map((row) => row[x]));
const EXPECTED = [
  { cellId: '7', area: 3 },
  { cellId: '9', area: 8 },
];

describe('masks of any kind give the same outlines', () => {
  it.each([
    ['uint8 rows', 'a.npy', npyBytes("'|u1'", [4, 6], Uint8Array.from(ROWS))],
    ['uint16 columns', 'b.npy', npyBytes("'<u2'", [4, 6], Uint16Array.from(COLUMNS), true)],
    [
      'int32 rows',
      'c.npy',
      npyBytes(
        "'<i4'",
        [4, 6],
        Int32Array.from(ROWS, (value) => value || -1),
      ),
    ],
    ['int64 rows', 'd.npy', npyBytes("'<i8'", [4, 6], BigInt64Array.from(ROWS, BigInt))],
    ['uint64 columns', 'e.npy', npyBytes("'<u8'", [4, 6], BigUint64Array.from(COLUMNS, BigInt), true)],
    ['float64 rows', 'f.npy', npyBytes("'<f8'", [4, 6], Float64Array.from(ROWS))],
    ['uint8 TIFF', 'g.tif', tiffBytes(6, 4, Uint8Array.from(ROWS))],
    ['uint16 TIFF in strips', 'h.tiff', tiffBytes(6, 4, Uint16Array.from(ROWS), 3)],
    ['uint32 TIFF', 'i.tif', tiffBytes(6, 4, Uint32Array.from(ROWS))],
    ['float TIFF', 'j.TIF', tiffBytes(6, 4, Float32Array.from(ROWS), 1)],
  ])('%s', async (_, name, content) => {
    const { outlines, codes } = await outlinesOf(name, content, {
      maskPixelSizeUm: 2,
      maskOriginUm: [100, 10],
    });
    outlines.sort((a, b) => Number(a.cellId) - Number(b.cellId));
    expect(outlines.map((outline) => ({ cellId: outline.cellId, area: areaOf(outline) / 4 }))).toEqual(
      EXPECTED,
    );
    expect(allUsable(outlines)).toBe(true);
    expect(outlines[0].rings).toEqual([
      Float64Array.of(100, 10, 104, 10, 104, 12, 102, 12, 102, 14, 100, 14, 100, 10),
    ]);
    expect(outlines[1].rings).toHaveLength(2);
    const isFloat = /[fj]\./.test(name);
    expect(codes).toEqual(isFloat ? ['MASK_DTYPE', 'PRIOR_PIECES'] : ['PRIOR_PIECES']);
  });

  it('a bool mask: every piece is a cell, numbered by its first pixel', async () => {
    const bits = Uint8Array.from(ROWS, (value) => Number(value > 0));
    const transposed = Uint8Array.from(COLUMNS, (value) => Number(value > 0));
    for (const [name, content] of [
      ['bool.npy', npyBytes("'|b1'", [4, 6], bits)],
      ['bool-f.npy', npyBytes("'|b1'", [4, 6], transposed, true)],
    ] as const) {
      const { outlines, codes } = await outlinesOf(name, content);
      const areas = outlines
        .sort((a, b) => Number(a.cellId) - Number(b.cellId))
        .map((cell) => areaOf(cell) * 4);
      // The stray pixel touches the second cell by a corner, the first cell does so too.
      expect(areas).toEqual([12]);
      expect(codes).toEqual(['MASK_DTYPE']);
    }
    const apart = npyBytes("'|b1'", [1, 5], Uint8Array.of(1, 0, 1, 1, 0));
    const { outlines } = await outlinesOf('apart.npy', apart);
    expect(outlines.map(({ cellId }) => cellId).sort()).toEqual(['1', '2']);
  });

  it('any labels, any orientation, come back when the outlines are filled', async () => {
    const size = { width: 9, height: 7 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 63, maxLength: 63 }),
        fc.boolean(),
        async (pixels, columns) => {
          const data = Uint16Array.from({ length: 63 }, (_, i) =>
            columns ? pixels[(i % size.height) * size.width + Math.floor(i / size.height)] : pixels[i],
          );
          const content = npyBytes("'<u2'", [size.height, size.width], data, columns);
          const { outlines } = await outlinesOf('any.npy', content, { maskPixelSizeUm: 1 });
          for (let i = 0; i < 63; i++) {
            const x = (i % size.width) + 0.5;
            const y = Math.floor(i / size.width) + 0.5;
            const cells = outlines
              .filter(({ rings }) => pointInRings(rings, x, y))
              .map(({ cellId }) => Number(cellId));
            // Only the largest piece of a label is kept, so background may stand in for a label but nothing else may.
            if (cells.length > 0) expect(cells).toEqual([pixels[i]]);
          }
          const kept = outlines.reduce((sum, outline) => sum + areaOf(outline), 0);
          expect(kept).toBeGreaterThanOrEqual(new Set(pixels.filter((value) => value > 0)).size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('larger than the block that is read at once', async () => {
    const width = 1500;
    const height = 1000;
    const label = (x: number, y: number): number =>
      (x % 50) + (y % 50) < 60 && x % 50 > 4 && y % 50 > 4
        ? 1 + Math.floor(x / 50) + 30 * Math.floor(y / 50)
        : 0;
    const data = Uint32Array.from({ length: width * height }, (_, i) =>
      label(i % width, Math.floor(i / width)),
    );
    const { outlines, codes } = await outlinesOf('large.npy', npyBytes("'<u4'", [height, width], data));
    const tiff = await outlinesOf('large.tif', tiffBytes(width, height, data, 7));
    expect(outlines).toHaveLength(30 * 20);
    expect(codes).toEqual([]);
    const areas = new Set(outlines.map(areaOf));
    expect(areas.size).toBe(1);
    expect(tiff.outlines).toEqual(outlines);
  });
});

describe('masks are remarked upon', () => {
  it('when all labels of 8 or 16 bits are used', async () => {
    const all = (most: number) => Array.from({ length: most }, (_, i) => i + 1);
    const full = await outlinesOf('full.npy', npyBytes("'<u2'", [255, 257], Uint16Array.from(all(65535))));
    expect(full.outlines).toHaveLength(65535);
    expect(full.codes).toEqual(['MASK_SATURATED']);
    const less = await outlinesOf('less.npy', npyBytes("'<u2'", [1, 65534], Uint16Array.from(all(65534))));
    expect(less.codes).toEqual([]);
  });

  it('the same way on every pass', async () => {
    const { prior, codes, outlines } = await outlinesOf(
      'twice.npy',
      npyBytes("'|u1'", [4, 6], Uint8Array.from(ROWS)),
    );
    expect(await collect(prior)).toEqual(outlines);
    expect(codesOf(prior)).toEqual(codes);
  });
});

describe('masks are refused in one sentence', () => {
  const small = Uint8Array.of(1, 0, 0, 2);
  const fileOf = (name: string, content: Uint8Array | string, code: string, message: RegExp) =>
    [name, content, code, message] as const;
  it.each([
    fileOf(
      'half.npy',
      npyBytes("'<f4'", [1, 2], Float32Array.of(1, 1.5)),
      'MASK_DTYPE',
      /no labels \(1\.5\)/,
    ),
    fileOf(
      'nan.npy',
      npyBytes("'<f8'", [1, 2], Float64Array.of(Number.NaN, 1)),
      'MASK_DTYPE',
      /no labels \(NaN\)/,
    ),
    fileOf('half.tif', tiffBytes(2, 1, Float32Array.of(1, 0.25)), 'MASK_DTYPE', /no labels \(0\.25\)/),
    fileOf('huge.npy', npyBytes("'<u8'", [1, 1], BigUint64Array.of(2n ** 60n)), 'MASK_DTYPE', /no labels/),
    fileOf('big.npy', npyBytes("'>u2'", [1, 2], small), 'MASK_DTYPE', /big endian \(.?'>u2'\)/),
    fileOf('complex.npy', npyBytes("'<c16'", [1, 1], new Uint8Array(16)), 'MASK_DTYPE', /of type '<c16'/),
    fileOf('struct.npy', npyBytes("[('a', '<i4')]", [1, 1], small), 'MASK_DTYPE', /a structured array/),
    fileOf('cells_seg.npy', npyBytes("'|O'", [], small), 'MASK_PICKLE', /pickled Python objects/),
    fileOf('pickle.npy', Uint8Array.of(0x80, 4, 0x95), 'MASK_PICKLE', /pickled Python objects/),
    fileOf('stack.npy', npyBytes("'|u1'", [1, 2, 2], small), 'MASK_SHAPE', /the shape \(1, 2, 2\)/),
    fileOf('flat.npy', npyBytes("'|u1'", [4], small), 'MASK_SHAPE', /the shape \(4,\)/),
    fileOf(
      'cut.npy',
      npyBytes("'|u1'", [4, 6], small),
      'PRIOR_INVALID',
      /truncated \(\d+ bytes instead of \d+/,
    ),
    fileOf('endless.npy', npyBytes("'|u1'", [4e9, 4e9], small), 'MASK_SHAPE', /the shape/),
    fileOf('text.npy', 'label,x,y', 'PRIOR_INVALID', /no \.npy file/),
    fileOf('zip.npz', 'PK', 'PRIOR_INVALID', /files of this kind are not read/),
    fileOf('empty.npy', '', 'PRIOR_INVALID', /no \.npy file/),
    fileOf('stack.tif', tiffBytes(2, 2, small, 2, 3), 'MASK_SHAPE', /3 pages of 2x2/),
    fileOf('text.tif', 'no picture at all', 'IMAGE_INVALID', /text\.tif/),
  ])('%s', async (name, content, code, message) => {
    const path = await file(name, content);
    const error = await filePrior(path, options)
      .then(collect)
      .catch((cause) => cause);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    expect(error.message).toMatch(/; expected .*; /);
  });

  it('when their size is not that of the image', async () => {
    const path = await file('size.npy', npyBytes("'|u1'", [4, 6], Uint8Array.from(ROWS)));
    const attempt = (changed: Partial<FilePriorOptions>) => filePrior(path, { ...options, ...changed });
    await expect(attempt({ imageSizePx: [6, 4] })).resolves.toBeDefined();
    await expect(attempt({ imageSizePx: [54000, 48000] })).rejects.toMatchObject({
      code: 'MASK_SHAPE',
      message:
        'size.npy: the mask does not fit the image (6x4 pixels of 0.5 um); expected 54000x48000 pixels of 0.5 um; give prior.maskPixelSizeUm and prior.maskOriginUm, or a mask of the size of the image',
    });
    await expect(attempt({ imageSizePx: [4, 6] })).rejects.toThrow(/rows and columns seem swapped/);
    await expect(attempt({ imageSizePx: [7, 4] })).rejects.toMatchObject({ code: 'MASK_SHAPE' });
    // Half the resolution: 6x4 pixels of 1 um cover 12x8 or, by rounding, 11x7 pixels of 0.5 um.
    await expect(attempt({ imageSizePx: [12, 8], maskPixelSizeUm: 1 })).resolves.toBeDefined();
    await expect(attempt({ imageSizePx: [11, 7], maskPixelSizeUm: 1 })).resolves.toBeDefined();
    await expect(attempt({ imageSizePx: [24, 16], maskPixelSizeUm: 1 })).rejects.toMatchObject({
      code: 'MASK_SHAPE',
    });
    // A crop needs only lie inside.
    await expect(attempt({ imageSizePx: [100, 100], maskOriginUm: [10, 10] })).resolves.toBeDefined();
    await expect(attempt({ imageSizePx: [100, 100], maskOriginUm: [49, 10] })).rejects.toMatchObject({
      code: 'MASK_SHAPE',
    });
  });

  it('when nobody knows how large their pixels are, and when they are not there', async () => {
    const path = await file('scale.npy', npyBytes("'|u1'", [4, 6], Uint8Array.from(ROWS)));
    await expect(filePrior(path, { ...options, pixelSizeUm: null })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/prior\.maskPixelSizeUm/),
    });
    await expect(filePrior(join(folder, 'no.npy'), options)).rejects.toMatchObject({ code: 'INPUT_MISSING' });
  });
});

describe.skipIf(!existsSync(DATA))('real masks', () => {
  it.each([
    ['nuclei/dsb-256/mask2d.tif', 65],
    ['nuclei/dsb2018/labels/07fb37aafa662660.tif', 313],
    ['cosmx/lung12-fov2/CellLabels/CellLabels_F002.tif', 67],
  ])('%s: as many cells as its README counts, each pixel in its own', async (name, cells) => {
    const path = join(DATA, name);
    const outlines = await collect(await filePrior(path, { ...options, maskPixelSizeUm: 1 }));
    expect(outlines).toHaveLength(cells);
    const plane = await openPlane(path, 0, 0);
    const pixels = await plane.readWindow(0, 0, plane.widthPx, plane.heightPx);
    await plane.close();
    const areas = new Map<number, number>();
    for (const label of pixels) if (label > 0) areas.set(label, (areas.get(label) ?? 0) + 1);
    const total = [...areas.values()].reduce((sum, area) => sum + area, 0);
    const kept = outlines.reduce((sum, outline) => sum + areaOf(outline), 0);
    expect(kept).toBeLessThanOrEqual(total);
    expect(kept / total).toBeGreaterThan(0.98);
  });

  it('a stack of planes is refused', async () => {
    await expect(filePrior(join(DATA, 'nuclei/volume-3d/mask3d.tif'), options)).rejects.toMatchObject({
      code: 'MASK_SHAPE',
    });
  });
});

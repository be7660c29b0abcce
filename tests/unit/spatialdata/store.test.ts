import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Affine, IDENTITY } from '@spatile/formats/space';
import { nameProblem } from '@spatile/formats/spatialdata/names';
import { asOutputError, digestOfFiles, StoreFile } from '@spatile/formats/spatialdata/store';
import { compose, invert, transformations } from '@spatile/formats/spatialdata/transforms';
import { describe, expect, it } from 'vitest';

describe('errors of the file system', () => {
  it.skipIf(!existsSync('/dev/full'))('a full disk is DISK_FULL', async () => {
    const file = new StoreFile(await open('/dev/full', 'w'), 'out.zarr/zarr.json', () => undefined);
    await expect(file.append(new Uint8Array(10))).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('out.zarr/zarr.json: the disk is full (ENOSPC)'),
    });
    await file.discard();
  });

  it('no permission is OUTPUT_UNWRITABLE, and what is no error of the file system passes', () => {
    expect(asOutputError(Object.assign(new Error('no'), { code: 'EACCES' }), 'a')).toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    const other = new Error('other');
    expect(asOutputError(other, 'a')).toBe(other);
  });
});

it('the digest depends on names and contents, not on the order of writing', () => {
  const files: [string, string][] = [
    ['zarr.json', '00'],
    ['a/c/0', '11'],
  ];
  const digest = digestOfFiles(new Map(files));
  expect(digestOfFiles(new Map([...files].reverse()))).toBe(digest);
  expect(
    digestOfFiles(
      new Map([
        ['zarr.json', '11'],
        ['a/c/0', '00'],
      ]),
    ),
  ).not.toBe(digest);
});

describe('transformations', () => {
  const affine: Affine = [2, 0.5, 10, -0.25, 3, -7, 0, 0, 1];

  it('an affine after its inverse is the identity', () => {
    compose(affine, invert(affine)).forEach((value, i) => {
      expect(value).toBeCloseTo(IDENTITY[i], 12);
    });
    expect(() => invert([1, 2, 0, 2, 4, 0, 0, 0, 1])).toThrow(RangeError);
  });

  it('numbers are in the order of the axes', () => {
    expect(transformations('cyx', [['microns', affine]])[0].affine).toEqual([
      [1, 0, 0, 0],
      [0, 3, -0.25, -7],
      [0, 0.5, 2, 10],
    ]);
    expect(transformations('xyz', [['global', affine]])[0].affine).toEqual([
      [2, 0.5, 0, 10],
      [-0.25, 3, 0, -7],
      [0, 0, 1, 0],
    ]);
    expect(transformations('cyx', [['microns', [2, 0, 0, 0, 4, 0, 0, 0, 1]]])[0].scale).toEqual([1, 4, 2]);
    expect(transformations('xy', [['global', [1 + 1e-12, 0, 0, 0, 1, 1e-13, 0, 0, 1]]])[0].type).toBe(
      'identity',
    );
    // A shift is not lost to the tolerance.
    expect(transformations('xy', [['global', [1, 0, 0.5, 0, 1, 0, 0, 0, 1]]])[0].type).toBe('affine');
  });
});

it('names follow the rules of spatialdata', () => {
  for (const good of ['cell_boundaries', 'a.b-c', 'Zell-Größe', '7']) expect(nameProblem(good)).toBeNull();
  for (const bad of ['', '.', '..', '__x', 'a b', 'a/b', 'a(b)']) expect(nameProblem(bad)).not.toBeNull();
});

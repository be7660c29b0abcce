import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type OutputInput, writeOutput } from '@spatile/coordinator/output/write';
import { IDENTITY } from '@spatile/formats/space';
import { ownEncoders } from '@spatile/formats/spatialdata/encoders';
import { expect, test } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';

const at = testFolder();

/** A slide without a tile or a cell. */
const nothing = (path: string) => ({
  ...{ path, attrs: {}, pixelSizeUm: null, micronsToGlobal: IDENTITY, encoders: ownEncoders, hasQv: false },
  ...{ kept: new Uint32Array(0), corrections: null, labelGrid: null, posterior: Promise.resolve(null) },
  outlines: { cell: new Uint32Array(0) },
  slide: {
    config: { output: { layers: false } },
    features: { features: [{ name: 'a', kind: 'gene' }], genes: 1 },
    scan: { hasZ: false },
    plan: { tiles: [] },
    cells: { priorId: [], nucleus: [] },
  },
});

test('an output ends, and is removed, when the points cannot even be begun', async () => {
  const path = at('out.zarr');
  const images = {
    // When the store is there and nothing of it has been written.
    [Symbol.iterator]: () => {
      writeFileSync(`${path}.partial/points`, 'in the way');
      return [].values();
    },
  };
  const input = { ...nothing(path), images } as unknown as OutputInput;
  await expect(writeOutput(input)).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
    message: expect.stringMatching(/points\S*: cannot be written/),
  });
  expect(await readdir(at('.'))).toEqual([]);
});

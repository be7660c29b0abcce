import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { extendSpatialData } from '@spatile/formats/spatialdata/extend';
import { digestOfStore } from '@spatile/formats/spatialdata/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CELLS, FEATURES, writeExampleStore } from './example-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-extend-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('an extended store has files of its own, and leaves its source as it was', async () => {
  const [source, output] = [join(folder, 'source.zarr'), join(folder, 'output.zarr')];
  const before = await writeExampleStore(source, folder);
  const score = { name: 'score', kind: 'float32', values: new Float32Array(CELLS) } as const;
  const additions = {
    obs: [score],
    obsm: {},
    layers: {},
    uns: {},
    shape: [CELLS, FEATURES.length - 1] as const,
  };
  const { digest } = await extendSpatialData(source, output, 'table', additions, {});
  expect(await digestOfStore(output)).toBe(digest);
  expect(await digestOfStore(source)).toBe(before);
  let files = 0;
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    expect((await stat(join(output, relative(source, path)))).ino, path).not.toBe((await stat(path)).ino);
    files++;
  }
  expect(files).toBeGreaterThan(10);
});

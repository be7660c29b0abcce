import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableInputs } from '@spatile/coordinator/correct/store';
import { identityDifference, type RunIdentity, runIdentity } from '@spatile/coordinator/run/identity';
import { defaultConfig } from '@spatile/formats/config/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeExampleStore } from '../spatialdata/example-store.ts';

let folder: string;
let store: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-correct-'));
  store = join(folder, 'sample.zarr');
  await writeExampleStore(store, folder);
});
afterAll(() => rm(folder, { recursive: true }));

const identity = (): Promise<RunIdentity> => runIdentity(defaultConfig(), tableInputs(store), null);

/** Flips the last byte of the first chunk of an array of the table. */
async function touch(array: string): Promise<void> {
  const root = join(store, 'tables', 'table', array);
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const chunk = files.find((file) => file.isFile() && file.name !== 'zarr.json')!;
  const path = join(chunk.parentPath, chunk.name);
  const bytes = await readFile(path);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(path, bytes);
}

test.each(['X/data', 'X/indices', 'X/indptr', 'obsm/spatial', 'var/_index'])(
  'other values in %s are another input, though the metadata is the same',
  async (array) => {
    const before = await identity();
    expect(identityDifference(before, await identity())).toBeNull();
    await touch(array);
    expect(identityDifference(before, await identity())).toMatch(/^input sample\.zarr/);
  },
);

test('a folder that is gone is INPUT_UNREADABLE', async () => {
  const inputs = tableInputs(join(folder, 'none.zarr'));
  await expect(runIdentity(defaultConfig(), inputs, null)).rejects.toMatchObject({
    code: 'INPUT_UNREADABLE',
    message: expect.stringContaining('none.zarr: cannot be read (ENOENT)'),
  });
});

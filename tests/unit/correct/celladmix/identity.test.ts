import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableInputs } from '@spatile/coordinator/correct/store';
import { identityDifference, type RunIdentity, runIdentity } from '@spatile/coordinator/run/identity';
import { defaultConfig } from '@spatile/formats/config/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeExampleStore } from '../../spatialdata/example-store.ts';

let folder: string;
let store: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-celladmix-'));
  store = join(folder, 'sample.zarr');
  await writeExampleStore(store, folder);
});
afterAll(() => rm(folder, { recursive: true }));

const identity = (): Promise<RunIdentity> => runIdentity(defaultConfig(), tableInputs(store, true), null);

test.each(['points/transcripts', 'tables/table/obs'])(
  'a method that takes transcripts heeds other values in %s',
  async (part) => {
    const before = await identity();
    const files = await readdir(join(store, part), { recursive: true, withFileTypes: true });
    const file = files.find((one) => one.isFile() && one.name !== 'zarr.json')!;
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(path, bytes);
    expect(identityDifference(before, await identity())).toMatch(/^input sample\.zarr/);
  },
);

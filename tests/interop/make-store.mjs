// Writes the example store of the unit tests to a path, for trying Python readers: node make-store.mjs OUT.zarr
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(join(root, 'node_modules/.interop-'));
try {
  const outfile = join(folder, 'example.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['tests/unit/spatialdata/example-store.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'bundle-only-workspaces',
        setup: (plugin) =>
          plugin.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
            kind === 'entry-point' || path.startsWith('@spatile/') ? undefined : { path, external: true },
          ),
      },
    ],
  });
  const { writeExampleStore } = await import(outfile);
  const images = await mkdtemp(join(tmpdir(), 'spatile-interop-'));
  console.log(await writeExampleStore(process.argv[2], images));
  await rm(images, { recursive: true });
} finally {
  await rm(folder, { recursive: true });
}

// Builds what users run: the AssemblyScript kernels, then the coordinator and the worker as plain JavaScript in dist/.
import { existsSync, rmSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Folders of kernels, and where in dist/ the code that binds them ends up. */
const KERNELS = [
  ['worker/kernels', 'worker'],
  ['instrument/kernels', 'coordinator'],
];
const dist = join(root, 'dist');
// Built beside and then swapped in, so that nobody ever runs half a build.
const building = join(root, `dist-${process.pid}`);
process.on('exit', () => rmSync(building, { recursive: true, force: true }));

/** Our own workspaces are bundled; every npm dependency stays an import that the installed package resolves. */
const onlyOurs = {
  name: 'bundle-only-workspaces',
  setup(plugin) {
    plugin.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@spatile/') ? undefined : { path, external: true },
    );
  },
};

for (const [folder] of KERNELS) {
  await mkdir(join(root, folder, 'build'), { recursive: true });
  for (const file of await readdir(join(root, folder, 'assembly')))
    if (file.endsWith('.kernel.ts')) await compileKernel(folder, file);
}

// The coordinator is split where it imports on demand, so that `--help` loads next to nothing; the pieces stay beside
// main.js, so that paths relative to `import.meta.url` are the same in all of them.
await bundle('coordinator/src/main.ts', 'coordinator', { splitting: true });
await bundle('coordinator/src/thread.ts', 'coordinator', {});
await bundle('worker/src/main.ts', 'worker', {});
await bundle('worker/src/cluster/main.ts', 'cluster-worker', {});

// The script of the live page is put into the page: it loads nothing.
await bundle('coordinator/src/serve/page/browser/main.ts', 'page', {
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minify: true,
  sourcemap: false,
});

// The contract between them is read where they start.
for (const contract of ['proto/spatile/v1', 'proto/grpc/health/v1'])
  await cp(join(root, contract), join(building, 'proto'), { recursive: true });

for (const [folder, to] of KERNELS) {
  const from = join(root, folder, 'build');
  await mkdir(join(building, to, 'build'), { recursive: true });
  for (const file of await readdir(from)) {
    if (file.endsWith('.wasm')) await copyFile(join(from, file), join(building, to, 'build', file));
  }
}
for (const name of await readdir(join(root, 'worker/networks'))) {
  const network = join(root, 'worker/networks', name);
  if (existsSync(join(network, 'model.yaml')))
    await cp(network, join(building, 'networks', name), { recursive: true });
}
await rm(dist, { recursive: true, force: true });
await rename(building, dist);

async function compileKernel(folder, file) {
  const name = file.replace(/\.kernel\.ts$/, '');
  const { error, stderr } = await asc.main(
    [
      join(folder, 'assembly', file),
      ...['--outFile', join(folder, 'build', `${name}.wasm`)],
      ...['--textFile', join(folder, 'build', `${name}.wat`)],
      ...['-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub'],
      ...['--importMemory', '--noExportMemory', '--exportStart', 'start'],
    ],
    { stdout: process.stdout, stderr: process.stderr },
  );
  if (!error) return;
  console.error(String(stderr ?? ''), error.message);
  process.exit(1);
}

async function bundle(entry, folder, options) {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: join(building, folder),
    chunkNames: '[name]-[hash]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    plugins: [onlyOurs],
    ...options,
  });
}

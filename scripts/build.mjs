// Builds what users run: the AssemblyScript kernels, then one bundle each for the coordinator and the worker.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const kernelSources = join(root, 'worker/kernels/assembly');
const kernelBuild = join(root, 'worker/kernels/build');
const dist = join(root, 'dist');

await mkdir(kernelBuild, { recursive: true });
const kernels = (existsSync(kernelSources) ? await readdir(kernelSources) : []).filter((name) => name.endsWith('.kernel.ts'));
for (const file of kernels) {
  const name = file.replace(/\.kernel\.ts$/, '');
  const { error, stderr } = await asc.main([
    join('worker/kernels/assembly', file),
    '--outFile', join('worker/kernels/build', `${name}.wasm`),
    '--textFile', join('worker/kernels/build', `${name}.wat`),
    '-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--exportStart', 'start',
  ], { stdout: process.stdout, stderr: process.stderr });
  if (error) {
    console.error(String(stderr ?? ''), error.message);
    process.exit(1);
  }
}

await rm(dist, { recursive: true, force: true });
const bundles = [
  { entry: 'coordinator/src/main.ts', outfile: 'coordinator/main.js', banner: '#!/usr/bin/env node' },
  { entry: 'worker/src/main.ts', outfile: 'worker/main.js', banner: '' },
].filter(({ entry }) => existsSync(join(root, entry)));
await Promise.all(bundles.map(({ entry, outfile, banner }) => build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: join(dist, outfile),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  banner: banner ? { js: banner } : {},
  plugins: [{
    // Our own workspaces are bundled; every npm dependency stays an import that the installed package resolves.
    name: 'bundle-only-workspaces',
    setup(plugin) {
      plugin.onResolve({ filter: /^[^./]/ }, (args) =>
        args.kind === 'entry-point' || args.path.startsWith('@spatile/') ? undefined : { path: args.path, external: true });
    },
  }],
})));
await mkdir(join(dist, 'worker/build'), { recursive: true });
for (const file of await readdir(kernelBuild)) {
  if (file.endsWith('.wasm')) await copyFile(join(kernelBuild, file), join(dist, 'worker/build', file));
}

// Builds what users run: the AssemblyScript kernels, then the coordinator and the worker as plain JavaScript in dist/.
import { existsSync, rmSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
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

/**
 * Packages of plain JavaScript that are bundled, with what they import: hundreds of small modules that take ten times as long to
 * load as one file. Every other npm dependency stays an import that the installed package resolves.
 */
const BUNDLED = [
  '@observablehq/plot',
  '@streamparser/json',
  'apache-arrow',
  'fast-png',
  'fast-xml-parser',
  'hyparquet',
  'hyparquet-compressors',
  'hyparquet-writer',
  'linkedom',
  'polyclip-ts',
  'yaml',
  'zarrita',
  'zod',
];
/** Licences of packages that come without one, as their repositories have them. */
const LICENCES = { '@nodable/entities': 'scripts/licences/nodable-entities.txt' };
/** Imported by bundled packages: WebAssembly, also used beside them, and what is not installed. */
const LEFT_OUT = ['canvas', 'numcodecs'];

const packageOf = (path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

const onlyPlain = {
  name: 'bundle-workspaces-and-plain-packages',
  setup(plugin) {
    plugin.onResolve({ filter: /^[^./]/ }, ({ importer, kind, path }) => {
      const name = packageOf(path);
      if (kind === 'entry-point' || path.startsWith('@spatile/')) return undefined;
      if (isBuiltin(path) || LEFT_OUT.includes(name)) return { path, external: true };
      return BUNDLED.includes(name) || importer.includes('node_modules')
        ? undefined
        : { path, external: true };
    });
  },
};

const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";
/** Folders of the packages that were bundled. */
const bundled = new Set();

// Kernels that are built already may stay as they are.
for (const [folder] of process.argv.includes('--without-kernels') ? [] : KERNELS) {
  await mkdir(join(root, folder, 'build'), { recursive: true });
  for (const file of await readdir(join(root, folder, 'assembly')))
    if (file.endsWith('.kernel.ts')) await compileKernel(folder, file);
}

// Split where they import on demand, so that `--help` loads next to nothing and a worker what its tasks need; the pieces stay
// beside main.js, so that paths relative to `import.meta.url` are the same in all of them.
await bundle(['coordinator/src/main.ts', 'coordinator/src/thread.ts'], 'coordinator', { splitting: true });
await bundle(['worker/src/main.ts'], 'worker', { splitting: true });
await bundle(['worker/src/cluster/main.ts'], 'cluster-worker', {});

// The script of the live page is put into the page: it loads nothing.
await bundle(['coordinator/src/serve/page/browser/main.ts'], 'page', {
  platform: 'browser',
  format: 'iife',
  banner: {},
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
await writeLicences();
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

async function bundle(entryPoints, folder, options) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: join(building, folder),
    chunkNames: '[name]-[hash]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    // Bundled packages of the older kind call it for modules of Node.
    banner: { js: REQUIRE },
    plugins: [onlyPlain],
    metafile: true,
    ...options,
  });
  for (const input of Object.keys(metafile.inputs)) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder !== undefined) bundled.add(folder);
  }
}

/** The licences of the packages that are in the bundles, since these go where the packages' own files may not. */
async function writeLicences() {
  const texts = [];
  for (const folder of [...bundled].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const files = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const paths = files.length > 0 ? files.sort().map((file) => join(folder, file)) : [LICENCES[name]];
    if (paths[0] === undefined)
      throw new Error(`${folder}: comes without its licence; add that to LICENCES in scripts/build.mjs`);
    const own = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')));
    texts.push([`${name} ${version} (${license})`, ...own.map((text) => text.trim())].join('\n\n'));
  }
  await writeFile(join(building, 'LICENCES.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

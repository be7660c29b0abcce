import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
/** Modules that a file of dist imports: statically, and on demand. */
function importsOf(file: string): { now: string[]; later: string[] } {
  const code = readFileSync(`${root}dist/${file}`, 'utf8');
  return {
    now: [...code.matchAll(/^(?:import|export)\b[^"';]*?["']([^"']+)["'];$/gm)].map(([, from]) => from),
    later: [...code.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, from]) => from),
  };
}

const built = existsSync(`${root}dist/coordinator/main.js`) && existsSync(`${root}dist/worker/main.js`);

test('versions are exact, so that the same commit installs the same code', () => {
  for (const [name, version] of Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

/** Packages with an install script, and why nothing is lost when it does not run. */
const SCRIPTED: Readonly<Record<string, string>> = {
  'node_modules/onnxruntime-node':
    'fetches CUDA libraries; .npmrc and allowScripts tell it not to (docs/decisions/onnxruntime.md)',
  'node_modules/protobufjs': 'prints a notice about version ranges',
};

test('nothing needs an install script', () => {
  expect(
    Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|test|demo|build)$/.test(name)),
  ).toEqual(['build', 'test', 'demo']);
  const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  const scripted = Object.entries<{ hasInstallScript?: boolean; dev?: boolean }>(lock.packages)
    .filter(([, entry]) => entry.hasInstallScript && !entry.dev)
    .map(([path]) => path);
  expect(scripted.sort()).toEqual(Object.keys(SCRIPTED));
  for (const path of scripted)
    expect(manifest.allowScripts[path.replace('node_modules/', '')], path).toBe(false);
});

test('the lockfile holds the packages of every operating system (npm ci refuses it otherwise)', () => {
  const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  const entries = Object.entries<{ optionalDependencies?: Record<string, string> }>(lock.packages);
  const missing = entries.flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

test('the lockfile names no registry of one machine', () => {
  const lock = readFileSync(`${root}package-lock.json`, 'utf8');
  const hosts = [...lock.matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map(([, host]) => host);
  expect(hosts.filter((host) => host !== 'https://registry.npmjs.org')).toEqual([]);
});

test.skipIf(!built)('what is built imports only what an installed package has', () => {
  const imported = ['coordinator', 'worker', 'cluster-worker'].flatMap((folder) =>
    readdirSync(`${root}dist/${folder}`)
      .filter((name) => name.endsWith('.js'))
      .map((name) => importsOf(`${folder}/${name}`))
      .flatMap(({ now, later }) => [...now, ...later])
      .filter((from) => !from.startsWith('.')),
  );
  const packages = imported
    .filter((from) => !isBuiltin(from))
    .map((from) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(from)?.[1]);
  expect(packages).toContain('commander');
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  for (const name of packages) expect(installed).toContain(name);
});

test.skipIf(!built)('every package in the bundles has its licence beside them', () => {
  const licences = readFileSync(`${root}dist/LICENCES.txt`, 'utf8').split(`\n\n${'-'.repeat(80)}\n\n`);
  for (const text of licences) expect(text, text.split('\n')[0]).toMatch(/copyright[\s\S]{400}/i);
  const named = licences.map((text) => text.split(' ')[0]);
  const bundled = ['coordinator', 'worker', 'cluster-worker', 'page'].flatMap((folder) =>
    readdirSync(`${root}dist/${folder}`)
      .filter((name) => name.endsWith('.map'))
      .flatMap(
        (name) => JSON.parse(readFileSync(`${root}dist/${folder}/${name}`, 'utf8')).sources as string[],
      )
      .flatMap((source) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []),
  );
  expect(bundled).toContain('apache-arrow');
  for (const name of new Set(bundled)) expect(named).toContain(name);
});

test.skipIf(!built)('help loads no library but the parser of the command line and the progress bar', () => {
  const libraries = new Set<string>();
  const visit = (file: string, visited: Set<string>) => {
    if (visited.has(file)) return;
    visited.add(file);
    for (const from of importsOf(`coordinator/${file}`).now) {
      if (from.startsWith('./')) visit(from.slice(2), visited);
      else if (!isBuiltin(from)) libraries.add(from);
    }
  };
  visit('main.js', new Set());
  expect([...libraries].toSorted()).toEqual(['cli-progress', 'commander']);
});

test.skipIf(!built)('the tarball holds the program, its licence and its pages, and no sources', () => {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
  ) as [{ files: { path: string }[] }];
  const paths = files.map((file) => file.path);
  for (const needed of [
    'bin/spatile.js',
    'dist/coordinator/main.js',
    'dist/worker/main.js',
    'dist/LICENCES.txt',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'package.json',
  ]) {
    expect(paths).toContain(needed);
  }
  expect(paths.some((path) => /^dist\/worker\/build\/.*\.wasm$/.test(path))).toBe(true);
  expect(paths.filter((path) => /\.(ts|map|wat)$|^(tests|bench|scripts|demo)\//.test(path))).toEqual([]);
});

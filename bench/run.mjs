// Starts the benches: `npm run bench -- NAME [options]`. Bundles them beside a copy of the built program, so that a build
// made while a bench runs changes nothing of what is measured.
import { spawn } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, `dist-${process.pid}`);

/** Our own workspaces are bundled; npm dependencies stay imports. */
const onlyOurs = {
  name: 'bundle-only-workspaces',
  setup(plugin) {
    plugin.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@spatile/') ? undefined : { path, external: true },
    );
  },
};

/** The kernel bench stands on its own; it is bundled under the name the others start it by. */
async function entries() {
  const kernels = (await readdir(join(root, 'bench'))).find((name) => /^kernels\.(ts|mjs|js)$/.test(name));
  return { main: 'bench/main.ts', ...(kernels ? { kernels: `bench/${kernels}` } : {}) };
}

let status = 1;
try {
  await cp(join(root, 'dist'), folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: await entries(),
    outdir: join(folder, 'bench'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    plugins: [onlyOurs],
    logLevel: 'warning',
  });
  status = await new Promise((resolve) => {
    const args = ['--enable-source-maps', join(folder, 'bench/main.js'), ...process.argv.slice(2)];
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    // The bench cleans up by itself when it is interrupted; this waits for it.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
    child.on('exit', (code) => resolve(code ?? 1));
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(status);
